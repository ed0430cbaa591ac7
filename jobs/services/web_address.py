"""Addresses of the web that people type, for deliveries and for pulls."""

from urllib.parse import SplitResult, urlsplit

from jobs.errors import Invalid

LONGEST = 400
PASSWORD_SHOWN = "An address with a password in it would be shown to others."


def address_parts(address: str, *, wanted: str, instead: str) -> SplitResult:
    """The parts of a whole http or https address.

    Raises `Invalid`: with the sentence `wanted` for anything else, with `instead` (what to do) for one that has a
    password in it.
    """
    try:
        parts = urlsplit(address)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise Invalid(wanted) from None
    if not fits or len(address) > LONGEST or any(ord(sign) < 33 for sign in address):
        raise Invalid(wanted)
    if parts.username or parts.password:
        raise Invalid(f"{PASSWORD_SHOWN} {instead}")
    return parts
