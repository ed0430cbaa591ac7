"""What is out of bounds now, gathered from what was measured and planned."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlencode

import pandas as pd
from django.db.models import Sum
from django.urls import reverse

from cycles.models import Cycle
from cycles.periods import add_months
from demand.models import Stage
from kpis.alarms import Alarm, Kind, Signal, signal_alarms, told
from kpis.cuts import FAMILY
from kpis.measures.catalogue import CATALOGUE
from kpis.measures.words import Family as MeasureFamily
from kpis.measures.words import Measure
from kpis.models import Snapshot, Target
from kpis.selectors.accuracy import stored_sums
from kpis.selectors.parts import COMPANY, part_names
from kpis.selectors.targets import targets_in
from kpis.targets import shortfall
from masterdata.roles import Role
from masterdata.selectors import people
from supply.models import Gap

SIGNAL_LAG: Final = 1
SIGNAL_YEAR: Final = 12
OF_SERVICE: Final = (MeasureFamily.SERVICE, MeasureFamily.TIME)


@dataclass(frozen=True)
class Alarms:
    """The alarms told, and how many more there are."""

    told: list[Alarm]
    more: int

    @property
    def count(self) -> int:
        return len(self.told) + self.more


def alarms_now(month: date, cycle: Cycle | None) -> Alarms:
    """Missed targets of `month`, families forecast off to one side, months that cannot be made; in few queries."""
    chosen, more = told([*_missed(month), *_signals(month), *_overloads(cycle)])
    return Alarms(chosen, more)


def measure_address(code: str, month: date, level: str = "", key: str = "") -> str:
    """The page of a measure for a month, taken apart at the level of a part."""
    page = reverse("kpis:measure", args=[code])
    chosen = {"month": f"{month:%Y-%m}"} | ({"by": level} if key else {})
    return f"{page}?{urlencode(chosen)}"


def _missed(month: date) -> Iterator[Alarm]:
    targets = targets_in(month)
    if not targets:
        return
    names = part_names(*{level for _, level, _ in targets if level != COMPANY})
    rows = Snapshot.objects.filter(month=month, measure__in={measure for measure, _, _ in targets}, value__isnull=False)
    for row in rows:
        target = targets.get((row.measure, row.level, row.key))
        measure = CATALOGUE[row.measure]
        if target is None or target.value is None or row.value is None:
            continue
        size = shortfall(row.value, target.value, measure.good)
        if size > 0:
            yield _missed_target(measure, row, target, size, names.get((row.level, row.key), row.key))


def _missed_target(measure: Measure, row: Snapshot, target: Target, size: float, part: str) -> Alarm:
    kind = Kind.SERVICE if measure.family in OF_SERVICE else Kind.TARGET
    value, wanted = (figure(measure, number) for number in (row.value, target.value))
    words = f"{measure.name} of {part} was {value} in {row.month:%B %Y}; the target is {wanted}."
    return Alarm(kind, words, target.owner.name, measure_address(measure.code, row.month, row.level, row.key), size)


def figure(measure: Measure, value: float | None) -> str:
    """A measure's value in words, in its unit."""
    if value is None or math.isnan(value):
        return "n/a"
    if measure.unit == "%":
        return f"{value * 100:,.1f} %"
    shown = f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}"
    return shown if measure.unit == "money" else f"{shown} {measure.unit}"


def _signals(month: date) -> Iterator[Alarm]:
    """Families whose company forecast, a month ahead, stayed on one side of what came for a year."""
    first = add_months(month, -SIGNAL_YEAR)
    rows = stored_sums(level=FAMILY, key=None, first=first, stages=[Stage.COMPANY_FORECAST], lags=[SIGNAL_LAG])
    if rows.empty:
        return
    rows = rows[rows["month"] <= month]
    worth = dict(
        Snapshot.objects.filter(measure="revenue", level=FAMILY, month__gt=first, month__lte=month)
        .values_list("key")
        .annotate(Sum("value"))
    )
    signals = {str(code): _signal(own, worth.get(str(code)) or 0.0) for code, own in rows.groupby("key")}
    owner, names = _holders(Role.DEMAND_PLANNER), part_names(FAMILY)
    for code, one in signal_alarms(signals).items():
        side = "too low" if one.signal > 0 else "too high"
        told_signal = f"{one.signal:+.1f}".replace("-", "\u2212")
        words = (
            f"{names.get((FAMILY, code), code)} was forecast {side} by {abs(one.miss):.0%} over {one.months} months"
            f" (tracking signal {told_signal})."
        )
        address = f"{measure_address('tracking_signal', month, FAMILY, code)}&lag={SIGNAL_LAG}"
        yield Alarm(Kind.BIAS, words, owner, address, abs(one.miss) * one.worth)


def _signal(rows: pd.DataFrame, worth: float) -> Signal:
    mean, missed, actual = rows["absolute_error"].mean(), -rows["signed_error"].sum(), rows["actual"].sum()
    return Signal(
        float(missed / mean) if mean > 0 else math.nan,
        len(rows),
        float(missed / actual) if actual > 0 else 0.0,
        float(worth),
    )


def _overloads(cycle: Cycle | None) -> Iterator[Alarm]:
    """Months of a resource that cannot carry the plan and have no answer yet."""
    if cycle is None:
        return
    gaps = Gap.objects.filter(cycle=cycle, state=Gap.State.OPEN).select_related("resource")
    owner = _holders(Role.SUPPLY_PLANNER)
    for gap in gaps:
        words = f"{gap.resource.name} is short of {gap.hours:,.0f} hours in {gap.month:%B %Y}, and no option is chosen."
        yield Alarm(Kind.OVERLOAD, words, owner, reverse("supply:gap", args=[gap.pk]), gap.value)


def _holders(role: Role) -> str:
    return ", ".join(person.name for person in people().filter(role=role)) or role.label
