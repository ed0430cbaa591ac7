"""What came of decisions, from stored facts: bookings for what changed demand, shipments and stock for operations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from cycles.models import CycleState
from cycles.periods import add_months, months_between
from demand.matrices import Matrix
from demand.models import Shipment
from demand.selectors.history import history
from demand.selectors.lines import cycle_lines
from meetings.decision_effects import PlanEffect, apply_effect, effect_from
from meetings.models import Decision, DecisionOption, DecisionOutcome
from meetings.promises import came, promise_sentence
from meetings.selectors.company_forecast import effect_lines, forecast_build
from supply.models import BillOfResource, Gap, Inventory, Scenario, SupplyAnswer

OPEN = ("units", "revenue")
# how the code of an agenda topic about a decision's outcome begins
PROMISE = "promise:"
SUPPLIED = ("units", "revenue", "margin", "inventory")


@dataclass(frozen=True)
class Touched:
    """The months a chosen option touches, both included; `of_demand` when it changed numbers of the demand plan."""

    option: DecisionOption
    first: date
    last: date
    of_demand: bool


@dataclass(frozen=True)
class Came:
    """A promise over the months closed so far, and what came."""

    through: date
    months: int
    of_months: int
    promised: dict[str, float]
    came: dict[str, float]


def outcomes_due(closed: date) -> list[tuple[Decision, Touched]]:
    """Published decisions that touch a month closed up to `closed` and not looked at yet."""
    rows = Decision.objects.filter(
        state=Decision.State.DECIDED, proposed=False, corrects=False, cycle__state=CycleState.PUBLISHED
    )
    rows = rows.exclude(outcome__months=F("outcome__of_months")).select_related("cycle", "outcome")
    found = [(row, touched(row)) for row in rows.prefetch_related("options")]
    return [(row, what) for row, what in found if what is not None and _is_new(row, what, closed)]


def _is_new(decision: Decision, what: Touched, closed: date) -> bool:
    seen: DecisionOutcome | None = getattr(decision, "outcome", None)
    until = min(closed, what.last)
    ready = until >= (what.first if what.of_demand else what.last)
    return ready and (seen is None or seen.through < until)


def touched(decision: Decision) -> Touched | None:
    """The months of the chosen option; None when it changes nothing, or what it is about is no longer there."""
    option = next((o for o in decision.options.all() if o.key == decision.chosen), None)
    if option is None or not option.plan_effect:
        return None
    effect = effect_from(option.plan_effect)
    if effect is not None:
        return _within(decision, Touched(option, effect.first, effect.last, of_demand=True))
    months = _months_of_supply(decision, option.plan_effect)
    return _within(decision, Touched(option, min(months), max(months), of_demand=False)) if months else None


def _within(decision: Decision, what: Touched) -> Touched | None:
    """The part that lies in the cycle's horizon."""
    start, end = decision.cycle.month, add_months(decision.cycle.month, decision.cycle.horizon - 1)
    first, last = max(what.first, start), min(what.last, end)
    return Touched(what.option, first, last, what.of_demand) if first <= last else None


def _months_of_supply(decision: Decision, effect: Mapping[str, Any]) -> list[date]:
    if "scenario" in effect:
        scenario = Scenario.objects.filter(pk=effect["scenario"]).first()
        ends = [change[end] for change in (scenario.changes if scenario else []) for end in ("first", "last")]
        return [date.fromisoformat(f"{month}-01") for month in ends]
    return list(Gap.objects.filter(pk=decision.gap or 0).values_list("month", flat=True))


def outcome_of(decision: Decision, what: Touched, closed: date) -> Came:
    """What was promised for the months closed up to `closed`, and what came."""
    until = min(closed, what.last)
    measure = _of_demand if what.of_demand else _of_supply
    promised, arrived = measure(decision, what, until)
    months = months_between(what.first, until) + 1
    return Came(until, months, months_between(what.first, what.last) + 1, promised, arrived)


def _of_demand(decision: Decision, what: Touched, until: date) -> tuple[dict[str, float], dict[str, float]]:
    """Bookings of the cells the decision reached, against the plan before it."""
    built = forecast_build(decision.cycle)
    change = next(one for one in built.changes if one.decision == decision)
    effect = effect_from(what.option.plan_effect)
    assert isinstance(effect, PlanEffect)
    reached = apply_effect(change.before, decision.cycle.month, effect_lines(built.frame), effect).decided
    first, last = (months_between(decision.cycle.month, month) for month in (what.first, until))
    span = slice(first, last + 1)
    actual = history(built.demand.lines, start=what.first, before=add_months(until, 1)).quantity

    def worth(quantity: Matrix) -> dict[str, float]:
        units = np.where(reached[:, span], quantity, 0.0).sum(axis=1)
        price, cost = built.frame["price"].to_numpy(), built.frame["unit_cost"].to_numpy()
        return {"units": float(units.sum()), "revenue": float(units @ price), "margin": float(units @ (price - cost))}

    promised = worth(change.after[:, span] - change.before[:, span])
    return promised, came(promised, worth(change.after[:, span]), worth(actual))


def _of_supply(decision: Decision, what: Touched, until: date) -> tuple[dict[str, float], dict[str, float]]:
    """Shipments and stock of the products concerned, against what operations planned to ship with the option."""
    promised = {name: value for name in SUPPLIED if (value := getattr(what.option, name)) is not None}
    shipped = _shipped(what.first, until)
    if not shipped:
        return promised, {}
    frame = cycle_lines(decision.cycle)
    products = frame[_concerned(decision, frame)].groupby("product_id")[["price", "unit_cost"]].mean()
    answers = list(SupplyAnswer.objects.filter(cycle=decision.cycle, product__in=products.index.tolist()))
    first, last = (months_between(decision.cycle.month, month) for month in (what.first, until))
    ships = {row.product_id: sum((row.shipments or row.committed)[first : last + 1]) for row in answers}

    def worth(units: Mapping[int, float]) -> dict[str, float]:
        found = np.array([units.get(product, 0.0) for product in products.index])
        margin = (products["price"] - products["unit_cost"]).to_numpy()
        money = {"revenue": float(found @ products["price"].to_numpy()), "margin": float(found @ margin)}
        return {"units": float(found.sum()), **money}

    planned, actual = worth(ships), worth(shipped)
    stock = _stock(answers, until, last, products["unit_cost"].to_dict())
    if stock is not None:
        planned["inventory"], actual["inventory"] = stock
    return promised, came(promised, planned, actual)


def _concerned(decision: Decision, frame: Any) -> np.ndarray:
    """Which lines a gap's resource makes; all of them for a scenario."""
    gap = Gap.objects.filter(pk=decision.gap or 0).first()
    if gap is None:
        return np.ones(len(frame), dtype=bool)
    bill = BillOfResource.objects.filter(resource=gap.resource)
    families = set(bill.values_list("family__code", flat=True)) - {None}
    products = set(bill.values_list("product__code", flat=True)) - {None}
    return (frame["family"].isin(families) | frame["product"].isin(products)).to_numpy()


def _shipped(first: date, last: date) -> dict[int, float]:
    """Units shipped from `first` to `last` by planning product."""
    rows = Shipment.objects.filter(month__range=(first, last))
    rows = rows.annotate(planned=Coalesce("product__plan_as_id", "product_id"))
    return dict(rows.values_list("planned").annotate(Sum("qty")))


def _stock(
    answers: Sequence[SupplyAnswer], month: date, column: int, costs: Mapping[int, float]
) -> tuple[float, float] | None:
    """Planned and actual stock at cost at a month's end, of the products counted then; None when none was."""
    rows = Inventory.objects.filter(product__in=list(costs), as_of__gte=month, as_of__lt=add_months(month, 1))
    counted = dict(rows.values_list("product_id", "on_hand"))
    planned = {row.product_id: row.inventory[column] for row in answers if row.product_id in counted}
    if not planned:
        return None
    at_cost = [sum(units[product] * costs[product] for product in planned) for units in (planned, counted)]
    return at_cost[0], at_cost[1]


def outcomes_shown(kind: str, month: date) -> list[DecisionOutcome]:
    """What the meeting of a cycle's month looks back on: outcomes that the month closed before it has brought."""
    rows = DecisionOutcome.objects.filter(through__gte=add_months(month, -1), decision__cycle__month__lt=month)
    rows = rows.select_related("decision").prefetch_related("decision__options").order_by("decision_id")
    return [row for row in rows if kind in (row.decision.forum, "executive_sop")]


def outcome_sentence(outcome: DecisionOutcome, currency: str) -> str:
    """Promised, came, difference in one line that everybody may read: units and revenue, without margin and stock."""
    promised, arrived = ({n: v for n, v in of.items() if n in OPEN} for of in (outcome.promised, outcome.came))
    if not outcome.came:
        return f"{promise_sentence(promised, {}, currency).partition(' Came')[0]} What came is not known: no shipments."
    return promise_sentence(promised, arrived, currency, months_words(outcome))


def months_words(outcome: DecisionOutcome) -> str:
    """`All 2 months are closed.` or `1 of 2 months is closed.`"""
    if outcome.months == outcome.of_months:
        return "All its months are closed."
    return f"{outcome.months} of {outcome.of_months} months {'is' if outcome.months == 1 else 'are'} closed."
