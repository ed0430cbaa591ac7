"""The lines of a cycle from the database: some of them joined by it, all of them put together here.

Fifty thousand lines share a few thousand products, customers and people. Joined, every text would come once for each
line, as an object of its own, which takes four times as long.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from django.db.models import Model, QuerySet

from demand.models import CycleLine
from demand.selectors.stored import rows_copied
from masterdata.models import Customer, Family, Person, Product, Region

COLUMNS: Final = {
    "line_id": "line",
    "line__product_id": "product_id",
    "line__product__code": "product",
    "line__product__name": "product_name",
    "line__product__decimals": "decimals",
    "line__product__launch_month": "launch_month",
    "line__product__phase_out_month": "phase_out_month",
    "line__customer_id": "customer_id",
    "line__customer__code": "customer",
    "line__customer__name": "customer_name",
    "family_id": "family_id",
    "family__code": "family",
    "family__name": "family_name",
    "family__group": "group",
    "region__code": "region",
    "region__name": "region_name",
    "owner_id": "rep_id",
    "owner__user__username": "rep",
    "owner__user__first_name": "rep_name",
    "price": "price",
    "unit_cost": "unit_cost",
}
TEXT: Final = ["region", "region_name", "rep", "rep_name", "group"]
# The tables behind the lines, by the column that has their ids: what a path of `COLUMNS` into them begins with.
SHARED: Final[Mapping[str, tuple[type[Model], str]]] = {
    "product_id": (Product, "line__product__"),
    "customer_id": (Customer, "line__customer__"),
    "family_id": (Family, "family__"),
    "region_id": (Region, "region__"),
    "rep_id": (Person, "owner__"),
}
NOBODY: Final = 0
FACTS: Final = """
COPY (SELECT k.line_id, l.product_id, l.customer_id, k.family_id, coalesce(k.region_id, 0), coalesce(k.owner_id, 0),
        k.price, k.unit_cost
    FROM demand_cycleline k JOIN demand_line l ON l.id = k.line_id WHERE k.cycle_id = %s ORDER BY k.line_id)
TO STDOUT (FORMAT binary)
"""
MONEY: Final = ("price", "unit_cost")
NUMBERS: Final = ("line", *SHARED, *MONEY)
# Every field comes after its size.
FACT: Final = np.dtype(
    [("fields", ">i2")]
    + [part for name in NUMBERS for part in ((f"{name} size", ">i4"), (name, ">f8" if name in MONEY else ">i8"))]
)


def frame_joined(lines: QuerySet[CycleLine]) -> pd.DataFrame:
    """The frame of `cycle_lines` of some lines, by one query."""
    rows = lines.order_by("line_id").values_list(*COLUMNS)
    return _frame(pd.DataFrame.from_records(rows, columns=list(COLUMNS.values())))


def frame_whole(cycle: int) -> pd.DataFrame:
    """The frame of `cycle_lines` of all lines of a cycle (its id): numbers as stored, texts shared between lines."""
    facts = rows_copied(FACTS, cycle, FACT)
    found: dict[str, Any] = {name: facts[name].astype(float if name in MONEY else np.int64) for name in NUMBERS}
    for name, (model, path) in SHARED.items():
        found |= _shared(model, path, found[name])
    found["rep_id"] = _nobody_missing(found["rep_id"])
    return _frame(pd.DataFrame({name: found[name] for name in COLUMNS.values()}))


def _shared(model: type[Model], path: str, ids: np.ndarray) -> dict[str, np.ndarray]:
    """Column -> (lines,) what the rows with these ids have there; None where there is none (any more)."""
    fields = {name.removeprefix(path): column for name, column in COLUMNS.items() if name.startswith(path)}
    rows = [(NOBODY, *[None] * len(fields)), *model._default_manager.order_by("pk").values_list("pk", *fields)]
    table = np.array(rows, dtype=object).T
    at = pd.Index(table[0].astype(np.int64)).get_indexer(ids).clip(min=0)
    return {column: values[at] for column, values in zip(fields.values(), table[1:], strict=True)}


def _nobody_missing(ids: np.ndarray) -> np.ndarray:
    return ids if (ids != NOBODY).all() else np.where(ids == NOBODY, np.nan, ids)


def _frame(frame: pd.DataFrame) -> pd.DataFrame:
    frame[TEXT] = frame[TEXT].fillna("").astype(object)
    kinds = {"price": float, "unit_cost": float, "decimals": np.int64}
    return frame.astype(kinds).set_index("line", drop=True)
