"""Supply's own commitment: what was planned to be received a month before, against what was received."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pandas as pd
from django.db.models import Max, Sum
from django.db.models.functions import Coalesce

from cycles.periods import add_months, months_between
from kpis.measures.catalogue import CATALOGUE
from kpis.measures.supply import plan_attainment, plan_performance
from masterdata.models import ImportRun, RowChange
from masterdata.selectors import company
from supply.models import Receipt, SupplyAnswer

MONTHS: Final = 12
TOLERANCE: Final = 0.1
NAMES: Final = ("plan_attainment", "plan_performance")


def kept_frame(last: date, months: int = MONTHS) -> pd.DataFrame:
    """One row per month and product that was planned or received: plan, actual, family.

    The plan of a month is the one made in the cycle of the month before; months without such a plan are left out.
    """
    first = add_months(last, 1 - months)
    answers = SupplyAnswer.objects.filter(cycle__month__gte=add_months(first, -1), cycle__month__lt=last)
    rows = answers.values_list("cycle__month", "product_id", "product__family__name", "supply")
    planned = {(add_months(month, 1), product): supply[1] for month, product, _, supply in rows if len(supply) > 1}
    received = Receipt.objects.filter(month__gte=first, month__lte=last).values_list(
        "month",
        Coalesce("product__plan_as", "product"),
        Coalesce("product__plan_as__family__name", "product__family__name"),
    )
    totals, known = list(received.annotate(Sum("qty"))), {month for month, _ in planned}
    actual = {(month, product): qty for month, product, _, qty in totals if month in known}
    keys = sorted({*planned, *actual})
    family = {row[1]: row[2] for row in (*rows, *totals)}
    return pd.DataFrame(
        [(month, p, family[p], planned.get((month, p), 0.0), actual.get((month, p), 0.0)) for month, p in keys],
        columns=["month", "product", "family", "plan", "actual"],
    )


@dataclass(frozen=True)
class Kept:
    """Attainment over products and adherence over family-months; None = n/a."""

    name: str
    plan: float
    actual: float
    attainment: float | None
    adherence: float | None

    @property
    def difference(self) -> float:
        return self.actual - self.plan


def kept(name: str, frame: pd.DataFrame) -> Kept:
    by_family = frame.groupby(["month", "family"])[["plan", "actual"]].sum()
    attained = plan_attainment(frame["actual"], frame["plan"])
    near = plan_performance(by_family["actual"], by_family["plan"], TOLERANCE)
    return Kept(
        name,
        float(frame["plan"].sum()),
        float(frame["actual"].sum()),
        attained.value if attained.is_known else None,
        near.value if near.is_known else None,
    )


def kept_page(at: datetime) -> dict[str, Any]:
    """Everything the page shows: the year, every month, every family, worst first."""
    last = company().last_closed_month
    frame = kept_frame(last) if last is not None else pd.DataFrame()
    page: dict[str, Any] = {
        "measures": [CATALOGUE[name] for name in NAMES],
        "tolerance": TOLERANCE,
        "last": last,
        "received": _received(at),
    }
    if frame.empty:
        return page | {"total": None}
    months = [(month, kept(f"{month:%b %Y}", rows)) for month, rows in frame.groupby("month")]
    families = [kept(str(name), rows) for name, rows in frame.groupby("family")]
    total = kept("All families", frame)
    return page | {
        "total": total,
        "months": [row for _, row in months],
        "families": sorted(families, key=lambda row: (row.attainment is None, row.attainment or 0.0, row.name)),
        "chart": _chart([month for month, _ in months], [row for _, row in months], total),
    }


def _received(at: datetime) -> dict[str, Any]:
    """How old the receipts are: their newest month, and when and by whom they came in."""
    newest = Receipt.objects.aggregate(month=Max("month"))["month"]
    run = RowChange.objects.filter(table=Receipt._meta.db_table, run__isnull=False).order_by("-pk").first()
    came = ImportRun.objects.filter(pk=run.run_id).select_related("by__user").first() if run and run.run_id else None
    return {
        "month": newest,
        "months_old": None if newest is None else months_between(newest, at.date().replace(day=1)) - 1,
        "at": came.at if came else None,
        "by": came.by.name if came and came.by else "",
    }


def _chart(months: list[date], rows: list[Kept], total: Kept) -> dict[str, Any]:
    said = "n/a" if total.attainment is None else f"{total.attainment:.0%}"
    more = total.difference
    beside = f"; {abs(more):,.0f} units {'more' if more > 0 else 'less'} came in in all" if abs(more) >= 0.5 else ""
    return {
        "months": months,
        "values": [row.actual for row in rows],
        "plan": [row.plan for row in rows],
        "message": f"{said} of what was planned a month before came in as planned{beside}.",
        "who": company().name,
        "measure": "Received against planned",
        "unit": "units",
        "when": f"{months[0]:%b %Y} to {months[-1]:%b %Y}",
        "width": 1180,
        "good": "up",
    }
