"""`GET /api/v1/company-forecast/`: the published forecast, or any stage of any cycle."""

from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from demand.forecast_table import ForecastTable
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
from masterdata.selectors import person_of
from sop_portal.api import parameters
from sop_portal.api.answers import fields_of, form_of, not_modified, tag_of
from sop_portal.api.scopes import HasScope
from sop_portal.api.streams import STREAMS, months_text

FORMS = ("json", *STREAMS)
TEXT = [
    ("cycle", "The cycle, YYYY-MM; by default the latest published one."),
    ("stage", f"One of {', '.join(Stage.values)}; by default company_forecast."),
    ("level", f"One of {', '.join(Level.values)}; by default product."),
    ("measure", f"One of {', '.join(Measure.values)}; by default quantity."),
    ("month_from", "First month, YYYY-MM."),
    ("month_to", "Last month, YYYY-MM."),
    ("format", f"One of {', '.join(FORMS)}; by default what Accept asks for, else json."),
    ("fields", "Only these columns, separated by commas."),
    ("cursor", "Where the next page begins, from `next` of the page before; JSON only."),
    ("page_size", "Rows of a JSON page, 1 to 10,000; by default 1,000."),
    *[(name, f"Only this {name}'s code; may be given several times.") for name in FILTERS],
]
KNOWN = {name for name, _ in TEXT}


class CompanyForecastView(APIView):
    """The numbers in long form: one row per key and month."""

    scope = "forecast:read"
    permission_classes = [HasScope]

    @extend_schema(
        parameters=[OpenApiParameter(name, str, description=text) for name, text in TEXT],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> HttpResponseBase:
        query = request.query_params
        parameters.check_known(query, KNOWN)
        form = form_of(request, FORMS)
        wanted = parameters.wanted(query)
        check_margin(person_of(request.user), wanted)
        version = forecast_version(wanted)
        tag = _tag(request, version, form)
        unchanged = not_modified(request, tag)
        if unchanged is not None:
            return unchanged
        fields = fields_of(query, [*KEYS[wanted.level], "month", wanted.measure.value])
        table = forecast_table(wanted)
        answer = (
            _page(request, wanted, version, table, fields) if form == "json" else _stream(form, table, fields, wanted)
        )
        if tag:
            answer["ETag"] = tag
        answer["Vary"] = "Accept"
        return answer


def _tag(request: Request, version: ForecastVersion | None, form: str) -> str:
    """An entity tag of a finished version and what was asked of it; live numbers have none."""
    return tag_of(version.pk, version.state, form, sorted(request.query_params.lists())) if version else ""


def _page(
    request: Request, wanted: Wanted, version: ForecastVersion | None, table: ForecastTable, fields: list[str]
) -> Response:
    query = request.query_params
    size = parameters.whole(query, "page_size", parameters.PAGE_SIZE, parameters.LARGEST_PAGE)
    asked = sorted((k, v) for k, v in query.lists() if k not in ("cursor", "page_size"))
    made_for = tag_of(version.pk if version else "live", asked)
    position = parameters.cursor_read(query, made_for)
    rows = table.slice(position, position + size)
    rows["month"] = months_text(list(rows["month"]))
    more = position + size < len(table)
    return Response(
        {
            "cycle": wanted.cycle.code,
            "simulated": wanted.cycle.simulated,
            "stage": wanted.stage,
            "revision": version.revision if version else None,
            "content_hash": version.content_hash if version else "",
            "level": wanted.level,
            "measure": wanted.measure,
            "count": len(table),
            "next": parameters.cursor_make(position + size, made_for) if more else None,
            "results": rows[fields].to_dict("records"),
        }
    )


def _stream(form: str, table: ForecastTable, fields: list[str], wanted: Wanted) -> StreamingHttpResponse:
    """The whole table, written in blocks."""
    content_type, blocks = STREAMS[form]
    answer = StreamingHttpResponse(blocks(table, fields), content_type=content_type)
    name = f"{wanted.stage}_{wanted.cycle.code}_{wanted.level}.{form}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
