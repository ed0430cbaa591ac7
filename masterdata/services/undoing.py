"""Taking a whole import back: what it brought goes, what it changed is as before; nothing newer is ever overwritten."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Max
from psycopg2 import sql

from jobs.errors import Refused
from masterdata.importing import Importer
from masterdata.models import ImportRun, Person, RowChange
from masterdata.policy import Action, check, may_load
from masterdata.services.imports import import_turn_take

NAMED = 5  # rows that a refusal names
# Tables that a file fills beside its own, with the columns that identify their rows.
BESIDE = {"auth_user": ["username"], "masterdata_person": ["user_id"]}
COMPANY = "masterdata_company"
# Every row an import wrote, as it was and is, beside the row as it stands now and whether that is still the same.
COLLECT = """
CREATE TEMP TABLE import_undo ON COMMIT DROP AS
SELECT c.key, c.before, c.after, t.id AS row_id,
       (t.id IS NOT NULL AND to_jsonb(t) @> c.after) AND NOT EXISTS (
           SELECT 1 FROM masterdata_rowchange n
           WHERE n."table" = c."table" AND n.key = c.key AND n.id > c.id AND n.run_id IS DISTINCT FROM c.run_id
       ) AS is_untouched
FROM masterdata_rowchange c
CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, c.after) r
LEFT JOIN {table} t ON {same}
WHERE c.run_id = %s AND c."table" = %s
"""
RECORD = """
INSERT INTO masterdata_rowchange (run_id, by_id, at, "table", key, before, after)
SELECT %s, %s, %s, %s, key, after, before FROM import_undo
"""


@dataclass(frozen=True)
class _Undo:
    run: ImportRun
    by: Person
    at: datetime
    keys: dict[str, list[str]]
    defining: frozenset[str]


def undo_check(*, run: ImportRun, by: Person) -> None:
    """Refused when this import cannot be taken back by this person at all."""
    check(by, Action.IMPORT)
    for file in run.files:
        if not may_load(by, file):
            raise Refused(
                "not_yours", f"The S&OP leader or an administrator takes back what {file} brought.", status=403
            )
    if run.undoes_id is not None:
        raise Refused("is_undo", "This took an import back. To have it again, send its files again.")
    if hasattr(run, "undone_by"):
        raise Refused("undone_already", "This import has been taken back already.")


@transaction.atomic
def import_undo(
    *,
    run: ImportRun,
    importers: Sequence[Importer],
    by: Person,
    at: datetime,
    between: Callable[[], object] | None = None,
) -> ImportRun:
    """Take back every row of an import, or refuse and name the rows that somebody has changed since.

    `between` runs when the facts are gone and before the codes go that they stood on.
    """
    import_turn_take()
    run = ImportRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    undo_check(run=run, by=by)
    done = ImportRun.objects.create(source=f"Undo of {run.source}"[:200], content_hash="", by=by, at=at, undoes=run)
    undo = _Undo(done, by, at, _keys(importers), frozenset(each.table for each in importers if each.defines))
    tables = _tables(run)
    names = {each.table: each.spec.name for each in importers}
    try:
        for table in tables:
            if table in undo.defining and between is not None:
                between()
                between = None
            count = _table_undo(undo, table)
            if table in names:
                done.files[names[table]] = {"rows": count, "new": 0, "changed": count, "unchanged": 0}
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as error:
        raise Refused(
            "in_use", f"Nothing was undone: what this import brought is in use ({_detail(error)})."
        ) from error
    done.rows = done.changed
    done.save(update_fields=["files", "rows"])
    return done


def _keys(importers: Sequence[Importer]) -> dict[str, list[str]]:
    keys = {each.table: [each.database_column(name) for name in each.spec.key] for each in importers}
    return keys | BESIDE


def _tables(run: ImportRun) -> list[str]:
    """The tables an import wrote, the last one first."""
    rows: Any = RowChange.objects.filter(run=run).order_by()
    found = {row["table"]: row["last"] for row in rows.values("table").annotate(last=Max("id"))}
    return sorted(found, key=lambda table: -found[table])


def _table_undo(undo: _Undo, table: str) -> int:
    with connection.cursor() as cursor:
        if table == COMPANY:
            raise Refused("company", "Settings of the company are not taken back. Load company.csv with the old ones.")
        _collect(cursor, undo, table)
        _check_untouched(cursor, table)
        cursor.execute(RECORD, [undo.run.pk, undo.by.pk, undo.at, table])
        count = int(cursor.rowcount)
        _take_back(cursor, undo, table)
        cursor.execute("DROP TABLE import_undo")
    return count


def _collect(cursor: CursorWrapper, undo: _Undo, table: str) -> None:
    """COALESCE, because NULL equals NULL here and only plain equality can be joined by hash."""
    same = sql.SQL(" AND ").join(
        sql.SQL("COALESCE(r.{0}::text, '') = COALESCE(t.{0}::text, '')").format(sql.Identifier(column))
        for column in undo.keys[table]
    )
    query = sql.SQL(COLLECT).format(table=sql.Identifier(table), same=same)
    cursor.execute(query, [undo.run.undoes_id, table])


def _check_untouched(cursor: CursorWrapper, table: str) -> None:
    cursor.execute(
        "SELECT key, count(*) OVER () FROM import_undo WHERE NOT is_untouched ORDER BY key LIMIT %s", [NAMED]
    )
    touched = cursor.fetchall()
    if touched:
        count, named = touched[0][1], ", ".join(key for key, _ in touched)
        more = f" and {count - len(touched)} more" if count > len(touched) else ""
        rows = "1 row has" if count == 1 else f"{count} rows have"
        where = table.split("_", 1)[1]
        raise Refused(
            "changed_since",
            f"Nothing was undone: {rows} been changed since this import ({where}: {named}{more}). "
            "Undo the newer import first, or send a file that puts these rows right.",
        )


def _take_back(cursor: CursorWrapper, undo: _Undo, table: str) -> None:
    name = sql.Identifier(table)
    if table == "auth_user":
        cursor.execute(
            "DELETE FROM auth_user_groups g USING import_undo u WHERE g.user_id = u.row_id AND u.before IS NULL"
        )
    cursor.execute(
        sql.SQL("DELETE FROM {} t USING import_undo u WHERE t.id = u.row_id AND u.before IS NULL").format(name)
    )
    cursor.execute(
        "SELECT jsonb_object_keys(before) FROM (SELECT before FROM import_undo WHERE before IS NOT NULL LIMIT 1) b"
    )
    columns = [column for (column,) in cursor.fetchall() if column not in undo.keys[table]]
    if columns:
        assignments = sql.SQL(", ").join(sql.SQL("{0} = r.{0}").format(sql.Identifier(column)) for column in columns)
        cursor.execute(
            sql.SQL(
                "UPDATE {0} t SET {1} FROM import_undo u"
                " CROSS JOIN LATERAL jsonb_populate_record(NULL::{0}, u.before) r"
                " WHERE t.id = u.row_id AND u.before IS NOT NULL"
            ).format(name, assignments)
        )


def _detail(error: IntegrityError) -> str:
    lines = str(error).splitlines()
    detail = next((line for line in lines if line.startswith("DETAIL:")), lines[0])
    return detail.removeprefix("DETAIL:").strip()
