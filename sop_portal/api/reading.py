"""Reading lists and single rows: filters, chosen fields, cursor paging, tags; one view class made for each table."""

from datetime import date, datetime
from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cycles.periods import parse_month
from jobs.errors import Refused
from masterdata.models import Person
from masterdata.selectors import person_of
from sop_portal.api import described, parameters
from sop_portal.api.answers import fields_of, form_of, tag_of, tagged
from sop_portal.api.pushing import row_put, rows_push
from sop_portal.api.scopes import HasScope
from sop_portal.api.table import DAY, MONTH, Field, Table

COMMON = ("fields", "cursor", "page_size", "format")


def list_view(table: Table) -> type[APIView]:
    """`GET` a table page by page and, where a file of the contract writes it, `POST` rows to it."""

    class ListView(APIView):
        scope = table.scope
        write_scope = table.write_scope
        permission_classes = [HasScope]

        @extend_schema(**described.reading_list(table))
        def get(self, request: Request) -> HttpResponseBase:
            form_of(request)
            return tagged(request, page_of(table, request, person_of(request.user)))

        if table.file:

            @extend_schema(**described.pushing(table))
            def post(self, request: Request) -> Response:
                parameters.check_known(request.query_params, ("dry_run",))
                return Response(rows_push(table, request))

    ListView.__doc__ = f"{table.about}."
    return ListView


def row_view(table: Table) -> type[APIView]:
    """`GET` one row by its code and, where a file of the contract writes it, `PUT` it."""

    class RowView(APIView):
        scope = table.scope
        write_scope = table.write_scope
        permission_classes = [HasScope]

        @extend_schema(**described.reading_row(table))
        def get(self, request: Request, code: str) -> HttpResponseBase:
            form_of(request)
            parameters.check_known(request.query_params, ("fields",))
            return tagged(request, row_of(table, request, person_of(request.user), code))

        if table.file:

            @extend_schema(**described.putting(table))
            def put(self, request: Request, code: str) -> Response:
                parameters.check_known(request.query_params, ())
                person = person_of(request.user)
                made = row_put(table, request, code, lambda: found_row(table, person, code))
                row = found_row(table, person, code)
                return Response(row, status=201 if made else 200, headers={"ETag": tag_of(row)})

    RowView.__doc__ = f"{table.about}: one of them."
    return RowView


def page_of(table: Table, request: Request, person: Person) -> dict[str, Any]:
    """One page in the order of entry; the next begins after the last row of this one."""
    query = request.query_params
    parameters.check_known(query, (*table.filters, *COMMON))
    fields = _chosen(table, request, person)
    size = parameters.whole(query, "page_size", parameters.PAGE_SIZE, parameters.LARGEST_PAGE)
    made_for = tag_of(table.name, sorted((k, v) for k, v in query.lists() if k not in ("cursor", "page_size")))
    after = parameters.cursor_read(query, made_for)
    rows = table.rows().filter(pk__gt=after, **_filters(table, request)).order_by("pk")
    found = list(rows.values_list("pk", *(field.path for field in fields))[: size + 1])
    more = len(found) > size
    return {
        "next": parameters.cursor_make(found[size - 1][0], made_for) if more else None,
        "results": [_row(fields, values[1:]) for values in found[:size]],
    }


def row_of(table: Table, request: Request, person: Person, code: str) -> dict[str, Any]:
    row = found_row(table, person, code, _chosen(table, request, person))
    if row is None:
        raise Refused("not_found", f"There is no {code!r} in {table.name}.", status=404)
    return row


def found_row(table: Table, person: Person, code: str, fields: list[Field] | None = None) -> dict[str, Any] | None:
    """The row with this code as this person may see it; None when there is none."""
    if "\x00" in code:
        return None
    fields = table.fields_for(person) if fields is None else fields
    found = table.rows().filter(**{table.field(table.key).path: code})
    values = found.values_list(*(field.path for field in fields)).first()
    return None if values is None else _row(fields, values)


def _chosen(table: Table, request: Request, person: Person) -> list[Field]:
    visible = {field.name: field for field in table.fields_for(person)}
    return [visible[name] for name in fields_of(request.query_params, list(visible))]


def _filters(table: Table, request: Request) -> dict[str, list[Any]]:
    query = request.query_params
    given = {name: table.field(name) for name in table.filters if name in query}
    return {f"{field.path}__in": [_value(field, text) for text in query.getlist(name)] for name, field in given.items()}


def _value(field: Field, text: str) -> object:
    try:
        if field.kind == MONTH:
            return parse_month(text)
        return date.fromisoformat(text) if field.kind == DAY else text
    except ValueError as error:
        raise parameters.bad(field.name, f"{text!r} is not a {field.kind}: {error}") from error


def _row(fields: list[Field], values: tuple[Any, ...]) -> dict[str, Any]:
    return {field.name: _shown(field, value) for field, value in zip(fields, values, strict=True)}


def _shown(field: Field, value: Any) -> Any:
    if value is None or not isinstance(value, date):
        return value
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return f"{value:%Y-%m}" if field.kind == MONTH else value.isoformat()
