"""How what is sent to a webhook is signed, so that its receiver knows that it is the portal's, and new."""

import hashlib
import hmac
from typing import Final

HEADER: Final = "Portal-Signature"
PATIENCE_SECONDS: Final = 300


def signature(*, secret: str, body: bytes, seconds: int) -> str:
    """`t=SECONDS,v1=HEX`: HMAC-SHA256 under the secret of `SECONDS.` and the body; seconds since 1970 (UTC)."""
    return f"t={seconds},v1={_digest(secret, body, seconds)}"


def is_genuine(*, secret: str, body: bytes, header: str, seconds: int, patience: int = PATIENCE_SECONDS) -> bool:
    """What a receiver does: whether the signature fits the body and is not older (or newer) than `patience` seconds.

    >>> sent = signature(secret="s", body=b"{}", seconds=1000)
    >>> is_genuine(secret="s", body=b"{}", header=sent, seconds=1100)
    True
    """
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    said = parts.get("t", "")
    # a header of a stranger: Python reads no number of more than 4,300 digits
    if not (said.isascii() and said.isdigit() and len(said) < 20) or abs(seconds - int(said)) > patience:
        return False
    return hmac.compare_digest(parts.get("v1", "").encode(), _digest(secret, body, int(said)).encode())


def _digest(secret: str, body: bytes, seconds: int) -> str:
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
