"""What operations promises line by line and month by month: how much, why not all of it, and when the rest comes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np
from django.db.models import QuerySet

from cycles.models import Cycle
from cycles.periods import add_months
from cycles.selectors import current_cycle, latest_published
from demand.matrices import Lines, Matrix
from demand.models import CycleLine, ForecastVersion, Stage
from demand.selectors.people import team_below
from demand.selectors.versions import version_plan, versions_now
from masterdata.models import Person
from masterdata.roles import SALES_ROLES, Role
from supply.allocation import Rule
from supply.models import Resource, SupplyAnswer
from supply.promise import LEAST, confirmed, rest_at, whole
from supply.selectors.sharing import RULES

NO_SOONER: Final = "new supply cannot come sooner"
FIELDS: Final = (
    "line_id",
    "line__product__name",
    "line__customer__name",
    "line__customer__code",
    "price",
    "line__product_id",
)


@dataclass(frozen=True)
class Source:
    """The cycle whose plan the news is of."""

    cycle: Cycle
    demand: ForecastVersion
    supply: ForecastVersion

    @property
    def shared_by(self) -> str:
        """By which rule what is short is shared among customers, in a sentence; empty for a plan made by none."""
        if self.supply.rule not in {rule.value for rule in Rule}:
            return ""
        name, words = RULES[Rule(self.supply.rule)]
        return f"What is short is shared by the rule “{name}”: {words[0].lower()}{words[1:]}"


@dataclass(frozen=True)
class Due:
    """A month of a line: asked, confirmed by the month's end, when the rest has come (None: not yet), and why."""

    month: date
    asked: float
    confirmed: float
    rest_by: date | None
    why: str = ""

    @property
    def late(self) -> float:
        return self.asked - self.confirmed

    @property
    def is_late(self) -> bool:
        return self.late >= LEAST

    @property
    def shown(self) -> int:
        """Whole units confirmed beside the whole units asked: never as many where some come later."""
        return int(whole(self.asked, self.confirmed))


@dataclass(frozen=True)
class Fact:
    """One line with its months, in order; most is late in its worst month, the earliest of equals."""

    product: str
    customer: str
    customer_code: str
    line: int
    price: float
    months: tuple[Due, ...]

    @cached_property
    def worst(self) -> Due:
        return max(self.months, key=lambda due: due.late)

    @property
    def month(self) -> date:
        return self.worst.month

    @property
    def asked(self) -> float:
        return self.worst.asked

    @property
    def confirmed(self) -> float:
        return self.worst.confirmed

    @property
    def rest_by(self) -> date | None:
        return self.worst.rest_by

    @property
    def late(self) -> float:
        return self.worst.late

    @property
    def late_months(self) -> list[Due]:
        return [due for due in self.months if due.is_late]

    @property
    def units(self) -> float:
        return sum(due.late for due in self.late_months)

    @property
    def value(self) -> float:
        return self.units * self.price

    @property
    def why(self) -> list[str]:
        """What stands in the way, each once, in the order of the months."""
        return list(dict.fromkeys(due.why for due in self.late_months if due.why))


@dataclass(frozen=True)
class Promised:
    """Rows of lines with what is asked for and given to them over the whole horizon."""

    source: Source
    rows: list[tuple[Any, ...]]
    asked: Matrix
    given: Matrix

    @cached_property
    def confirmed(self) -> Matrix:
        return confirmed(self.asked, self.given)

    @property
    def ids(self) -> Lines:
        return np.array([row[0] for row in self.rows], dtype=np.int64)


def source_of(named: Cycle | None = None) -> Source | None:
    """The plan of the cycle named, else of the current one, else of the latest published one."""
    for cycle in (named,) if named else (current_cycle(), latest_published()):
        if cycle is None:
            continue
        finished = versions_now(cycle).finished
        demand, supply = finished.get(Stage.DEMAND_PLAN), finished.get(Stage.SUPPLY_PLAN)
        if demand is not None and supply is not None:
            return Source(cycle, demand, supply)
    return None


def source_before(source: Source) -> Source | None:
    """The plan of the month before, as far as there is one."""
    before = Cycle.objects.filter(month=add_months(source.cycle.month, -1)).first()
    return source_of(before) if before is not None else None


def lines_of(cycle: Cycle, person: Person, customer: str = "") -> QuerySet[CycleLine]:
    """The lines of one customer, else a rep's own or a manager's team's, else everybody's."""
    rows = CycleLine.objects.filter(cycle=cycle)
    if customer:
        return rows.filter(line__customer__code=customer)
    if person.role == Role.SALES_MANAGER:
        return rows.filter(owner__in=team_below(person))
    return rows.filter(owner=person) if person.role in SALES_ROLES else rows


def promised(source: Source, lines: QuerySet[CycleLine]) -> Promised:
    rows = list(lines.order_by("line_id").values_list(*FIELDS))
    return Promised(source, rows, *quantities(source, np.array([row[0] for row in rows], dtype=np.int64)))


def promised_of(source: Source, own: CycleLine) -> Promised:
    """What is promised to one line that is read already, with its product and customer."""
    product, customer = own.line.product, own.line.customer
    row = (own.line_id, product.name, customer.name, customer.code, own.price, product.pk)
    return Promised(source, [row], *quantities(source, np.array([own.line_id], dtype=np.int64)))


def quantities(source: Source, ids: Lines) -> tuple[Matrix, Matrix]:
    """Units (lines, horizon) asked for and given; 0 for lines the plan does not have."""
    if not len(ids):
        return np.zeros((0, source.cycle.horizon)), np.zeros((0, source.cycle.horizon))
    return version_plan(source.demand, ids).quantity, version_plan(source.supply, ids).quantity


def facts_of(found: Promised, window: range) -> list[Fact]:
    """Lines with something late in the months of the window, what is worth most first."""
    months = list(window)
    late = (found.asked - found.confirmed)[:, months]
    rest = rest_at(found.asked, found.given)
    hit = [i for i in range(len(found.rows)) if (late[i] >= LEAST).any()]
    why = _reasons(found, hit)
    facts = [_fact(found, i, months, rest[i], why.get(found.rows[i][5], [])) for i in hit]
    return sorted(facts, key=lambda fact: (-fact.value, fact.line))


def fact_of(found: Promised, month: int) -> Fact:
    """The first line in the month of that index, late or not."""
    return _fact(found, 0, [month], rest_at(found.asked, found.given)[0], [])


def _fact(found: Promised, i: int, months: list[int], rest: np.ndarray, why: list[str]) -> Fact:
    line, product, customer, code, price, _ = found.rows[i]
    dues = tuple(_due(found, i, m, int(rest[m]), why[m] if why else "") for m in months)
    return Fact(product, customer, code, line, float(price), dues)


def _due(found: Promised, i: int, m: int, rest: int, why: str) -> Due:
    cycle = found.source.cycle
    return Due(
        month=add_months(cycle.month, m),
        asked=float(found.asked[i, m]),
        confirmed=float(found.confirmed[i, m]),
        rest_by=add_months(cycle.month, rest) if rest < cycle.horizon else None,
        why=why,
    )


def _reasons(found: Promised, hit: list[int]) -> Mapping[int, list[str]]:
    """Product id -> per month what keeps units of it from shipping, in words."""
    products = {int(found.rows[i][5]) for i in hit}
    if not products:
        return {}
    names = dict(Resource.objects.values_list("code", "name"))
    words = {code: f"{name} is full" for code, name in names.items()} | {SupplyAnswer.LEAD_TIME: NO_SOONER}
    rows = SupplyAnswer.objects.filter(cycle=found.source.cycle, product__in=products)
    return {
        product: [words.get(code, "") for code in binding]
        for product, binding in rows.values_list("product_id", "binding")
    }
