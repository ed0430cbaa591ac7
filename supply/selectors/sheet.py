"""The family sheet: bookings, shipments, backlog, supply and inventory, closed months and planned ones."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from django.db.models import Sum
from django.db.models.functions import Coalesce

from cycles.models import Cycle
from cycles.periods import add_months, month_range, months_between
from demand.matrices import Matrix
from demand.models import Booking, Shipment
from supply.family_sheet import Compared, Sheet, compared, joined, opening_before, whole_sheet
from supply.models import Receipt
from supply.selectors.answers import Answer, answer_of, answer_rows

CLOSED_MONTHS: Final = 3
BLOCKS: Final = (
    ("bookings", "Bookings"),
    ("shipments", "Shipments"),
    ("backlog", "Backlog at month end"),
    ("supply", "Supply"),
    ("inventory", "Inventory at month end"),
)


@dataclass(frozen=True)
class FamilySheets:
    """One sheet per named group of products: `closed` actual months, then the months planned."""

    names: list[str]
    months: list[date]
    closed: int
    sheet: Sheet
    stock_known: bool
    against: dict[str, Compared] | None = None

    def blocks(self, at: int) -> list[dict[str, Any]]:
        """The five blocks of one sheet, each as old plan, actual, variance and new plan."""
        return [
            {"name": label, "opening": _opening(self.sheet, block, at), "rows": self._block(block, at)}
            for block, label in BLOCKS
            if self.stock_known or block != "inventory"
        ]

    def _block(self, block: str, at: int) -> list[dict[str, Any]]:
        now = [int(value) for value in getattr(self.sheet, block)[at]]
        closed = [m < self.closed for m in range(len(now))]
        rows = [
            {"name": "Actual", "cells": _cells(now, closed, closed)},
            {"name": "New plan", "cells": _cells(now, [not one for one in closed], closed)},
        ]
        if self.against is None:
            return rows
        pair = self.against[block]
        known = pair.known.tolist()
        old = {"name": "Old plan", "cells": _cells([int(value) for value in pair.old[at]], known, closed)}
        moved = _cells([int(value) for value in pair.variance[at]], known, closed)
        return [old, rows[0], {"name": "Variance", "cells": moved, "signed": True}, rows[1]]


def _cells(values: list[int], known: list[bool], closed: list[bool]) -> list[dict[str, Any]]:
    return [
        {"value": value if here else None, "closed": past}
        for value, here, past in zip(values, known, closed, strict=True)
    ]


def _opening(sheet: Sheet, block: str, at: int) -> int | None:
    known = {"inventory": sheet.opening_inventory, "backlog": sheet.opening_backlog}.get(block)
    return None if known is None else int(known[at])


def family_sheets(cycle: Cycle, answer: Answer, names: pd.Series, planned: int) -> FamilySheets:
    """Sheets of products grouped by `names` (one per product of the answer): closed months, then `planned`."""
    groups, row = np.unique(names.to_numpy(dtype=str), return_inverse=True)
    months = min(planned, cycle.horizon)
    known = answer.opening_stock is not None
    stock = answer.opening_stock if answer.opening_stock is not None else np.zeros(len(row))
    back, closed_flows = _closed_flows(cycle, answer, row, len(groups))
    opening_stock, opening_backlog = _sum(stock, row, len(groups)), _sum(answer.opening_backlog, row, len(groups))
    booked, shipped, received = closed_flows
    closed = whole_sheet(
        opening_before(opening_stock, received, shipped),
        opening_before(opening_backlog, booked, shipped),
        booked,
        shipped,
        received,
    )
    ahead = [_sum(matrix[:, :months], row, len(groups)) for matrix in (answer.demand, answer.shipments, answer.supply)]
    plan = whole_sheet(opening_stock, opening_backlog, *ahead)
    first = add_months(cycle.month, -back)
    sheet = joined(closed, plan)
    against = _against(cycle, sheet, names, groups, back)
    return FamilySheets(groups.tolist(), month_range(first, back + months), back, sheet, known, against)


def _against(cycle: Cycle, sheet: Sheet, names: pd.Series, groups: np.ndarray, back: int) -> dict[str, Compared] | None:
    """The sheet against last month's plan, whose first month is the last closed one; None without such a plan.

    `names` is a column of the products; last month's plan is put into the same groups by it.
    """
    before = cycle_before(cycle)
    answer = answer_of(before) if before is not None else None
    if answer is None:
        return None
    own = answer.products[names.name].to_numpy(dtype=str)
    kept = np.isin(own, groups)
    if not kept.any():
        return None
    old, row = answer_rows(answer, np.flatnonzero(kept)), np.searchsorted(groups, own[kept])
    stock = old.opening_stock if old.opening_stock is not None else np.zeros(len(row))
    flows = (stock, old.opening_backlog, old.demand, old.shipments, old.supply)
    return compared(sheet, whole_sheet(*(_sum(flow, row, len(groups)) for flow in flows)), back - 1)


def cycle_before(cycle: Cycle) -> Cycle | None:
    """The cycle of the month before, when it has a supply plan."""
    return Cycle.objects.filter(month=add_months(cycle.month, -1), supply_answers__isnull=False).first()


def _closed_flows(cycle: Cycle, answer: Answer, row: np.ndarray, groups: int) -> tuple[int, list[Matrix]]:
    first = add_months(cycle.month, -CLOSED_MONTHS)
    flows = []
    for model in (Booking, Shipment, Receipt):
        totals = (
            model.objects.filter(month__gte=first, month__lt=cycle.month)
            .values_list("month", Coalesce("product__plan_as", "product"))
            .annotate(Sum("qty"))
        )
        flow = np.zeros((groups, CLOSED_MONTHS))
        for month, product, qty in totals:
            if product in answer.products.index:
                flow[row[answer.products.index.get_loc(product)], months_between(first, month)] += qty
        flows.append(flow)
    return CLOSED_MONTHS, flows


def _sum(values: Matrix, row: np.ndarray, groups: int) -> Matrix:
    total = np.zeros((groups, *values.shape[1:]))
    np.add.at(total, row, values)
    return total
