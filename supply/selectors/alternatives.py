"""What a rep can offer instead where supply is short: related products, with what is free of each and when."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from cycles.models import Cycle
from cycles.periods import add_months, month_of, months_between
from demand.matrices import Matrix
from demand.models import CycleLine
from demand.selectors.versions import version_plan
from jobs.errors import Refused
from masterdata.models import Product
from supply.free_supply import Planned, free_by
from supply.promise import LEAST
from supply.selectors.answers import Answer, answer_of
from supply.selectors.load import load_of
from supply.selectors.promises import Fact, Source, fact_of, promised_of, source_of
from supply.selectors.sharing import why_less

MOST: Final = 8
ITSELF, SUCCESSOR, PREDECESSOR, FAMILY = "the same product", "its successor", "its predecessor", "same family"


@dataclass(frozen=True)
class Alternative:
    """A product that can stand in: whole units free in the month (None: no limit), when the first and when all that is
    missing would be there (None: not within the horizon), and an earlier month in which some are free, with how many.
    `given` is what the customer gets of it in the month already; None where the customer does not buy it yet."""

    product: str
    code: str
    relation: str
    free: int | None
    all_by: date | None
    first: date | None
    earlier: date | None
    earlier_free: int | None
    given: float | None

    @property
    def is_bought(self) -> bool:
        return self.given is not None


@dataclass(frozen=True)
class Alternatives:
    """A fact of supply news with what can be offered instead, the best first. `earlier` are deliveries before the
    month, of the same product too; `later` are products of which nothing is free in the month itself but is
    afterwards, the first to come first. `missing` is in whole units. `reason` says by which rule it was shared."""

    source: Source
    fact: Fact
    family: str
    family_code: str
    missing: int
    now: list[Alternative]
    earlier: list[Alternative]
    later: list[Alternative]
    stock_known: bool
    reason: str = ""


def alternatives(cycle: Cycle | None, line: int, month: date, today: date) -> Alternatives:
    """What can be offered to a line's customer for what is missing in a month. The same few queries for any size."""
    source = source_of(cycle)
    if source is None:
        raise Refused("no_supply_plan", "Nothing is committed yet, so nothing is short.", status=404)
    at = months_between(source.cycle.month, month)
    row = CycleLine.objects.select_related("line__product", "line__customer", "family")
    own = row.filter(cycle=source.cycle, line=line).first()
    if own is None or not 0 <= at < source.cycle.horizon:
        raise Refused("no_fact", f"The supply plan of {source.cycle.code} has no such line and month.", status=404)
    fact = fact_of(promised_of(source, own), at)
    answer = _answer(source.cycle)
    related = _related(answer, own.line.product_id, month)
    is_short = fact.late >= LEAST
    found = _found(source, answer, related, fact, own.line.customer_id, today) if is_short else []
    others = [one for one in found if one.relation != ITSELF]
    now = [one for one in others if one.free is None or one.free]
    later = [one for one in others if one not in now and one.first is not None]
    return Alternatives(
        source=source,
        fact=fact,
        family=own.family.name,
        family_code=own.family.code,
        missing=max(round(fact.late), 1) if is_short else 0,
        now=sorted(now, key=lambda one: _best(one, fact.late))[:MOST],
        earlier=sorted((one for one in found if one.earlier), key=lambda one: one.relation != ITSELF)[:MOST],
        later=sorted(later, key=lambda one: (one.first, one.product))[:MOST],
        stock_known=answer.opening_stock is not None,
        reason=why_less(source.cycle, source.supply, own.line.customer_id) if is_short else "",
    )


def _answer(cycle: Cycle) -> Answer:
    answer = answer_of(cycle)
    if answer is None:
        raise Refused("no_supply_plan", f"The supply plan of {cycle.code} is not made yet.", status=404)
    return answer


def _best(one: Alternative, missing: float) -> tuple[bool, float, str]:
    """What the customer buys already comes first, then what covers most."""
    return not one.is_bought, -(missing if one.free is None else min(one.free, missing)), one.product


def _related(answer: Answer, product: int, month: date) -> dict[int, str]:
    """Product id -> how it is related, for itself, the family's other products and the declared ones before and after
    it, as far as they are planned and sold in that month."""
    families = answer.products["family"]
    family = families.loc[product]
    like = Product.objects.in_bulk(answer.products.index.tolist())
    found = {}
    for one in like.values():
        relation = _relation(one, like[product], families.loc[one.pk] == family)
        if relation and _is_sold(one, month):
            found[one.pk] = relation
    return found


def _relation(one: Product, wanted: Product, same_family: bool) -> str:
    if one.pk == wanted.pk:
        return ITSELF
    if one.like_product_id == wanted.pk:
        return SUCCESSOR
    if wanted.like_product_id == one.pk:
        return PREDECESSOR
    return FAMILY if same_family else ""


def _is_sold(product: Product, month: date) -> bool:
    return (product.launch_month or date.min) <= month <= (product.phase_out_month or date.max)


def _found(
    source: Source, answer: Answer, related: dict[int, str], fact: Fact, customer: int, today: date
) -> list[Alternative]:
    rows = np.flatnonzero(answer.products.index.isin(list(related)))
    at = months_between(source.cycle.month, fact.month)
    started = max(months_between(source.cycle.month, month_of(today)), 0)
    plan = _planned(source.cycle, answer, rows, started)
    free = free_by(plan, at)
    early = np.array([free_by(plan, month)[:, 0] for month in range(started, at)]).reshape(-1, len(rows)).T
    given = _given(source, answer.products.index[rows], customer, at)
    return [
        _alternative(answer.products.loc[product], related[product], free[i], early[i], fact, given.get(product))
        for i, product in enumerate(answer.products.index[rows].tolist())
    ]


def _planned(cycle: Cycle, answer: Answer, rows: np.ndarray, started: int) -> Planned:
    """What the plan leaves of some products; what is ordered arrives after the lead time from month `started` on."""
    load = load_of(cycle, answer.products, answer.demand, answer.supply)
    assert load.planned is not None
    lead = 0 if cycle.simulated or answer.opening_stock is None else answer.products["lead_months"].to_numpy()[rows]
    return Planned(
        inventory=answer.inventory[rows],
        backlog=answer.backlog[rows],
        safety=answer.safety_stock[rows],
        hours=load.capacity.hours[:, rows],
        spare=np.maximum(load.released - load.planned, 0.0),
        arrives=np.broadcast_to(started + lead, (len(rows),)),
    )


def _given(source: Source, products: pd.Index, customer: int, at: int) -> dict[int, float]:
    """Product id -> units committed to the customer in the month, for the products the customer has a line of."""
    rows = CycleLine.objects.filter(
        cycle=source.cycle, line__customer=customer, line__product__in=[int(product) for product in products]
    )
    lines = dict(rows.order_by("line_id").values_list("line_id", "line__product_id"))
    if not lines:
        return {}
    units = version_plan(source.supply, np.array(list(lines), dtype=np.int64)).quantity[:, at]
    return {product: float(quantity) for product, quantity in zip(lines.values(), units, strict=True)}


def _alternative(
    row: pd.Series, relation: str, free: Matrix, early: Matrix, fact: Fact, given: float | None
) -> Alternative:
    month, units = _earlier(early, fact.late)
    return Alternative(
        product=row["name"],
        code=row["code"],
        relation=relation,
        free=_whole(free[0]),
        all_by=_first(free, fact.late, fact.month),
        first=_first(free, 1.0, fact.month),
        earlier=add_months(fact.month, month - len(early)) if units != 0 else None,
        earlier_free=units,
        given=given,
    )


def _earlier(early: Matrix, missing: float) -> tuple[int, int | None]:
    """The last of the months before in which all that is missing is free, else the one with most: its index, and
    the whole units free in it."""
    if not len(early):
        return 0, 0
    enough = np.flatnonzero(early >= missing)
    month = int(enough[-1]) if len(enough) else int(early.argmax())
    return month, _whole(early[month])


def _whole(units: float) -> int | None:
    return int(units + 1e-6) if np.isfinite(units) else None


def _first(free: Matrix, units: float, month: date) -> date | None:
    enough = free >= units - 1e-6
    return add_months(month, int(enough.argmax())) if enough.any() else None
