"""What an app says about a file it takes in, and the checks that need more than one row or file.

`Known` holds, for every kind of code (product, customer, person …), what will stand in the database after the
import: the rows that are there, overlaid by the rows of the files at hand.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from masterdata import cells
from masterdata.frames import CheckedFile, FileSpec, RowError, is_filled

HINTED = 50  # unknown codes of a column that get a suggestion; comparing is slow


@dataclass(frozen=True)
class Known:
    """`tables[kind]`: frame indexed by code with its self-references and attributes.

    files[kind]: the file a code of that kind stands in. unsure: kinds whose file could not be read to its end.
    """

    tables: Mapping[str, pd.DataFrame]
    files: Mapping[str, str] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()

    def attribute(self, kind: str, column: str, codes: pd.Series) -> pd.Series:
        """An attribute of each code, '' where the code is unknown."""
        return codes.map(self.tables[kind][column]).fillna("")


Check = Callable[[CheckedFile, Known], list[RowError]]
Clean = Callable[[pd.DataFrame], pd.DataFrame]


@dataclass(frozen=True)
class Importer:
    """How one file of the contract becomes rows of one table.

    renamed: contract column -> database column where they differ (a reference gets `_id` by itself).
    defines: the kind of code this file brings; relation: where its codes stand when not in `table` itself.
    constants: columns of a new row that no file fills. newest: the column that tells how new the data is.
    fill: SQL run on the staged rows before they are compared. store: the name of a storing of its own.
    """

    spec: FileSpec
    table: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    defines: str = ""
    relation: str = ""
    attributes: tuple[str, ...] = ()
    constants: Mapping[str, Any] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    clean: Clean | None = None
    newest: str = ""
    fill: tuple[str, ...] = ()
    store: str = ""

    @property
    def self_references(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.spec.columns if self.defines and c.reference == self.defines)

    def database_column(self, name: str) -> str:
        suffix = "_id" if self.spec.column(name).reference else ""
        return self.renamed.get(name, name) + suffix


def overlaid(existing: pd.DataFrame, importer: Importer, checked: CheckedFile | None) -> pd.DataFrame:
    """The known rows of a kind after the import: `existing` (indexed by code), replaced by the file's rows."""
    if checked is None:
        return existing
    code = importer.spec.key[0]
    rows = checked.data[[code, *importer.self_references, *importer.attributes]]
    rows = rows[is_filled(rows[code])].drop_duplicates(code).set_index(code)
    return pd.concat([existing[~existing.index.isin(rows.index)], rows])


def check_references(checked: CheckedFile, known: Known) -> list[RowError]:
    """Every code of a referring column must exist, in the database or in a file at hand."""
    errors: list[RowError] = []
    for column in checked.spec.columns:
        kind = column.reference
        if not kind or kind in known.unsure:
            continue
        values = checked.data[column.name]
        bad = is_filled(values) & ~values.isin(known.tables[kind].index).to_numpy()
        if bad.any():
            messages = _unknown_messages(values[bad], kind, known)
            errors += checked.row_errors(bad, column.name, messages.__getitem__)
    return errors


def _unknown_messages(values: pd.Series, kind: str, known: Known) -> dict[str, str]:
    codes, stands_in = known.tables[kind].index.tolist(), known.files[kind]
    return {
        code: f"{cells.shown(code)} is an unknown {kind}. It must stand in {stands_in}.csv or be loaded already."
        + (cells.hint(code, codes) if number < HINTED else "")
        for number, code in enumerate(values.unique())
    }


def no_circles(kind: str, *columns: str) -> Check:
    """A check that following one of the columns from row to row never comes back to where it began."""

    def check(checked: CheckedFile, known: Known) -> list[RowError]:
        errors: list[RowError] = []
        codes = checked.data[checked.spec.key[0]]
        for column in columns:
            above = known.tables[kind][column].to_dict()
            circles = {code: _circle(code, above) for code in codes.unique()}
            bad = codes.map(lambda code, found=circles: bool(found[code])).to_numpy(dtype=bool) & checked.good
            messages = [f"{' → '.join(circles[code])} is a circle. Break it in {column}." for code in codes[bad]]
            errors += [
                RowError(checked.name, int(line), column, str(value), message)
                for line, value, message in zip(checked.lines[bad], checked.data[column][bad], messages, strict=True)
            ]
        return errors

    return check


def _circle(start: str, above: Mapping[str, str]) -> list[str]:
    """The codes from `start` back to itself; [] when it is on no circle."""
    path, seen, code = [start], {start}, above.get(start, "")
    while code and code not in seen:
        path.append(code)
        seen.add(code)
        code = above.get(code, "")
    return [*path, start] if code == start else []


def planned_directly(kind: str) -> Check:
    """A check that `plan_as` names something planned under its own code, not a detail of a third."""

    def check(checked: CheckedFile, known: Known) -> list[RowError]:
        targets = checked.data["plan_as"]
        further = known.attribute(kind, "plan_as", targets)
        bad = is_filled(targets) & (further != "").to_numpy() & checked.good
        return checked.row_errors(
            bad,
            "plan_as",
            lambda code: f"{code} is itself planned as {known.tables[kind]['plan_as'][code]}. Name that one.",
        )

    return check


def planning_code(column: str, kind: str) -> Check:
    """A check that a column holds planning codes (those whose `plan_as` is empty)."""

    def check(checked: CheckedFile, known: Known) -> list[RowError]:
        codes = checked.data[column]
        bad = (known.attribute(kind, "plan_as", codes) != "").to_numpy() & checked.good
        return checked.row_errors(
            bad, column, lambda code: f"{code} is planned as {known.tables[kind]['plan_as'][code]}. Use that code here."
        )

    return check


def ordered(first: str, last: str) -> Check:
    """A check that of two filled dates the second does not lie before the first."""

    def check(checked: CheckedFile, known: Known) -> list[RowError]:
        bad = (checked.data[last] < checked.data[first]).to_numpy() & checked.good
        return checked.row_errors(bad, last, lambda day: f"{last} lies before {first} of the same row.")

    return check


def rows_where(column: str, message: str, wrong: Callable[[pd.DataFrame], Iterable[bool]]) -> Check:
    """A check of one row's columns against each other: `wrong(data)` is the mask of faulty rows."""

    def check(checked: CheckedFile, known: Known) -> list[RowError]:
        bad = np.asarray(wrong(checked.data), dtype=bool) & checked.good
        return checked.row_errors(bad, column, lambda value: message)

    return check


def own_code_is_empty(*columns: str) -> Clean:
    """A clean-up: a row that names itself in one of the columns means the same as an empty cell."""

    def clean(data: pd.DataFrame) -> pd.DataFrame:
        return data.assign(**{column: data[column].where(data[column] != data["code"], "") for column in columns})

    return clean
