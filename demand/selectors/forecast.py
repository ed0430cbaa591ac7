"""A cycle's numbers at any stage, rolled up to any level, in long form: one row per key and month."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from django.db import models

from cycles.models import Cycle
from cycles.periods import month_range
from demand.forecast_table import ForecastTable, grouped, rolled_up
from demand.matrices import Matrix
from demand.models import ForecastVersion, Stage
from demand.selectors.lines import lines_grouped
from demand.selectors.versions import stage_plan, version_current
from jobs.errors import Invalid, Refused
from masterdata.models import Person
from masterdata.roles import COST_ROLES


class Level(models.TextChoices):
    LINE = "line", "Line"
    PRODUCT = "product", "Product"
    FAMILY = "family", "Family"
    CUSTOMER = "customer", "Customer"
    REGION = "region", "Region"
    REP = "rep", "Rep"
    COMPANY = "company", "Company"


class Measure(models.TextChoices):
    QUANTITY = "quantity", "Quantity"
    REVENUE = "revenue", "Revenue"
    MARGIN = "margin", "Margin"


KEYS: Mapping[str, tuple[str, ...]] = {
    Level.LINE: ("customer", "product"),
    Level.PRODUCT: ("product",),
    Level.FAMILY: ("family",),
    Level.CUSTOMER: ("customer",),
    Level.REGION: ("region",),
    Level.REP: ("rep",),
    Level.COMPANY: (),
}
FILTERS = ("product", "family", "customer", "region", "rep")
MARGIN_OPEN = (Level.FAMILY, Level.COMPANY)


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to read; filters are codes per column, empty = all."""

    cycle: Cycle
    stage: Stage = Stage.COMPANY_FORECAST
    level: Level = Level.PRODUCT
    measure: Measure = Measure.QUANTITY
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    month_from: date | None = None
    month_to: date | None = None


def check_margin(person: Person, wanted: Wanted) -> None:
    """Margin below family level, or of a part of a family, is for those who may see unit cost."""
    narrow = any(wanted.filters.get(key) for key in FILTERS if key != "family")
    below = wanted.level not in MARGIN_OPEN or narrow
    if wanted.measure == Measure.MARGIN and below and person.role not in COST_ROLES:
        raise Refused(
            "margin_private",
            "Margin is open for the company and whole families. Ask for level=family or level=company "
            "without other filters.",
            status=403,
        )


def forecast_version(wanted: Wanted) -> ForecastVersion | None:
    """The finished version behind the numbers; None while the stage is live."""
    version = version_current(wanted.cycle, wanted.stage)
    if version is None and wanted.stage in (Stage.COMPANY_FORECAST, Stage.SUPPLY_PLAN):
        raise Refused(
            "not_published" if wanted.stage == Stage.COMPANY_FORECAST else "no_version",
            f"The cycle {wanted.cycle.code} has no {Stage(wanted.stage).label.lower()} yet.",
            status=404,
        )
    return version


def forecast_long(wanted: Wanted) -> pd.DataFrame:
    """Columns: the level's keys, month (date), and the measure; sorted by keys, then month. See `forecast_table`."""
    return forecast_table(wanted).long()


def forecast_table(wanted: Wanted) -> ForecastTable:
    """What is wanted by key and month; an unknown code in a filter is refused, each named.

    Quantity in the product's unit (mixed units are simply added above product level), revenue and margin in
    company currency = quantity x price (- quantity x unit cost).
    """
    plan = stage_plan(wanted.cycle, wanted.stage)
    frame, groups = lines_grouped(wanted.cycle, KEYS[wanted.level])
    if not np.array_equal(frame.index, plan.lines):
        frame = frame.reindex(plan.lines)
        groups = grouped(frame, KEYS[wanted.level])
    keep = _kept(frame, wanted.filters)
    months = month_range(plan.start, plan.months)
    columns = months_chosen(months, wanted)
    keys, totals = rolled_up(measured(plan.quantity, frame, wanted.measure), groups, keep)
    return ForecastTable(keys, [months[i] for i in columns], totals[:, columns], str(wanted.measure))


def measured(quantity: Matrix, frame: pd.DataFrame, measure: Measure) -> Matrix:
    """(lines, months) the measure of these quantities; `frame` has price and unit_cost of the same lines."""
    if measure == Measure.QUANTITY:
        return quantity
    worth = frame["price"].to_numpy(dtype=float)
    if measure == Measure.MARGIN:
        worth = worth - frame["unit_cost"].to_numpy(dtype=float)
    return quantity * worth[:, None]


def _kept(frame: pd.DataFrame, filters: Mapping[str, Sequence[str]]) -> np.ndarray:
    check_codes(filters, {column: set(frame[column].unique()) for column in filters})
    keep = np.ones(len(frame), dtype=bool)
    for column, codes in filters.items():
        if codes:
            keep &= frame[column].isin(list(codes)).to_numpy()
    return keep


def check_codes(filters: Mapping[str, Sequence[str]], known: Mapping[str, Collection[str]]) -> None:
    """Refuse codes that nothing has, each named; `known` are those that something has, by filter."""
    errors: list[dict[str, object]] = [
        {"parameter": column, "value": code}
        for column, codes in filters.items()
        for code in codes
        if code not in known[column]
    ]
    if errors:
        raise Invalid(f"Unknown {errors[0]['parameter']}: {errors[0]['value']!r}.", errors=errors)


def months_chosen(months: list[date], wanted: Wanted) -> list[int]:
    """The positions of the months from `month_from` to `month_to`."""
    first, last = wanted.month_from or months[0], wanted.month_to or months[-1]
    if first > last:
        raise Invalid(f"month_from ({first:%Y-%m}) lies after month_to ({last:%Y-%m}).")
    return [i for i, month in enumerate(months) if first <= month <= last]
