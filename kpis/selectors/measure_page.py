"""One measure taken apart: its trend and target, its parts, and the lines behind each."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

import pandas as pd
from django.urls import reverse

from cycles.periods import add_months, month_range
from demand.models import Stage
from jobs.errors import Invalid, Refused
from kpis.cuts import FAMILY, GROUP, LEVELS, OF_CUSTOMERS, POOLED, REGION, REP, WHERE, why_not
from kpis.measures.catalogue import CATALOGUE
from kpis.measures.words import Good, Measure, Subject
from kpis.policy import sets_targets
from kpis.selectors.forecast_measures import MOST_LAGS, Seen, seen_read, stages_of
from kpis.selectors.measure_lines import lines_kind, measure_lines
from kpis.selectors.measure_source import MOST, low_is_first, source_of
from kpis.selectors.parts import COMPANY, is_private, part_names
from kpis.selectors.shown import Shown, shown_of
from kpis.selectors.targets import Targets, target_history, targets_in
from masterdata.models import Person
from masterdata.selectors import company, people

MONTHS: Final = 25
SIDE_BY_SIDE: Final = (FAMILY, GROUP, REGION)
MOST_PANELS: Final = 6
SINGULAR: Final = {"family": "Family", "group": "Group", "region": "Region", "customer": "Customer", "rep": "Rep"}


@dataclass(frozen=True)
class Asked:
    """What an address asks for: a month (None = the newest), a level, and for a forecast a stage and a lag."""

    month: date | None = None
    by: str = ""
    stage: str = ""
    lag: str = ""


@dataclass(frozen=True)
class PartRow:
    """One part with its measure; `lines` leads to what stands behind it, where there is something."""

    key: str
    name: str
    shown: Shown
    lines: str


@dataclass(frozen=True)
class Cut:
    """A level a measure may be taken apart by: chosen, offered, or not with the reason."""

    level: str
    label: str
    chosen: bool
    refused: str


def measure_of(code: str) -> Measure:
    """A measure by its code."""
    measure = CATALOGUE.get(code)
    if measure is None:
        raise Refused("unknown_measure", f"There is no measure {code[:40]!r}.", status=404)
    return measure


def month_chosen(known: list[date], asked: date | None) -> date | None:
    """The month asked for, else the newest one known; Invalid when it was not measured."""
    if asked is None:
        return known[0] if known else None
    if asked not in known:
        raise Invalid(f"{asked:%B %Y} was not measured. Choose another month.")
    return asked


def measure_page(measure: Measure, asked: Asked, person: Person, *, at: datetime) -> dict[str, Any]:
    """Everything the page shows, in a fixed number of queries."""
    settings, is_forecast = company(), measure.code in POOLED
    seen = seen_read(asked.stage, asked.lag, measure.code) if is_forecast else Seen(Stage.COMPANY_FORECAST, None)
    cuts = cuts_of(measure.code, asked.by, person)
    level = next((cut.level for cut in cuts if cut.chosen), "")
    source = source_of(measure, seen, level, settings, at)
    month = month_chosen(source.known, asked.month)
    page: dict[str, Any] = {"measure": measure, "month": month, "months": source.known, "currency": settings.currency}
    page |= {"cuts": cuts, "level": level, "elsewhere": WHERE.get(measure.code, "")}
    page |= _seen_choices(seen, measure.code) if is_forecast else {}
    if month is None:
        return page
    months = month_range(add_months(month, 1 - MONTHS), MONTHS)
    whole, targets = source.table(COMPANY, months), targets_in(month)
    target = targets.get((measure.code, COMPANY, ""))
    shown = shown_of(measure, whole, months, simulated=source.simulated, target=target)
    names = part_names(level) if level else {}
    rows = source.table(level, months) if level else whole.iloc[:0]
    may_set = sets_targets(person) and measure.good is not Good.NONE and measure.family is not None
    parts = _parts(measure, rows, months, targets, names, source.simulated)
    return page | {
        "shown": shown,
        "taken_at": source.taken_at(month),
        "chart": _chart(shown, whole, months),
        "column": SINGULAR.get(level, ""),
        "parts": parts,
        "multiples": _multiples(level, parts, months),
        "cut_at": MOST if len(parts) == MOST else 0,
        "lines": lines_address(measure, month, COMPANY, "") if lines_kind(measure.code) else "",
        "can_set": may_set,
        "targeted": [] if level == REP else parts,
        "people": people() if may_set else [],
        "history": target_history(measure.code, COMPANY, ""),
    }


def cuts_of(code: str, by: str, person: Person) -> list[Cut]:
    """Every level with whether this person is told the measure by it; the one asked for, else the first, is chosen."""
    refused = {level: why_not(code, level) or _kept(code, level, person) for level in LEVELS}
    offered = [level for level, reason in refused.items() if not reason]
    chosen = by if by in offered else next(iter(offered), "")
    return [Cut(level, label, level == chosen, refused[level]) for level, label in LEVELS.items()]


def _kept(code: str, level: str, person: Person) -> str:
    if is_private(code, level, person):
        return f"Cost and margin of a {level} are for finance, executives, planners and the S&OP leader."
    return ""


def _seen_choices(seen: Seen, code: str) -> dict[str, Any]:
    lags = [("all", "0 to 3 together", seen.lag is None)]
    lags += [(str(lag), str(lag), lag == seen.lag) for lag in range(MOST_LAGS)]
    stages = [(stage, Stage(stage).label, stage == seen.stage) for stage in stages_of(code)]
    return {"seen": seen, "stages": stages, "lags": lags}


def _parts(
    measure: Measure, table: pd.DataFrame, months: list[date], targets: Targets, names: Any, simulated: bool
) -> list[PartRow]:
    """Those that have a value this month, the worst first where a side is better, else the largest; reps by name."""
    found = []
    for (level, key), rows in table.groupby(["level", "key"], sort=True):
        target = targets.get((measure.code, level, key))
        shown = shown_of(measure, rows, months, simulated=simulated, target=target)
        if shown.value is not None:
            address = lines_address(measure, months[-1], level, key) if _has_lines(measure, level) else ""
            found.append(PartRow(key, names.get((level, key), key), shown, address))
    if (table["level"] == REP).any():
        return sorted(found, key=lambda row: row.name)
    sign = 1 if low_is_first(measure) else -1
    return sorted(found, key=lambda row: (sign * _size(row.shown), row.name))


def _size(shown: Shown) -> float:
    value = shown.value or 0.0
    return abs(value) if shown.measure.good is Good.ZERO else value


def _has_lines(measure: Measure, level: str) -> bool:
    kind = lines_kind(measure.code)
    return bool(kind) and not (kind == "stock" and level in OF_CUSTOMERS)


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


def _multiples(level: str, parts: list[PartRow], months: list[date]) -> dict[str, Any] | None:
    """The first parts over a year on one scale; None where there is nothing to compare. Reps are not set side by side,
    and customers are too many."""
    if level not in SIDE_BY_SIDE or len(parts) < 2:
        return None
    shown = [{"name": part.name, "values": part.shown.trend} for part in parts[:MOST_PANELS]]
    span = months[-len(parts[0].shown.trend) :]
    return {"months": span, "parts": shown, "decimals": parts[0].shown.decimals, "width": 1140}


def lines_page(
    measure: Measure, *, asked: date | None, part: tuple[str, str], at: datetime, start: str = ""
) -> dict[str, Any]:
    """The lines behind one measure of a month and part, from the row `start` on."""
    seen = seen_read("", "", measure.code) if measure.code in POOLED else Seen(Stage.COMPANY_FORECAST, None)
    source = source_of(measure, seen, "", company(), at)
    month, (level, key) = month_chosen(source.known, asked), part
    names = part_names(level) if key else part_names()
    if (level, key) not in names:
        raise Refused("unknown_part", f"There is no {level} {key[:40]!r}.", status=404)
    first = int(start) if start.isascii() and start.isdigit() and len(start) < 9 else 0
    has_lines = measure.subject not in (Subject.PROCESS, Subject.FORECAST)
    lines = measure_lines(measure.code, month, level, key, first) if month and has_lines else None
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
