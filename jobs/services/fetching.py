"""Fetching files for a scheduled pull: from a folder below the one the settings name, or over HTTPS.

An address could lead the portal to services that trust whoever reaches them from inside. So a name is looked up once,
every address behind it has to be a public one, and the connection goes to just the address that was looked at.
"""

import http.client
import ipaddress
import socket
import ssl
from pathlib import Path, PurePosixPath
from time import monotonic
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings

from jobs.errors import Invalid, Refused
from jobs.services.web_address import address_parts

FOLDER: Final = "folder:"
SUFFIXES: Final = (".csv", ".xlsx", ".zip")
WAIT_SECONDS: Final = 20.0
WHOLE_SECONDS: Final = 120.0
PIECE: Final = 256 * 1024
BY_TYPE: Final = {
    "text/csv": ".csv",
    "application/zip": ".zip",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
Fetched = list[tuple[str, bytes]]


def address_check(address: str) -> None:
    """Refuse what can never be fetched, with what to write instead; nothing is looked up or opened."""
    if address.startswith(FOLDER):
        _folder(address)
        return
    parts = address_parts(
        address,
        wanted="Give the whole address, beginning with https://, or folder: and the name of a folder.",
        instead="Set PORTAL_PULL_TOKENS instead.",
    )
    if parts.scheme == "http" and not settings.PULL_PRIVATE:
        raise Invalid("Give an address that begins with https://, so that nobody changes the numbers on their way.")


def files_fetch(*, address: str, largest: int) -> Fetched:
    """(name, content) of what stands at the address now; refused with a sentence when it cannot be had.

    largest: bytes that are read at most, of all files together.
    """
    address_check(address)
    if address.startswith(FOLDER):
        return _from_folder(_folder(address), largest)
    try:
        return [_from_web(urlsplit(address), largest)]
    except ssl.SSLCertVerificationError as error:
        raise Refused(
            "not_trusted", f"The certificate of the server is not trusted: {error.verify_message}."
        ) from error
    except (OSError, http.client.HTTPException) as error:
        said = str(error) or type(error).__name__
        raise Refused("not_reached", f"The server could not be reached or broke off: {said}.") from error


# --- A folder -----------------------------------------------------------------------


def _folder(address: str) -> Path:
    if not settings.PULL_FOLDER:
        raise Invalid("No folder is set for pulls. Whoever runs the portal names one in PORTAL_PULL_FOLDER.")
    root = Path(settings.PULL_FOLDER).resolve()
    name = address.removeprefix(FOLDER).strip().lstrip("/")
    folder = (root / name.replace("\0", "")).resolve()
    if "\0" in name or not folder.is_relative_to(root):
        raise Invalid("The folder lies outside the one that is set for pulls. Name a folder in it.")
    return folder


def _from_folder(folder: Path, largest: int) -> Fetched:
    if not folder.is_dir():
        raise Refused("no_folder", "This folder is not there. Make it, or change the pull.", status=404)
    paths = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES and path.is_file()]
    chosen = [path for path in paths if not path.is_symlink() and not path.name.startswith((".", "~$"))]
    if not chosen:
        raise Refused("no_files", "There is no CSV, XLSX or zip file in this folder.", status=404)
    if sum(path.stat().st_size for path in chosen) > largest:
        raise Refused("too_large", f"Together the files are larger than {largest // 1024**2} MB. Send them in parts.")
    return [(path.name, path.read_bytes()) for path in chosen]


# --- HTTPS --------------------------------------------------------------------------


def _from_web(parts: SplitResult, largest: int) -> tuple[str, bytes]:
    connection = _connected(parts)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers=_headers(parts))
        answer = connection.getresponse()
        if answer.status != 200:
            raise Refused("not_sent", f"The server answered {answer.status}; only the file itself (200) is taken.")
        return _name(parts, answer.getheader("Content-Type", "")), _body(answer, largest)
    finally:
        connection.close()


def _connected(parts: SplitResult) -> http.client.HTTPConnection:
    host, secure = str(parts.hostname), parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    plain = socket.create_connection((_looked_up(host, port), port), timeout=WAIT_SECONDS)
    connection = http.client.HTTPConnection(host, port, timeout=WAIT_SECONDS)
    try:
        connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if secure else plain
    except BaseException:
        plain.close()
        raise
    return connection


def _looked_up(host: str, port: int) -> str:
    """The numeric address to connect to; refused unless all behind the name are public, or settings allow more."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    for text in addresses:
        address = ipaddress.ip_address(text.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        if not (mapped.is_global and not mapped.is_multicast) and not (
            settings.PULL_PRIVATE and not mapped.is_link_local
        ):
            detail = f"{host} is {address}, an address inside. PORTAL_PULL_PRIVATE=1 allows the own network."
            raise Refused("inside", detail, status=403)
    return addresses[0]


def _headers(parts: SplitResult) -> dict[str, str]:
    token = settings.PULL_TOKENS.get(str(parts.hostname), "") if parts.scheme == "https" else ""
    told = {"Authorization": f"Bearer {token}"} if token else {}
    return {"Accept": "text/csv, */*;q=0.5", "Accept-Encoding": "identity", **told}


def _body(answer: http.client.HTTPResponse, largest: int) -> bytes:
    """The whole answer, unless it is too large, too slow or shorter than was said."""
    until, parts, size = monotonic() + WHOLE_SECONDS, [], 0
    while piece := answer.read1(PIECE):
        size += len(piece)
        if size > largest:
            raise Refused("too_large", f"The file is larger than {largest // 1024**2} MB. Offer it in parts.")
        if monotonic() > until:
            raise Refused("too_slow", f"The file did not arrive within {WHOLE_SECONDS:.0f} seconds.")
        parts.append(piece)
    if answer.length:
        raise Refused("broken_off", f"The server broke off {answer.length:,} bytes before the end of the file.")
    return b"".join(parts)


def _name(parts: SplitResult, content_type: str) -> str:
    name = PurePosixPath(unquote(parts.path)).name or "file"
    suffix = BY_TYPE.get(content_type.partition(";")[0].strip().lower(), ".csv")
    return name if name.lower().endswith(SUFFIXES) else name + suffix
