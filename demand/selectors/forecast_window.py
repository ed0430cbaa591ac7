"""Some rows of a finished forecast by line, read without the others: what a page of a large company's pull needs.

`demand.selectors.forecast` reads and keeps everything, which a process that answers its first request has not done yet.
"""

from collections.abc import Sequence

import pandas as pd
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Collate

from cycles.periods import month_range
from demand.forecast_table import ForecastTable
from demand.models import CycleLine, ForecastLine, ForecastVersion
from demand.selectors.forecast import KEYS, Level, Wanted, check_codes, measured, months_chosen
from demand.selectors.stored import version_plan

WHERE = {
    "product": "line__product__code",
    "family": "family__code",
    "customer": "line__customer__code",
    "region": "region__code",
    "rep": "owner__user__username",
}


def is_windowed(wanted: Wanted) -> bool:
    """Whether `forecast_window` answers this, of a finished version: by line, and no filter asks for an empty code."""
    return wanted.level == Level.LINE and not any("" in codes for codes in wanted.filters.values())


def forecast_window(wanted: Wanted, version: ForecastVersion, first: int, last: int) -> tuple[pd.DataFrame, int]:
    """Rows `first` to `last` (not included) of `forecast_long`, and how many rows it has; the same refusals."""
    months = month_range(version.start, version.months)
    columns = months_chosen(months, wanted)
    lines, count = _lines(wanted, version)
    width = max(len(columns), 1)
    start, end = min(first // width, count), min(-(-last // width), count)
    names = ("line_id", *(WHERE[key] for key in KEYS[Level.LINE]), "price", "unit_cost")
    frame = pd.DataFrame.from_records(
        lines.values_list(*names)[start:end], columns=["line", *KEYS[Level.LINE], "price", "unit_cost"]
    )
    chosen = frame.sort_values("line").set_index("line")
    plan = version_plan(version, chosen.index.to_numpy(dtype="int64"))
    at = plan.lines.searchsorted(frame["line"].to_numpy(dtype="int64"))
    values = measured(plan, chosen, wanted.measure)[at][:, columns]
    keys = frame[list(KEYS[Level.LINE])].astype(object)
    table = ForecastTable(keys, [months[i] for i in columns], values, str(wanted.measure))
    return table.slice(first - start * width, last - start * width), count * len(columns)


def _lines(wanted: Wanted, version: ForecastVersion) -> tuple[QuerySet[CycleLine], int]:
    """The version's lines that are wanted, as a sorted text is ordered, not as the database would, and their number."""
    lines = CycleLine.objects.filter(cycle=wanted.cycle)
    stored = ForecastLine.objects.filter(version=version)
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
