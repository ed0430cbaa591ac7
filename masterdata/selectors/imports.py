"""What is loaded, file by file, and the imports that brought it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet
from psycopg2 import sql

from masterdata.frames import Kind
from masterdata.importing import Importer
from masterdata.models import ImportRun, RowChange

CHANGES_SHOWN = 100
LOOKED_AT = 500  # newest runs that the last load of a file is looked for in


@dataclass(frozen=True)
class Loaded:
    """One file of the contract: how much of it is stored, how new it is, who brought it."""

    importer: Importer
    rows: int
    newest: str
    run: ImportRun | None


def import_runs() -> QuerySet[ImportRun]:
    return ImportRun.objects.select_related("by__user")


def run_changes(run: ImportRun, most: int = CHANGES_SHOWN) -> list[tuple[str, str, list[tuple[str, object, object]]]]:
    """The first rows that an import wrote: (table, key, [(column, before, after) of what differs])."""
    found = []
    for change in RowChange.objects.filter(run=run).order_by("id")[:most]:
        before, after = change.before or {}, change.after or {}
        cells = [
            (name, before.get(name), after.get(name))
            for name in {**before, **after}
            if before.get(name) != after.get(name) and not name.endswith("_id")
        ]
        found.append((change.table.split("_", 1)[1], change.key, cells))
    return found


def loaded_files(importers: Sequence[Importer]) -> list[Loaded]:
    """Every file of the contract in its order, in two queries."""
    counts = _counts(importers)
    last: dict[str, ImportRun] = {}
    for run in import_runs()[:LOOKED_AT]:
        for name in run.files:
            last.setdefault(name, run)
    return [Loaded(each, *counts[each.spec.name], last.get(each.spec.name)) for each in importers]


def _counts(importers: Sequence[Importer]) -> dict[str, tuple[int, str]]:
    """{file: (rows, newest month or day as text)}."""
    parts = [
        sql.SQL("SELECT {}, count(*), {} FROM {}").format(
            sql.Literal(each.spec.name),
            sql.SQL("max({})::text").format(sql.Identifier(each.newest)) if each.newest else sql.SQL("NULL"),
            sql.Identifier(each.table),
        )
        for each in importers
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(parts))
        found = {name: (rows, newest or "") for name, rows, newest in cursor.fetchall()}
    months = {each.spec.name for each in importers if each.newest and each.spec.column(each.newest).kind is Kind.MONTH}
    return {name: (rows, newest[:7] if name in months else newest) for name, (rows, newest) in found.items()}
