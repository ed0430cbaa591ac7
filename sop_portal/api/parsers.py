"""Bodies that programs send: JSON without doubled keys and odd numbers, CSV as it is; never more than fits."""

import json
from collections.abc import Mapping
from typing import IO, Any, Final

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from jobs.errors import Refused

MOST_BYTES: Final = 20 * 1024 * 1024


def body_read(stream: IO[bytes]) -> bytes:
    data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Refused("too_large", f"Send at most {MOST_BYTES // 2**20} MB at once, the rest after it.", status=413)
    return data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        raise ParseError(f"The name {doubled!r} stands twice in one object.")
    return made


def _no_constant(name: str) -> float:
    raise ParseError(f"{name} is no number in JSON.")


def unpacked(parser_context: Mapping[str, Any] | None, stream: IO[bytes]) -> bytes:
    """The body as it was sent; one that says it is packed is refused, so that nobody hunts for a fault in the JSON."""
    request = (parser_context or {}).get("request")
    coding = request.headers.get("Content-Encoding", "identity").strip().lower() if request is not None else "identity"
    if coding not in ("", "identity"):
        words = f"Send the body as it is, without Content-Encoding: {coding[:40]}."
        raise Refused("packed_body", words, status=415)
    return body_read(stream)


class StrictJSON(BaseParser):
    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            return json.loads(unpacked(parser_context, stream), object_pairs_hook=_once, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"This is not JSON in UTF-8 ({str(error)[:120]}).") from error


class PlainCSV(BaseParser):
    media_type = "text/csv"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return unpacked(parser_context, stream)
