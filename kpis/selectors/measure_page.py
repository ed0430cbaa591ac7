"""One measure taken apart: its trend and target, its families or regions, and the lines behind each."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

import pandas as pd
from django.urls import reverse

from cycles.periods import add_months, month_range
from jobs.errors import Invalid, Refused
from kpis.measures.catalogue import CATALOGUE
from kpis.measures.words import Family, Good, Measure
from kpis.models import Snapshot
from kpis.policy import sets_targets
from kpis.selectors.alarms import part_names
from kpis.selectors.measure_lines import lines_kind, measure_lines
from kpis.selectors.month_parts import FAMILY, REGION
from kpis.selectors.shown import Shown, is_invented, shown_of
from kpis.selectors.targets import target_history, targets_in
from masterdata.models import Person
from masterdata.selectors import company, people

MONTHS: Final = 25
LEVELS: Final = {FAMILY: "Families", REGION: "Regions"}
COMPANY: Final = "company"


@dataclass(frozen=True)
class PartRow:
    """One family or region with its measure; `lines` leads to what stands behind it, where there is something."""

    key: str
    name: str
    shown: Shown
    lines: str


def measure_of(code: str) -> Measure:
    """A measure of the dashboard by its code."""
    measure = CATALOGUE.get(code)
    if measure is None or measure.family is None:
        raise Refused("unknown_measure", f"There is no measure {code[:40]!r} on the dashboard.", status=404)
    return measure


def measured_months(code: str) -> list[date]:
    """The months for which the company's value is stored, newest first."""
    rows = Snapshot.objects.filter(measure=code, level=COMPANY)
    return list(rows.order_by("-month").values_list("month", flat=True))


def month_chosen(known: list[date], asked: date | None) -> date | None:
    """The month asked for, else the newest one known; Invalid when it was not measured."""
    if asked is None:
        return known[0] if known else None
    if asked not in known:
        raise Invalid(f"{asked:%B %Y} was not measured. Choose another month.")
    return asked


def measure_page(measure: Measure, *, asked: date | None, by: str, person: Person) -> dict[str, Any]:
    """Everything the page shows, in a fixed number of queries."""
    known = measured_months(measure.code)
    month, settings = month_chosen(known, asked), company()
    page: dict[str, Any] = {"measure": measure, "month": month, "months": known, "currency": settings.currency}
    if month is None:
        return page
    months = month_range(add_months(month, 1 - MONTHS), MONTHS)
    table = _table(measure.code, months)
    simulated = settings.is_demonstration and is_invented(measure)
    targets = targets_in(month)
    whole = table[table["level"] == COMPANY]
    shown = shown_of(measure, whole, months, simulated=simulated, target=targets.get((measure.code, COMPANY, "")))
    levels = [level for level in LEVELS if (table["level"] == level).any()]
    level = by if by in levels else (levels[0] if levels else "")
    return page | {
        "shown": shown,
        "taken_at": whole.loc[whole["month"] == month, "taken_at"].iloc[0],
        "chart": _chart(shown, whole, months),
        "levels": [(one, LEVELS[one], one == level) for one in levels],
        "level": level,
        "parts": _parts(measure, table[table["level"] == level], months, targets, simulated) if level else [],
        "lines": lines_address(measure, month, COMPANY, "") if lines_kind(measure.code) else "",
        "can_set": sets_targets(person) and measure.good is not Good.NONE,
        "people": people() if sets_targets(person) else [],
        "history": target_history(measure.code, COMPANY, ""),
    }


def _table(code: str, months: list[date]) -> pd.DataFrame:
    columns = ["level", "key", "month", "value", "n", "taken_at"]
    rows = Snapshot.objects.filter(measure=code, month__gte=months[0], month__lte=months[-1])
    return pd.DataFrame.from_records(rows.order_by("month").values_list(*columns), columns=columns)


def _parts(
    measure: Measure, table: pd.DataFrame, months: list[date], targets: dict[Any, Any], simulated: bool
) -> list[PartRow]:
    """Those that have a value this month, the worst first where a side is better, else the largest."""
    names, found = part_names(), []
    for (level, key), rows in table.groupby(["level", "key"], sort=True):
        target = targets.get((measure.code, level, key))
        shown = shown_of(measure, rows, months, simulated=simulated, target=target)
        if shown.value is not None:
            address = lines_address(measure, months[-1], level, key) if _has_lines(measure, level) else ""
            found.append(PartRow(key, names.get((level, key), key), shown, address))
    return sorted(found, key=lambda row: (_worst(row.shown), row.name))


def _worst(shown: Shown) -> float:
    """Shares and days: the bad end first; amounts: the largest first."""
    value = shown.value or 0.0
    is_share = shown.measure.family in (Family.SERVICE, Family.QUALITY) or shown.measure.unit == "%"
    return value if is_share and shown.measure.good is Good.UP else -value


def _has_lines(measure: Measure, level: str) -> bool:
    kind = lines_kind(measure.code)
    return bool(kind) and not (kind == "stock" and level == REGION)


def lines_address(measure: Measure, month: date, level: str, key: str) -> str:
    """The address of the lines behind a measure of a month, of one part or of the whole company."""
    chosen = {"month": f"{month:%Y-%m}"} | ({level: key} if key else {})
    return f"{reverse('kpis:measure-lines', args=[measure.code])}?{urlencode(chosen)}"


def _chart(shown: Shown, rows: pd.DataFrame, months: list[date]) -> dict[str, Any]:
    """Two years of the company's value against the target."""
    scale = 100.0 if shown.measure.unit == "%" else 1.0
    known = {m: v * scale for m, v in zip(rows["month"], rows["value"], strict=True) if pd.notna(v)}
    values = [known.get(month) for month in months]
    first = next((i for i, value in enumerate(values) if value is not None), 0)
    return {"months": months[first:], "values": values[first:], "target": shown.target, "decimals": shown.decimals}


def lines_page(measure: Measure, *, asked: date | None, part: tuple[str, str], start: str = "") -> dict[str, Any]:
    """The lines behind one measure of a month and part, from the row `start` on."""
    month, (level, key) = month_chosen(measured_months(measure.code), asked), part
    names = part_names()
    if (level, key) not in names:
        raise Refused("unknown_part", f"There is no {level} {key[:40]!r}.", status=404)
    first = int(start) if start.isascii() and start.isdigit() and len(start) < 9 else 0
    lines = measure_lines(measure.code, month, level, key, first) if month else None
    here = lines_address(measure, month, level, key) if month else ""
    return {
        "measure": measure,
        "month": month,
        "name": "" if level == COMPANY else names[level, key],
        "lines": lines,
        "here": here,
        "back": f"{reverse('kpis:measure', args=[measure.code])}?{urlencode(_back(month, level))}",
        "currency": company().currency,
    }


def _back(month: date | None, level: str) -> dict[str, str]:
    return ({"month": f"{month:%Y-%m}"} if month else {}) | ({"by": level} if level != COMPANY else {})
