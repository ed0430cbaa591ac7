"""`GET /api/v1/company-forecast/`: the published forecast, or any stage of any cycle."""

import pandas as pd
from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from demand.models import ForecastVersion, Stage
from demand.selectors.forecast import (
    FILTERS,
    KEYS,
    Level,
    Measure,
    Wanted,
    check_margin,
    forecast_table,
    forecast_version,
)
from demand.selectors.forecast_window import forecast_in_blocks, forecast_window, is_windowed
from sop_portal.api import described, parameters
from sop_portal.api.answers import ASK_AGAIN, fields_of, form_of, not_modified, tag_of
from sop_portal.api.scopes import HasScope, asker
from sop_portal.api.streams import STREAMS, months_text
from sop_portal.api.unchanged import FORMS, SCOPE, version_tag

MONTHS = {"pattern": described.MONTH_PATTERN}
PARAMETERS = [
    described.query("cycle", "The cycle, YYYY-MM; by default the latest published one.", **MONTHS),
    described.query("stage", "By default company_forecast.", enum=Stage.values),
    described.query("level", "By default product.", enum=Level.values),
    described.query("measure", "By default quantity.", enum=Measure.values),
    described.query("month_from", "First month, YYYY-MM.", **MONTHS),
    described.query("month_to", "Last month, YYYY-MM.", **MONTHS),
    described.query("format", "By default what Accept asks for, else json.", enum=list(FORMS)),
    described.query("fields", "Only these columns, separated by commas: the level's codes, month, the measure."),
    *[described.codes(name) for name in FILTERS],
    *described.page_parameters(),
]
KNOWN = {parameter.name for parameter in PARAMETERS}
CELL = {
    "type": "object",
    "additionalProperties": False,
    "properties": {name: {"type": "string"} for name in (*FILTERS, "month")}
    | {name: {"type": "number"} for name in Measure.values},
}
PAGE = {
    "type": "object",
    "required": ["cycle", "stage", "level", "measure", "count", "next", "results"],
    "properties": {name: {"type": "string"} for name in ("cycle", "stage", "content_hash", "level", "measure")}
    | {
        "simulated": {"type": "boolean", "description": "A replay of the past, not a cycle that was run."},
        "revision": {"type": ["integer", "null"]},
        "count": {"type": "integer", "description": "Rows of all pages."},
        "next": {"type": ["string", "null"]},
        "results": {"type": "array", "items": CELL},
    },
}
STREAMED = {(200, content_type.partition(";")[0]): {"type": "string"} for content_type, _ in STREAMS.values()}


class CompanyForecastView(APIView):
    """The numbers in long form: one row per key and month."""

    scope = SCOPE
    permission_classes = [HasScope]

    @extend_schema(
        operation_id="company_forecast",
        tags=["company-forecast"],
        parameters=[*PARAMETERS, described.if_none_match()],
        responses={(200, "application/json"): PAGE}
        | STREAMED
        | described.unchanged()
        | described.problems(400, 404, 406, 422),
    )
    def get(self, request: Request) -> HttpResponseBase:
        query = request.query_params
        parameters.check_known(query, KNOWN)
        form = form_of(request, FORMS)
        wanted = parameters.wanted(query)
        check_margin(asker(request), wanted)
        version = forecast_version(wanted)
        tag = _tag(request, version, form)
        unchanged = not_modified(request, tag)
        if unchanged is not None:
            return unchanged
        fields = fields_of(query, [*KEYS[wanted.level], "month", wanted.measure.value])
        answer = _page(request, wanted, version, fields) if form == "json" else _stream(form, fields, wanted, version)
        if tag:
            answer["ETag"], answer["Cache-Control"] = tag, ASK_AGAIN
        answer["Vary"] = "Accept"
        return answer


def _tag(request: Request, version: ForecastVersion | None, form: str) -> str:
    """An entity tag of a finished version and what was asked of it; live numbers have none."""
    return version_tag(request._request, version.pk, version.state, form) if version else ""


def _page(request: Request, wanted: Wanted, version: ForecastVersion | None, fields: list[str]) -> Response:
    query = request.query_params
    size = parameters.whole(query, "page_size", parameters.PAGE_SIZE, parameters.LARGEST_PAGE)
    asked = sorted((k, v) for k, v in query.lists() if k not in ("cursor", "page_size"))
    made_for = tag_of(version.pk if version else "live", asked)
    position = parameters.cursor_read(query, made_for)
    rows, count = _rows(wanted, version, position, position + size)
    rows["month"] = months_text(list(rows["month"]))
    return Response(
        {
            "cycle": wanted.cycle.code,
            "simulated": wanted.cycle.simulated,
            "stage": wanted.stage,
            "revision": version.revision if version else None,
            "content_hash": version.content_hash if version else "",
            "level": wanted.level,
            "measure": wanted.measure,
            "count": count,
            "next": parameters.cursor_make(position + size, made_for) if position + size < count else None,
            "results": rows[fields].to_dict("records"),
        }
    )


def _rows(wanted: Wanted, version: ForecastVersion | None, first: int, last: int) -> tuple[pd.DataFrame, int]:
    """The rows of a page, and how many there are on all."""
    if version is not None and is_windowed(wanted):
        return forecast_window(wanted, version, first, last)
    table = forecast_table(wanted)
    return table.slice(first, last), len(table)


def _stream(form: str, fields: list[str], wanted: Wanted, version: ForecastVersion | None) -> StreamingHttpResponse:
    """The whole table, written in blocks."""
    content_type, written = STREAMS[form]
    answer = StreamingHttpResponse(written(forecast_in_blocks(wanted, version), fields), content_type=content_type)
    name = f"{wanted.stage}_{wanted.cycle.code}_{wanted.level}.{form}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
