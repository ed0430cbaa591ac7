"""`GET /api/v1/company-forecast/`: the published forecast, or any stage of any cycle."""

import csv
import hashlib
import io
from collections.abc import Iterator

import pandas as pd
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from demand.models import ForecastVersion, Stage
from demand.selectors.forecast import FILTERS, Level, Measure, Wanted, check_margin, forecast_long, forecast_version
from masterdata.selectors import person_of
from sop_portal.api import parameters
from sop_portal.api.scopes import HasScope

KNOWN = {"cycle", "stage", "level", "measure", "month_from", "month_to", "format", "cursor", "page_size", *FILTERS}
CSV_ROWS = 5_000
TEXT = [
    ("cycle", "The cycle, YYYY-MM; by default the latest published one."),
    ("stage", f"One of {', '.join(Stage.values)}; by default company_forecast."),
    ("level", f"One of {', '.join(Level.values)}; by default product."),
    ("measure", f"One of {', '.join(Measure.values)}; by default quantity."),
    ("month_from", "First month, YYYY-MM."),
    ("month_to", "Last month, YYYY-MM."),
    ("format", "json or csv."),
    ("cursor", "Where the next page begins, from `next` of the page before."),
    ("page_size", "Rows of a JSON page, 1 to 10,000; by default 1,000."),
    *[(name, f"Only this {name}'s code; may be given several times.") for name in FILTERS],
]


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
        form = query.get("format", "json")
        if form not in ("json", "csv"):
            raise parameters.bad("format", f"{form!r} is not a format. Use json or csv.")
        wanted = parameters.wanted(query)
        check_margin(person_of(request.user), wanted)
        version = forecast_version(wanted)
        tag = _tag(request, version)
        if tag and request.headers.get("If-None-Match") == tag:
            return HttpResponse(status=304, headers={"ETag": tag})
        table = forecast_long(wanted)
        answer = csv_answer(table, wanted) if form == "csv" else _page(request, wanted, version, table)
        if tag:
            answer["ETag"] = tag
        return answer


def _tag(request: Request, version: ForecastVersion | None) -> str:
    """An entity tag of a finished version and what was asked of it; live numbers have none."""
    if version is None:
        return ""
    text = f"{version.pk}:{version.state}:{sorted(request.query_params.lists())}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _page(request: Request, wanted: Wanted, version: ForecastVersion | None, table: pd.DataFrame) -> Response:
    query = request.query_params
    size = parameters.whole(query, "page_size", parameters.PAGE_SIZE, parameters.LARGEST_PAGE)
    asked = sorted((k, v) for k, v in query.lists() if k not in ("cursor", "page_size"))
    made_for = hashlib.sha256(f"{version.pk if version else 'live'}:{asked}".encode()).hexdigest()[:16]
    position = parameters.cursor_read(query, made_for)
    rows = table.iloc[position : position + size].copy()
    rows["month"] = [f"{month:%Y-%m}" for month in rows["month"]]
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
            "results": rows.to_dict("records"),
        }
    )


def csv_answer(table: pd.DataFrame, wanted: Wanted) -> StreamingHttpResponse:
    """The whole table as CSV, written in blocks."""
    answer = StreamingHttpResponse(csv_blocks(table), content_type="text/csv; charset=utf-8")
    name = f"{wanted.stage}_{wanted.cycle.code}_{wanted.level}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def csv_blocks(table: pd.DataFrame) -> Iterator[str]:
    """Header, then rows; text that a spreadsheet would take for a formula is made harmless, numbers are not touched."""
    header = io.StringIO()
    csv.writer(header).writerow(table.columns)
    yield header.getvalue()
    for start in range(0, len(table), CSV_ROWS):
        block = table.iloc[start : start + CSV_ROWS].copy()
        block["month"] = [f"{month:%Y-%m}" for month in block["month"]]
        for column in block.columns[:-1]:
            block[column] = block[column].map(harmless)
        yield block.to_csv(header=False, index=False)


def harmless(text: str) -> str:
    """Text with a leading character that starts a formula gets an apostrophe before it."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
