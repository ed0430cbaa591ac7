"""What every answer of the interface has in common: its form, its entity tag, "not modified"."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils.http import parse_etags
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.errors import Refused
from sop_portal.api.parameters import bad

MEDIA_TYPES = {
    "json": "application/json",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}

# A client may keep what it has, for itself, and asks each time whether it still holds.
ASK_AGAIN = "private, no-cache"


class OneAnswer(BaseContentNegotiation):
    """Views choose the form of what they send themselves; refusals are problem details whatever was asked for."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        return next((parser for parser in parsers if _read_by(parser, request.content_type)), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class ByFormat(DefaultContentNegotiation):
    """By `Accept`, or by `format` where somebody only has an address."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        wanted = format_suffix or request.query_params.get("format")
        return super().select_renderer(request, renderers, wanted)


def _read_by(parser: BaseParser, content_type: str) -> bool:
    return parser.media_type == content_type.partition(";")[0].strip().lower()


def form_of(request: Request, forms: Sequence[str] = ("json",)) -> str:
    """The form that `format` names, else the first that `Accept` takes; refused when it takes none (406)."""
    return form_asked(request._request, forms)


def form_asked(request: HttpRequest, forms: Sequence[str]) -> str:
    asked = request.GET.get("format")
    if asked is not None:
        if asked not in forms:
            raise bad("format", f"{asked!r} is not a format. Use one of: {', '.join(forms)}.")
        return asked
    by_type = {MEDIA_TYPES[form]: form for form in forms}
    preferred = request.get_preferred_type(list(by_type))
    if preferred is None:
        raise Refused("not_acceptable", f"This is sent as {', '.join(by_type)}. Accept one of them.", status=406)
    return by_type[preferred]


def fields_of(query: QueryDict, known: Sequence[str]) -> list[str]:
    """The columns that `fields` names, in the order of the answer; all without it."""
    if "fields" not in query:
        return list(known)
    asked = [name.strip() for name in str(query["fields"]).split(",")]
    for name in asked:
        if name not in known:
            raise bad("fields", f"There is no field {name!r}. Known: {', '.join(known)}.")
    return [name for name in known if name in asked]


def tag_of(*parts: object) -> str:
    """A strong entity tag of what an answer is made from."""
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def has_tag(header: str, tag: str) -> bool:
    """Whether an If-Match or If-None-Match names the tag; compressed answers carry it as a weak one."""
    tags = [one.removeprefix("W/") for one in parse_etags(header)]
    return tag in tags or "*" in tags


def not_modified(request: Request, tag: str) -> HttpResponseBase | None:
    """The answer to somebody who has this already."""
    asked = request.headers.get("If-None-Match", "")
    if not tag or not has_tag(asked, tag):
        return None
    return unchanged(tag)


def unchanged(tag: str) -> HttpResponse:
    """What the client has still holds."""
    answer = HttpResponse(status=304, headers={"ETag": tag, "Cache-Control": ASK_AGAIN, "Vary": "Accept"})
    del answer["Content-Type"]
    return answer


def tagged(request: Request, body: dict[str, Any]) -> HttpResponseBase:
    """The body with a tag of its content, or nothing where the reader has it already."""
    tag = tag_of(body)
    return not_modified(request, tag) or Response(body, headers={"ETag": tag, "Cache-Control": ASK_AGAIN})
