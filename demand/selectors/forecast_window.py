"""A finished forecast by line, read without keeping it: a page of it, or all of it in blocks of lines.

`demand.selectors.forecast` reads and keeps everything, which costs a large company's process its memory and time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, Final

import pandas as pd
from django.db.models import BinaryField, Exists, F, Func, OuterRef, QuerySet, Subquery
from django.db.models.functions import Collate

from cycles.periods import month_range
from demand.forecast_table import ForecastTable
from demand.models import CycleLine, ForecastLine, ForecastVersion
from demand.selectors.forecast import KEYS, Level, Wanted, check_codes, forecast_table, measured, months_chosen
from demand.selectors.stored import vectors_read

WHERE = {
    "product": "line__product__code",
    "family": "family__code",
    "customer": "line__customer__code",
    "region": "region__code",
    "rep": "owner__user__username",
}
CODES: Final = tuple(WHERE[key] for key in KEYS[Level.LINE])
BLOCK_LINES: Final = 500


def is_windowed(wanted: Wanted) -> bool:
    """Whether `forecast_window` answers this, of a finished version: by line, and no filter asks for an empty code."""
    return wanted.level == Level.LINE and not any("" in codes for codes in wanted.filters.values())


@dataclass(frozen=True)
class Span:
    """The months of a version, and the positions of those that are wanted."""

    months: list[date]
    columns: list[int]


def forecast_window(wanted: Wanted, version: ForecastVersion, first: int, last: int) -> tuple[pd.DataFrame, int]:
    """Rows `first` to `last` (not included) of `forecast_long`, and how many rows it has; the same refusals."""
    span = _span(wanted, version)
    lines, count = _lines(wanted, version)
    width = max(len(span.columns), 1)
    start, end = min(first // width, count), min(-(-last // width), count)
    table = _table(wanted, span, list(_numbered(lines, version)[start:end]))
    return table.slice(first - start * width, last - start * width), count * len(span.columns)


def forecast_in_blocks(wanted: Wanted, version: ForecastVersion | None) -> Iterator[ForecastTable]:
    """All of `forecast_table`, some lines at a time; what is refused is refused before the first one is asked for."""
    if version is not None and is_windowed(wanted):
        return _read_in_blocks(wanted, version)
    return forecast_table(wanted).blocks(BLOCK_LINES)


def _read_in_blocks(wanted: Wanted, version: ForecastVersion) -> Iterator[ForecastTable]:
    span = _span(wanted, version)
    lines, _ = _lines(wanted, version)
    stored = lines.filter(Exists(_stored(version).filter(line=OuterRef("line_id"))))
    rows = _numbered(stored, version).iterator(chunk_size=BLOCK_LINES)
    return _tables(wanted, span, iter(rows))


def _tables(wanted: Wanted, span: Span, rows: Iterator[tuple[Any, ...]]) -> Iterator[ForecastTable]:
    while block := list(islice(rows, BLOCK_LINES)):
        yield _table(wanted, span, block)


def _span(wanted: Wanted, version: ForecastVersion) -> Span:
    months = month_range(version.start, version.months)
    return Span(months, months_chosen(months, wanted))


def _numbered(lines: QuerySet[CycleLine], version: ForecastVersion) -> QuerySet[CycleLine, tuple[Any, ...]]:
    """The lines' codes, price, cost and numbers (`vectors_read`)."""
    numbers = _stored(version).filter(line=OuterRef("line_id"))
    sent = numbers.annotate(sent=Func(F("quantity"), function="array_send", output_field=BinaryField())).values("sent")
    return lines.annotate(sent=Subquery(sent)).values_list(*CODES, "price", "unit_cost", "sent")


def _table(wanted: Wanted, span: Span, rows: list[tuple[Any, ...]]) -> ForecastTable:
    frame = pd.DataFrame.from_records([row[:-1] for row in rows], columns=[*KEYS[Level.LINE], "price", "unit_cost"])
    quantity = vectors_read([row[-1] for row in rows], len(span.months))
    values = measured(quantity, frame, wanted.measure)[:, span.columns]
    keys = frame[list(KEYS[Level.LINE])].astype(object)
    return ForecastTable(keys, [span.months[i] for i in span.columns], values, str(wanted.measure))


def _stored(version: ForecastVersion) -> QuerySet[ForecastLine]:
    return ForecastLine.objects.filter(version=version)


def _lines(wanted: Wanted, version: ForecastVersion) -> tuple[QuerySet[CycleLine], int]:
    """The version's lines that are wanted, as a sorted text is ordered, not as the database would, and their number."""
    lines = CycleLine.objects.filter(cycle=wanted.cycle)
    stored = _stored(version)
    count = stored.count()
    if lines.count() != count:  # some came after the version was made
        lines = lines.filter(Exists(stored.filter(line=OuterRef("line_id"))))
    check_codes(wanted.filters, {name: _known(lines, WHERE[name], codes) for name, codes in wanted.filters.items()})
    asked = {f"{WHERE[name]}__in": list(codes) for name, codes in wanted.filters.items() if codes}
    found = lines.filter(**asked)
    order = [Collate(WHERE[key], "C") for key in KEYS[Level.LINE]]
    return found.order_by(*order), found.count() if asked else count


def _known(lines: QuerySet[CycleLine], name: str, codes: Sequence[str]) -> set[str]:
    return set(lines.filter(**{f"{name}__in": codes}).order_by().values_list(name, flat=True).distinct())
