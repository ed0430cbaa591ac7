"""The chain over a cycle's record of changes: each block is closed together with everything before it."""

from hashlib import sha256

FIRST = "0" * 64


def head_of(previous: str, digest: str, changes: int) -> str:
    """The chain's head after a block: SHA-256 of the head before, the block's digest and its number of changes.

    `previous` and `digest` are hexadecimal SHA-256 values; the first block follows `FIRST`.
    """
    return sha256(f"{previous} {digest} {changes}".encode()).hexdigest()
