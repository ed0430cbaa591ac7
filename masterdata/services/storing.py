"""Rows into a table in three statements: COPY into a staging table, compare by join, write what differs.

Nothing is written row by row, and a row that is the same as before is not written at all. What a changed row was
before and is after goes to `RowChange` in the same transaction.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv
from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg2 import sql

STAGE, DIFFERENT = sql.Identifier("import_stage"), sql.Identifier("import_different")
ANALYZE_FROM = 1000
PREVIEWED = 5  # rows of each sort that a preview shows


@dataclass(frozen=True)
class Record:
    """What `RowChange` says beside before and after; a preview also looks at what it would change."""

    run: int | None
    by: int | None
    at: datetime
    is_preview: bool = False


@dataclass(frozen=True)
class Preview:
    """The first rows that differ as (key, before, after), and stored rows that the file does not have.

    missing: how many of those there are, in the months of the file where it has months.
    """

    first: list[tuple[str, dict[str, Any] | None, dict[str, Any]]]
    missing: int
    first_missing: list[dict[str, Any]]


@dataclass
class Counts:
    """What an import did to one file's rows."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    changed_keys: set[str] = field(default_factory=set, repr=False)
    preview: "Preview | None" = None

    @property
    def unchanged(self) -> int:
        return self.rows - self.new - self.changed

    def as_dict(self) -> dict[str, int]:
        return {"rows": self.rows, "new": self.new, "changed": self.changed, "unchanged": self.unchanged}


@dataclass(frozen=True)
class Rows:
    """Rows for one table: `data` has database columns, `keys` a text that names each row to people.

    key: the columns that identify a row. constants: columns that only a new row gets. fill: SQL on the staged rows.
    """

    table: str
    data: pd.DataFrame
    keys: pd.Series
    key: Sequence[str]
    constants: Mapping[str, Any] = field(default_factory=dict)
    fill: Sequence[str] = ()
    period: str = ""


def rows_store(*, rows: Rows, record: Record) -> Counts:
    """Insert the rows that are new, update those that differ, and write down both; inside a transaction."""
    with connection.cursor() as cursor:
        _stage(cursor, rows)
        _compare(cursor, rows)
        counts = _count(cursor, len(rows.data))
        if record.is_preview:
            counts.preview = _preview(cursor, rows)
        if counts.new or counts.changed:
            _record(cursor, rows, record)
            _write(cursor, rows, counts)
        cursor.execute("DROP TABLE import_stage, import_different")
    return counts


def _names(columns: Sequence[str], prefix: str = "") -> sql.Composed:
    parts = [sql.Identifier(prefix, column) if prefix else sql.Identifier(column) for column in columns]
    return sql.SQL(", ").join(parts)


def _stage(cursor: CursorWrapper, rows: Rows) -> None:
    columns = list(rows.data.columns)
    cursor.execute(
        sql.SQL("CREATE TEMP TABLE {} AS SELECT {}, ''::text AS row_key FROM {} WITH NO DATA").format(
            STAGE, _names(columns), sql.Identifier(rows.table)
        )
    )
    copy = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT csv)").format(STAGE, _names([*columns, "row_key"]))
    cursor.cursor.copy_expert(copy, _as_csv(rows))
    for statement in rows.fill:
        cursor.execute(statement)
    if len(rows.data) >= ANALYZE_FROM:
        cursor.execute(sql.SQL("ANALYZE {}").format(STAGE))


def _as_csv(rows: Rows) -> io.BytesIO:
    """Text in quotes, and nothing at all for NULL, which is how COPY tells it from empty text."""
    columns = {name: _arrow(rows.data[name]) for name in rows.data} | {"row_key": _arrow(rows.keys)}
    stream = io.BytesIO()
    pyarrow.csv.write_csv(pa.table(columns), stream, pyarrow.csv.WriteOptions(include_header=False))
    stream.seek(0)
    return stream


def _arrow(values: pd.Series) -> pa.Array:
    if values.dtype != object:
        is_day = pd.api.types.is_datetime64_any_dtype(values.dtype)
        return pa.Array.from_pandas(values, type=pa.date32() if is_day else None)
    try:
        return pa.Array.from_pandas(values, type=pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.Array.from_pandas(values.map(str, na_action="ignore"), type=pa.string())


def _compare(cursor: CursorWrapper, rows: Rows) -> None:
    """The staged rows that are new or differ, each with the row it replaces."""
    columns = [column for column in rows.data.columns if column != "id"]
    others = [column for column in columns if column not in rows.key]
    differs = sql.SQL("t.id IS NULL")
    if others:
        row, old = _names(others, "s"), _names(others, "t")
        differs = sql.SQL("t.id IS NULL OR ROW({}) IS DISTINCT FROM ROW({})").format(row, old)
    before = sql.SQL("CASE WHEN t.id IS NOT NULL THEN {} END").format(_as_json(columns, "t"))
    cursor.execute(
        sql.SQL(
            "CREATE TEMP TABLE {} AS SELECT s.*, t.id AS old_id, {} AS before FROM {} s LEFT JOIN {} t ON {} WHERE {}"
        ).format(
            DIFFERENT,
            before,
            STAGE,
            sql.Identifier(rows.table),
            sql.SQL(" AND ").join(_same(rows, column) for column in rows.key),
            differs,
        )
    )


def _same(rows: Rows, column: str) -> sql.Composed:
    """Equality that a hash join can use; with NULL equal to NULL only where the column has some."""
    operator = " IS NOT DISTINCT FROM " if rows.data[column].isna().any() else " = "
    return sql.SQL("s.{0}" + operator + "t.{0}").format(sql.Identifier(column))


def _count(cursor: CursorWrapper, rows: int) -> Counts:
    cursor.execute("SELECT count(*) FILTER (WHERE old_id IS NULL) FROM import_different")
    new = int(cursor.fetchone()[0])
    cursor.execute("SELECT row_key FROM import_different WHERE old_id IS NOT NULL")
    keys = [key for (key,) in cursor.fetchall()]
    return Counts(rows=rows, new=new, changed=len(keys), changed_keys=set(keys))


def _preview(cursor: CursorWrapper, rows: Rows) -> Preview:
    columns = [column for column in rows.data.columns if column != "id"]
    for_new = sql.SQL("SELECT row_key, before, {} FROM {} d WHERE (old_id IS NULL) = %s LIMIT %s").format(
        _as_json(columns, "d"), DIFFERENT
    )
    first: list[tuple[str, dict[str, Any] | None, dict[str, Any]]] = []
    for is_new in (False, True):
        cursor.execute(for_new, [is_new, PREVIEWED])
        first += [(key, before and _loaded(before), _loaded(after)) for key, before, after in cursor.fetchall()]
    missing = _missing(rows)
    cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(missing))
    count = int(cursor.fetchone()[0])
    cursor.execute(sql.SQL("SELECT {} FROM {} LIMIT %s").format(_as_json(columns, "t"), missing), [PREVIEWED])
    return Preview(first, count, [_loaded(row) for (row,) in cursor.fetchall()])


def _missing(rows: Rows) -> sql.Composed:
    same = sql.SQL(" AND ").join(
        sql.SQL("COALESCE(s.{0}::text, '') = COALESCE(t.{0}::text, '')").format(sql.Identifier(column))
        for column in rows.key
    )
    within = sql.SQL("TRUE")
    if rows.period:
        within = sql.SQL("t.{0} IN (SELECT DISTINCT {0} FROM import_stage)").format(sql.Identifier(rows.period))
    return sql.SQL("{} t WHERE {} AND NOT EXISTS (SELECT 1 FROM import_stage s WHERE {})").format(
        sql.Identifier(rows.table), within, same
    )


def _loaded(value: Any) -> dict[str, Any]:
    return dict(json.loads(value)) if isinstance(value, str) else dict(value)


def _record(cursor: CursorWrapper, rows: Rows, record: Record) -> None:
    after = _as_json([column for column in rows.data.columns if column != "id"], "d")
    cursor.execute(
        sql.SQL(
            'INSERT INTO masterdata_rowchange (run_id, by_id, at, "table", key, before, after)'
            " SELECT %s, %s, %s, %s, left(row_key, 200), before, {} FROM {} d"
        ).format(after, DIFFERENT),
        [record.run, record.by, record.at, rows.table],
    )


def _as_json(columns: Sequence[str], table: str) -> sql.Composed:
    """One row as a JSON object of just these columns."""
    pairs = (sql.SQL("{}, {}").format(sql.Literal(name), sql.Identifier(table, name)) for name in columns)
    return sql.SQL("jsonb_build_object({})").format(sql.SQL(", ").join(pairs))


def _write(cursor: CursorWrapper, rows: Rows, counts: Counts) -> None:
    table = sql.Identifier(rows.table)
    columns = list(rows.data.columns)
    if counts.new:
        cursor.execute(
            sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} WHERE old_id IS NULL").format(
                table,
                _names([*columns, *rows.constants]),
                sql.SQL(", ").join([*map(sql.Identifier, columns), *map(sql.Literal, rows.constants.values())]),
                DIFFERENT,
            )
        )
    changing = [column for column in columns if column != "id" and column not in rows.key]
    if counts.changed and changing:
        assignments = sql.SQL(", ").join(sql.SQL("{0} = d.{0}").format(sql.Identifier(c)) for c in changing)
        cursor.execute(
            sql.SQL("UPDATE {} t SET {} FROM {} d WHERE t.id = d.old_id").format(table, assignments, DIFFERENT)
        )
    if counts.new + counts.changed >= ANALYZE_FROM:
        cursor.execute(sql.SQL("ANALYZE {}").format(table))
