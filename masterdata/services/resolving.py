"""Codes into ids: what stands in the database by code, and checked files as rows of database columns."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from django.db import connection
from psycopg2 import sql

from masterdata.frames import DATES, CheckedFile, Kind
from masterdata.importing import Importer
from masterdata.services.storing import Rows


def existing_rows(importer: Importer) -> pd.DataFrame:
    """The stored rows of a kind: frame indexed by code with its self-references (as codes) and attributes."""
    code = sql.Identifier(importer.renamed.get(importer.spec.key[0], importer.spec.key[0]))
    columns, joins = [sql.SQL("t.{}").format(code)], []
    for name in importer.self_references:
        columns.append(sql.SQL("COALESCE({}.{}, '')").format(sql.Identifier(name), code))
        joins.append(
            sql.SQL("LEFT JOIN {0} {1} ON {1}.id = t.{2}").format(
                relation_of(importer), sql.Identifier(name), sql.Identifier(importer.database_column(name))
            )
        )
    columns += [sql.SQL("t.{}").format(sql.Identifier(name)) for name in importer.attributes]
    query = sql.SQL("SELECT {} FROM {} t {}").format(
        sql.SQL(", ").join(columns), relation_of(importer), sql.SQL(" ").join(joins)
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        rows = cursor.fetchall()
    names = ["code", *importer.self_references, *importer.attributes]
    return pd.DataFrame(rows, columns=names, dtype=object).set_index("code")


def relation_of(importer: Importer) -> sql.Composable:
    return sql.SQL(importer.relation) if importer.relation else sql.Identifier(importer.table)


class Ids:
    """The ids behind codes, by kind; new codes get theirs before their rows are written."""

    def __init__(self, importers: Sequence[Importer]) -> None:
        self._defining = {importer.defines: importer for importer in importers if importer.defines}
        self._ids: dict[str, dict[str, int]] = {}
        self._codes: dict[str, dict[int, str]] = {}

    def of(self, kind: str) -> dict[str, int]:
        if kind not in self._ids:
            importer = self._defining[kind]
            code = importer.renamed.get(importer.spec.key[0], importer.spec.key[0])
            query = sql.SQL("SELECT t.{}, t.id FROM {} t").format(sql.Identifier(code), relation_of(importer))
            with connection.cursor() as cursor:
                cursor.execute(query)
                self._ids[kind] = dict(cursor.fetchall())
        return self._ids[kind]

    def code(self, kind: str, number: int | None) -> str:
        """The code behind an id."""
        if number is None:
            return ""
        if number not in self._codes.get(kind, {}):
            self._codes[kind] = {number: code for code, number in self.of(kind).items()}
        return self._codes[kind].get(number, "")

    def allocate(self, kind: str, codes: pd.Series) -> pd.Series:
        """The id of every code, taken from the table's sequence where there is none yet."""
        ids = self.of(kind)
        fresh = [code for code in codes.unique() if code not in ids]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [self._defining[kind].table, len(fresh)],
            )
            ids.update(zip(fresh, (number for (number,) in cursor.fetchall()), strict=True))
        return codes.map(ids).astype("Int64")


def row_words(importer: Importer, row: Mapping[str, Any], ids: Ids) -> dict[str, str]:
    """A row of database columns as people read it: codes for ids, months as 2026-11, by the contract's columns."""
    words = {}
    for column in importer.spec.columns:
        value = row.get(importer.database_column(column.name))
        if column.reference:
            value = ids.code(column.reference, value)
        elif column.kind is Kind.MONTH and value:
            value = str(value)[:7]
        words[column.name] = "" if value is None else f"{value:.15g}" if isinstance(value, float) else str(value)
    return words


def database_rows(importer: Importer, file: CheckedFile, ids: Ids) -> Rows:
    """A checked file with database columns: ids for codes, whole numbers as such, the id of a row that defines one."""
    columns: dict[str, pd.Series] = {}
    if importer.defines:
        columns["id"] = ids.allocate(importer.defines, file.data[importer.spec.key[0]])
    for column in importer.spec.columns:
        values = file.data[column.name]
        if column.reference:
            values = values.map(ids.of(column.reference)).astype("Int64")
        elif column.kind is Kind.INTEGER:
            values = values.astype("Int64")
        elif column.kind in DATES:
            values = date_texts(values, "%Y-%m-%d")
        columns[importer.database_column(column.name)] = values
    return Rows(
        table=importer.table,
        data=pd.DataFrame(columns),
        keys=row_keys(importer, file),
        key=[importer.database_column(name) for name in importer.spec.key],
        constants=importer.constants,
        fill=importer.fill,
        period=importer.newest if importer.newest in importer.spec.key else "",
    )


def date_texts(values: pd.Series, layout: str) -> pd.Series:
    """Dates as text, each distinct one written once; None where there is none."""
    positions, distinct = pd.factorize(values)
    texts = np.array([*pd.DatetimeIndex(distinct).strftime(layout), None], dtype=object)
    return pd.Series(texts[positions], index=values.index, dtype=object)


def row_keys(importer: Importer, file: CheckedFile) -> pd.Series:
    """What names each row to people: the words of its key, as `2020-05 RS0003 BK-R50B-44`."""
    joined = pd.Series("", index=file.data.index, dtype=object)
    for name in importer.spec.key:
        kind, values = importer.spec.column(name).kind, file.data[name]
        joined += " " + (date_texts(values, "%Y-%m" if kind is Kind.MONTH else "%Y-%m-%d") if kind in DATES else values)
    return joined.str.strip()
