"""How each address stands in the description (OpenAPI 3.1): parameters, answers, problems, examples."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from masterdata.frames import Column, Kind
from sop_portal.api.examples import EXAMPLES
from sop_portal.api.table import DAY, MOMENT, MONTH, NUMBER, TEXT, WHOLE, YES_NO, Field, Table
from sop_portal.imports import IMPORTERS

Schema = dict[str, Any]
MONTH_PATTERN: Final = "^[0-9]{4}-(0[1-9]|1[0-2])$"
PROBLEM: Final[Schema] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable and machine-readable."},
        "detail": {"type": "string", "description": "What is wrong and what to do, in plain words."},
        "errors": {"type": "array", "items": {"type": "object"}, "description": "At most 100 faults."},
        "error_count": {"type": "integer", "description": "How many faults there are in all."},
    },
}
WORDS: Final = {
    400: "A parameter or the body is not written right",
    401: "No key, or none that is valid",
    403: "The key's scopes or the person's role do not allow it",
    404: "Not there, or not yours to see",
    406: "No form that Accept takes",
    409: "Another import is running",
    412: "The row has changed, or is there, or is not there",
    413: "Too large",
    415: "Neither JSON nor CSV",
    422: "Something in it means nothing here; each fault with its row",
    428: "Send If-Match",
    429: "Too many requests of this key in this minute",
}
TYPES: Final[dict[str, Schema]] = {
    TEXT: {"type": ["string", "null"]},
    NUMBER: {"type": ["number", "null"]},
    WHOLE: {"type": ["integer", "null"]},
    YES_NO: {"type": ["boolean", "null"]},
    DAY: {"type": ["string", "null"], "format": "date"},
    MONTH: {"type": ["string", "null"], "pattern": MONTH_PATTERN},
    MOMENT: {"type": ["string", "null"], "format": "date-time"},
}
COUNTS: Final[Schema] = {
    "type": "object",
    "required": ["rows", "new", "changed", "unchanged", "stored"],
    "properties": {name: {"type": "integer"} for name in ("rows", "new", "changed", "unchanged")}
    | {"stored": {"type": "boolean", "description": "False for a dry run."}},
}


def problems(*statuses: int) -> dict[Any, Any]:
    return {
        (status, "application/problem+json"): OpenApiResponse(PROBLEM, description=WORDS[status])
        for status in sorted({401, 403, 429, *statuses})
    }


def unchanged() -> dict[Any, Any]:
    return {304: OpenApiResponse(description="You have it already (If-None-Match)")}


def if_none_match() -> OpenApiParameter:
    return OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="The ETag you have.")


def query(name: str, description: str, **schema: Any) -> OpenApiParameter:
    return OpenApiParameter(name, {"type": "string", **schema}, description=description)


def codes(name: str, shape: Schema | None = None) -> OpenApiParameter:
    items = {"type": "string"} | (shape or {})
    text = f"Only this {name}; may be given several times."
    return OpenApiParameter(name, {"type": "array", "items": items}, description=text)


def page_parameters() -> list[OpenApiParameter]:
    return [
        query("cursor", "Where the next page begins, from `next` of the page before."),
        query("page_size", "Rows of a page; by default 1,000.", type="integer", minimum=1, maximum=10_000),
    ]


def row_schema(table: Table) -> Schema:
    properties = {field.name: _described(field) for field in table.fields}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _described(field: Field) -> Schema:
    note = {"description": "Only for those who may see cost."} if field.private else {}
    return TYPES[field.kind] | note


def reading_list(table: Table) -> Schema:
    page = {
        "type": "object",
        "required": ["next", "results"],
        "properties": {
            "next": {"type": ["string", "null"]},
            "results": {"type": "array", "items": row_schema(table)},
        },
    }
    return {
        "operation_id": f"{table.name}_list",
        "tags": [table.name],
        "parameters": [
            *map(_filter, map(table.field, table.filters)),
            fields(table),
            *page_parameters(),
            if_none_match(),
        ],
        "responses": {(200, "application/json"): page} | unchanged() | problems(400, 406),
    }


def _filter(field: Field) -> OpenApiParameter:
    shape = {MONTH: {"pattern": MONTH_PATTERN}, DAY: {"format": "date"}}.get(field.kind, {})
    return codes(field.name, shape)


def fields(table: Table) -> OpenApiParameter:
    names = ", ".join(field.name for field in table.fields)
    return query("fields", f"Only these fields, separated by commas: {names}.")


def _code(table: Table) -> OpenApiParameter:
    return OpenApiParameter("code", str, OpenApiParameter.PATH, description=f"The {table.key} of the row.")


def reading_row(table: Table) -> Schema:
    return {
        "operation_id": f"{table.name}_read",
        "tags": [table.name],
        "parameters": [_code(table), fields(table), if_none_match()],
        "responses": {(200, "application/json"): row_schema(table)} | unchanged() | problems(400, 404, 406),
    }


# --- Writing --------------------------------------------------------------------------


def sent_schema(table: Table, *, keyed: bool) -> Schema:
    """What may be sent of a row: the columns of the contract's file."""
    spec = next(importer.spec for importer in IMPORTERS if importer.spec.name == table.file)
    required = [column.name for column in spec.columns if column.required and not (keyed and column.name in spec.key)]
    made: Schema = {
        "type": "object",
        "properties": {column.name: _column(column) for column in spec.columns},
        "additionalProperties": False,
    }
    return made | ({"required": required} if required else {})


def _column(column: Column) -> Schema:
    numeric = column.kind in (Kind.NUMBER, Kind.INTEGER)
    types: list[str] = ["number" if column.kind is Kind.NUMBER else "integer"] if numeric else ["string"]
    return {"type": types if column.required else [*types, "null"]}


def pushing(table: Table) -> Schema:
    body = {
        "type": "object",
        "required": ["rows"],
        "additionalProperties": False,
        "properties": {"rows": {"type": "array", "minItems": 1, "items": sent_schema(table, keyed=False)}},
    }
    return {
        "operation_id": f"{table.name}_push",
        "tags": [table.name],
        "description": (
            f"{table.about}: rows are stored under their keys, all or none; sent a second time they change nothing. "
            f"A row replaces what is stored under its key, so send all its fields. Needs {table.write_scope}."
        ),
        "parameters": [query("dry_run", "Check and count only.", enum=["true", "false"])],
        "request": {"application/json": body, "text/csv": {"type": "string"}},
        "responses": {(200, "application/json"): COUNTS} | problems(400, 409, 413, 415, 422),
        "examples": _examples(table, {"rows": EXAMPLES[table.name]}),
    }


def putting(table: Table) -> Schema:
    row = dict(EXAMPLES[table.name][0])
    row.pop(table.key)
    match = "The ETag of the row as you read it; needed where there is one."
    return {
        "operation_id": f"{table.name}_put",
        "tags": [table.name],
        "description": f"Stores one row under its code, replacing what is there. Needs {table.write_scope}.",
        "parameters": [
            _code(table),
            OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description=match),
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="`*`: only where none is."),
        ],
        "request": {"application/json": sent_schema(table, keyed=True)},
        "responses": {(200, "application/json"): row_schema(table), (201, "application/json"): row_schema(table)}
        | problems(400, 404, 409, 412, 413, 415, 422, 428),
        "examples": _examples(table, row),
    }


def _examples(table: Table, value: object) -> list[OpenApiExample]:
    return [OpenApiExample(table.about[:60], value=value, request_only=True, media_type="application/json")]
