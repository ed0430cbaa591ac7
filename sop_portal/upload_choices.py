"""What the page of an upload offers to choose about how each of its files is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from masterdata.frames import TYPED, FileSpec
from masterdata.layouts import (
    DECIMALS,
    ENCODINGS,
    MONTH_MARK,
    ORDERS,
    SEPARATORS,
    Layout,
    month_file,
    month_title,
    value_columns,
)
from sop_portal.imports import SPECS

LIST = "list"
Choices = list[tuple[str, str]]


@dataclass(frozen=True)
class TitleChoice:
    """A column of a file: its title, its first values, what it is taken for and what it may be."""

    title: str
    values: str
    name: str
    choices: Choices


@dataclass(frozen=True)
class Setting:
    """Something about a whole file that may be chosen."""

    name: str
    label: str
    value: str
    choices: Choices


@dataclass(frozen=True)
class FileChoice:
    """One file of an upload as its page shows it."""

    number: int
    name: str
    layout: Layout
    settings: list[Setting]
    columns: list[TitleChoice]

    @property
    def summary(self) -> str:
        """`bookings, Windows-1252, semicolon, decimals with a comma`."""
        chosen = [dict(each.choices).get(each.value, "not told") for each in self.settings]
        return " · ".join(chosen)

    @property
    def left_out(self) -> list[str]:
        return self.layout.left_out


def file_choices(found: Mapping[str, Any]) -> list[FileChoice]:
    return [
        _choice(number, name, Layout.from_dict(each["layout"]), each["head"], each["sheets"])
        for number, (name, each) in enumerate(zip(found["names"], found["layouts"], strict=True))
    ]


def _choice(number: int, name: str, layout: Layout, head: Sequence[Sequence[str]], sheets: Sequence[str]) -> FileChoice:
    spec = next((spec for spec in SPECS if spec.name == layout.file), None)
    is_workbook = name.lower().endswith(".xlsx")
    columns = [_title(layout, spec, at, head) for at in range(len(layout.titles))] if spec else []
    return FileChoice(number, name, layout, _settings(layout, spec, sheets, is_workbook), columns)


def _settings(layout: Layout, spec: FileSpec | None, sheets: Sequence[str], is_workbook: bool) -> list[Setting]:
    files = [("", "choose")] if spec is None else []
    settings = [Setting("file", "What stands in it", layout.file, files + [(each.name, each.name) for each in SPECS])]
    if is_workbook:
        settings += [Setting("sheet", "Sheet", layout.sheet, [(each, each) for each in sheets])] if sheets else []
    else:
        settings.append(Setting("encoding", "Encoding", layout.encoding, list(ENCODINGS.items())))
        settings.append(Setting("separator", "Separator", layout.separator, list(SEPARATORS.items())))
    if spec is None:
        return settings
    settings.append(Setting("decimal", "Decimals with", layout.decimal, list(DECIMALS.items())))
    settings.append(Setting("dates", "Dates", layout.dates, list(ORDERS.items())))
    if layout.fills or (month_file(spec) and sum(bool(month_title(title)) for title in layout.titles) > 1):
        wide = [(name, f"a column per month, filled with {name}") for name in value_columns(spec)]
        settings.append(Setting("fills", "Months", layout.fills or LIST, [*wide, (LIST, "one row per month")]))
    return settings


def _title(layout: Layout, spec: FileSpec, at: int, head: Sequence[Sequence[str]]) -> TitleChoice:
    name = layout.columns[at]
    values = [row[at].removeprefix(TYPED) for row in head if at < len(row) and row[at]]
    choices = [("", "not read"), *((column.name, column.name) for column in spec.columns)]
    if name.startswith(MONTH_MARK):
        choices.append((name, f"{layout.fills} of {name.removeprefix(MONTH_MARK)}"))
    return TitleChoice(layout.titles[at] or f"column {at + 1}", ", ".join(values)[:60], name, choices)
