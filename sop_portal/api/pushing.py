"""Rows that programs send: checked and stored like files, all rows or none, every fault with its row."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from django.db import connection, transaction
from django.http import QueryDict
from rest_framework.request import Request

from jobs.errors import NotYours, Refused
from masterdata.bundles import ImportFile
from masterdata.frames import RowError
from masterdata.models import ApiKey, Person
from masterdata.policy import may_load
from masterdata.roles import Role
from masterdata.selectors import person_of
from masterdata.services.imports import LOCK, ImportResult
from sop_portal.api.answers import has_tag, tag_of
from sop_portal.api.parameters import bad
from sop_portal.api.table import Table
from sop_portal.clock import now
from sop_portal.imports import import_files

MOST_ERRORS: Final = 100
LINE: Final = re.compile(r"\bline (\d+)\b")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Sent:
    """Rows as a file of the contract; `row_at[line]` is the number of the row (from 0) that stands on that line."""

    file: ImportFile
    row_at: Mapping[int, int]


def rows_push(table: Table, request: Request) -> dict[str, Any]:
    """Check the rows and store them under their keys; sent a second time they change nothing."""
    sent = _sent(table, request)
    result = _loaded(table, request, sent, dry_run=_switched(request.query_params, "dry_run"))
    counts = result.files[table.file].as_dict()
    return counts | {"stored": result.run is not None and not _switched(request.query_params, "dry_run")}


def row_put(table: Table, request: Request, code: str, stored: Callable[[], dict[str, Any] | None]) -> bool:
    """Put one row under its code; True when it is new. What is there is replaced by who has seen it (If-Match)."""
    if not isinstance(request.data, dict):
        raise Refused("not_an_object", "Send one object with the row's fields.", status=400)
    row = {table.key: code, **request.data}
    if row[table.key] != code:
        raise Refused("other_code", f"The address says {code!r} and the row {row[table.key]!r}.", status=422)
    with transaction.atomic():
        _wait_for_imports()
        before = stored()
        _check_seen(request, before)
        _loaded(table, request, as_file(table.file, [row]))
    return before is None


def _wait_for_imports() -> None:
    """Nobody writes between the look at a row and its change."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _check_seen(request: Request, before: dict[str, Any] | None) -> None:
    match, none_match = (request.headers.get(name, "") for name in ("If-Match", "If-None-Match"))
    if before is None:
        if match:
            raise Refused("changed_meanwhile", "There is nothing under this code to replace.", status=412)
        return
    if none_match.strip() == "*":
        raise Refused("exists", "There is a row under this code already.", status=412)
    if not match:
        words = "Send the ETag of the row you have read as If-Match, so that nobody's change is lost."
        raise Refused("if_match_needed", words, status=428)
    if not has_tag(match, tag_of(before)):
        raise Refused(
            "changed_meanwhile", "The row has changed since you read it. Read it again.", status=412, stored=before
        )


# --- What was sent ------------------------------------------------------------------


def _sent(table: Table, request: Request) -> Sent:
    body = request.data
    if isinstance(body, bytes):
        return Sent(ImportFile(f"{table.file}.csv", body), {})
    rows = body.get("rows") if isinstance(body, dict) and set(body) == {"rows"} else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refused("no_rows", 'Send {"rows": [{…}, …]}: a list of objects, one per row.', status=400)
    if not rows:
        raise Refused("no_rows", "There is no row in it.", status=422)
    return as_file(table.file, rows)


def as_file(name: str, rows: Sequence[Row]) -> Sent:
    """The rows as CSV with every field that any of them has."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text, row_at, line = io.StringIO(), {}, 2
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for number, row in enumerate(rows):
        if all(value in (None, "") for value in row.values()):
            raise _faulty(number, "", "", "There is nothing in this row.")
        before = text.tell()
        writer.writerow([_cell(number, column, row.get(column)) for column in columns])
        row_at[line] = number
        line += text.getvalue().count("\n", before) if _breaks(row) else 1
    return Sent(ImportFile(f"{name}.csv", text.getvalue().encode()), row_at)


def _breaks(row: Row) -> bool:
    return any(isinstance(value, str) and "\n" in value for value in row.values())


def _cell(number: int, column: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _faulty(number, column, str(value), "A text or a number belongs here.")
    if isinstance(value, float):
        return np.format_float_positional(value, trim="-")
    text = str(value)
    if any(0xD800 <= ord(sign) < 0xE000 for sign in text):
        raise _faulty(number, column, "", "This is not text in UTF-8.")
    return text


def _faulty(number: int, column: str, value: str, detail: str) -> Refused:
    errors = [_problem(number, column, value, detail)]
    words = f"Nothing was stored. Row {number + 1}: {detail}"
    return Refused("invalid", words, status=422, errors=errors, error_count=1)


def _switched(query: QueryDict, name: str) -> bool:
    text = query.get(name, "false")
    if text not in ("true", "false"):
        raise bad(name, f"{text!r} is not true or false.")
    return text == "true"


# --- Storing ------------------------------------------------------------------------


def _loaded(table: Table, request: Request, sent: Sent, *, dry_run: bool = False) -> ImportResult:
    by = person_of(request.user)
    _check_may(by, table)
    key = f" with the key {request.auth.name}" if isinstance(request.auth, ApiKey) else ""
    source = f"REST: {table.name} by {by.name}{key}"
    result = import_files(files=[sent.file], source=source, by=by, at=now(), dry_run=dry_run)
    if not result.ok:
        errors = list(_problems(sent, result.errors[:MOST_ERRORS]))
        count = len(result.errors)
        words = f"Nothing was stored: {count} fault{'' if count == 1 else 's'}. The first: {errors[0]['detail']}"
        raise Refused("invalid", words, status=422, errors=errors, error_count=count)
    return result


def _check_may(by: Person, table: Table) -> None:
    """A program does what its key's scopes say; a person what their role may load."""
    if by.role != Role.API_CLIENT and not may_load(by, table.file):
        raise NotYours(f"Your role does not load {table.file}. Ask a planner, Finance or the S&OP leader.")


def _problems(sent: Sent, errors: Sequence[RowError]) -> Iterator[dict[str, Any]]:
    for error in errors:
        number = sent.row_at.get(error.line) if sent.row_at else error.line - 2
        detail = LINE.sub(lambda found: _row_words(sent, found), error.message)
        yield _problem(number, error.column, error.value, detail) | {"line": error.line}


def _row_words(sent: Sent, found: re.Match[str]) -> str:
    """`line 2` of the file that was made of the rows is their row 1; a file that was sent keeps its lines."""
    number = sent.row_at.get(int(found[1]))
    return found[0] if number is None else f"row {number + 1}"


def _problem(number: int | None, column: str, value: str, detail: str) -> dict[str, Any]:
    """Where a fault is: `row` counts from 1, `pointer` leads there in the JSON that was sent."""
    inside = number is not None and number >= 0
    pointer = "/".join(
        ["", "rows", *([str(number)] if inside else []), *([column] if column and "," not in column else [])]
    )
    return {
        "row": number + 1 if inside and number is not None else None,
        "column": column,
        "value": value[:80],
        "detail": detail,
        "pointer": pointer,
    }
