"""The facts of a run of months taken apart by family, group, region, customer and rep, for the same measures."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import pandas as pd
from django.db.models.functions import Coalesce

from demand.models import CycleLine
from kpis.cuts import CUSTOMER, FAMILY, GROUP, REGION, REP, untold_of
from kpis.selectors.month_facts import Facts, add_up
from masterdata.models import Customer, Family

OF_PRODUCTS: Final = ("orders", "deliveries", "sold", "shipped", "kept", "stock")
OF_CUSTOMERS: Final = ("orders", "deliveries", "sold_to")
Codes = Callable[[pd.DataFrame], pd.Series]


@dataclass(frozen=True)
class Part:
    """One family, group, region, customer or rep by its key, with its facts and the measures not told of it."""

    level: str
    key: str
    facts: Facts
    untold: frozenset[str] = frozenset()
    months: frozenset[date] | None = None

    def has(self, month: date) -> bool:
        """Whether something may be measured in a month: most customers do not order in every one."""
        return self.months is None or month in self.months


def parts_of(facts: Facts) -> Iterator[Part]:
    """Every part that has facts. Resources are the company's and stay out; a budget is told where it was set."""
    common = replace(facts, hours={}, regular={})
    yield from _by_product(common)
    yield from _by_customer(common)


def _by_product(common: Facts) -> Iterator[Part]:
    families = list(Family.objects.values_list("pk", "code", "group"))
    codes, groups = {pk: code for pk, code, _ in families}, {pk: group for pk, _, group in families if group}
    group_of_code = {codes[pk]: group for pk, group in groups.items()}
    for level, names, of_code in ((FAMILY, codes, {c: c for c in codes.values()}), (GROUP, groups, group_of_code)):
        frames = {
            name: _by(getattr(common, name)["product"].map(common.family_of).map(names), getattr(common, name))
            for name in OF_PRODUCTS
        }
        frames["quality"] = _by(common.quality["family"].map(of_code), common.quality)
        frames["expected"] = _by(common.expected["family"].map(names), common.expected)
        frames["budget"] = _by(common.budget["family"].map(names), common.budget)
        for key in _keys(frames):
            yield Part(level, key, replace(common, **_frames(frames, key, common)), untold_of(level))


def _by_customer(common: Facts) -> Iterator[Part]:
    """Nothing is kept in stock for a customer, and supply promises them nothing of its own."""
    nothing = {name: getattr(common, name).iloc[:0] for name in ("shipped", "kept", "stock", "quality", "expected")}
    for level, codes_of in _customer_codes().items():
        frames = {name: _by(codes_of(getattr(common, name)), getattr(common, name)) for name in OF_CUSTOMERS}
        if level == REP:
            frames["budget"] = _by(common.budget["rep"].map(_person_key), common.budget)
        empty = common.budget.iloc[:0]
        for key in _keys(frames):
            own = _frames(frames, key, common)
            sold = add_up(own.pop("sold_to").assign(product=0), ["month", "product"])
            own = {"budget": empty} | nothing | own | {"sold": sold}
            yield Part(level, key, replace(common, **own), untold_of(level), _months(own))


def _months(frames: Mapping[str, pd.DataFrame]) -> frozenset[date]:
    asked = frames["orders"]["requested_on"].dropna() if len(frames["orders"]) else []
    due = {day.date().replace(day=1) for day in asked}
    return frozenset(due | set(frames["sold"]["month"]) | set(frames["budget"]["month"]))


def _customer_codes() -> dict[str, Codes]:
    """Per level the key of every row of a frame with a customer; a detail customer counts for the one it is planned as.

    A month's rep is who held the customer in the cycle of that month, so that a handover moves no history.
    """
    planned_as, own = Coalesce("plan_as_id", "pk"), Coalesce("plan_as__owner_id", "owner_id")
    rows = list(Customer.objects.values_list("pk", planned_as, Coalesce("plan_as__code", "code"), "region__code", own))
    planned = {pk: code for pk, _, code, _, _ in rows}
    region = {pk: code for pk, _, _, code, _ in rows}
    held: dict[tuple[date, int], Any] = {
        (month, customer): person
        for month, customer, person in CycleLine.objects.exclude(owner=None)
        .values_list("cycle__month", "line__customer_id", "owner_id")
        .distinct()
    }

    now = {pk: (planned_pk, owner) for pk, planned_pk, _, _, owner in rows}

    def rep(frame: pd.DataFrame) -> pd.Series:
        months = frame["month"] if "month" in frame else [day.date().replace(day=1) for day in frame["ordered_on"]]
        found = [
            _person_key(held.get((month, now[customer][0]), now[customer][1]))
            for month, customer in zip(months, frame["customer"], strict=True)
        ]
        return pd.Series(found, index=frame.index, dtype=object)

    return {
        REGION: lambda frame: frame["customer"].map(region),
        CUSTOMER: lambda frame: frame["customer"].map(planned),
        REP: rep,
    }


def _person_key(person: Any) -> str | None:
    return None if person is None or pd.isna(person) else str(int(person))


def _by(codes: pd.Series, frame: pd.DataFrame) -> dict[Hashable, pd.DataFrame]:
    return {str(code): rows for code, rows in frame.groupby(codes, sort=False)}


def _keys(frames: Mapping[str, Mapping[Hashable, pd.DataFrame]]) -> list[str]:
    return sorted({str(key) for by_key in frames.values() for key in by_key})


def _frames(by: Mapping[str, Mapping[Hashable, pd.DataFrame]], key: str, whole: Facts) -> dict[str, pd.DataFrame]:
    return {name: frames[key] if key in frames else getattr(whole, name).iloc[:0] for name, frames in by.items()}
