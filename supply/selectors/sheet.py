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
from supply.family_sheet import Sheet, joined, opening_before, whole_sheet
from supply.models import Receipt
from supply.selectors.answers import Answer

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

    def rows(self, at: int) -> list[dict[str, Any]]:
        """The five blocks of one sheet for the screen."""
        return [
            {
                "name": label,
                "opening": _opening(self.sheet, block, at),
                "cells": [
                    {"value": int(value), "closed": m < self.closed}
                    for m, value in enumerate(getattr(self.sheet, block)[at])
                ],
            }
            for block, label in BLOCKS
            if self.stock_known or block != "inventory"
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
    return FamilySheets(groups.tolist(), month_range(first, back + months), back, joined(closed, plan), known)


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
