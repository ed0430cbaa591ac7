"""The gaps of a cycle for the screen, for the comparison of options, and as a brief for a decision."""

from dataclasses import dataclass
from typing import Any

from cycles.models import Cycle
from cycles.periods import months_between
from demand.matrices import Matrix
from masterdata.models import Family, Person
from masterdata.roles import COST_ROLES
from masterdata.selectors import company
from supply.models import Gap, SupplyAnswer
from supply.options import Kind
from supply.outcome import Outcome
from supply.relief import ADDS_HOURS, SHIPS_IN_TIME, Relief
from supply.selectors.answers import Answer, answer_of
from supply.selectors.situation import Situation, reliefs_of, situation
from supply.wording import count_text, list_text, money_text

IN_PRIVATE = ("margin", "cost", "inventory")


@dataclass(frozen=True)
class BriefOption:
    """An option of a decision about a gap; effects are differences to doing nothing."""

    key: str
    label: str
    do_nothing: bool
    units: float
    revenue: float
    margin: float
    service: float
    capacity_hours: float
    inventory: float
    cost: float
    text: str
    plan_effect: dict[str, str]


@dataclass(frozen=True)
class GapBrief:
    """A gap as a question for pre-S&OP, with its feasible options and the one recommended."""

    gap: int
    question: str
    facts: str
    options: tuple[BriefOption, ...]
    recommendation: str


def gap_brief(gap: Gap) -> GapBrief:
    """What a decision about this gap needs: question, options with all effects, recommendation."""
    options = tuple(_brief_option(option) for option in gap.options if option["feasible"])
    recommended = next((o["kind"] for o in gap.options if o["recommended"]), Kind.DO_NOTHING.value)
    return GapBrief(gap.pk, gap_question(gap), gap_facts(gap), options, recommended)


def gap_question(gap: Gap) -> str:
    late, worth = count_text(gap.units), money_text(gap.value, company().currency)
    return f"{gap.resource.name} cannot carry {gap.month:%B %Y}: {late} worth {worth} would ship late. What do we do?"


def gap_facts(gap: Gap) -> str:
    """Who is hit: customers and families, the largest first."""
    hit = list_text([c["name"] for c in gap.customers])
    codes = [f["code"] for f in gap.families]
    names = dict(Family.objects.filter(code__in=codes).values_list("code", "name"))
    families = list_text([names.get(code, code) for code in codes])
    return f"Hit: {hit}. Families: {families}." if hit else ""


def _brief_option(option: dict[str, Any]) -> BriefOption:
    return BriefOption(
        key=option["kind"],
        label=option["label"],
        do_nothing=option["kind"] == Kind.DO_NOTHING,
        units=option["units"],
        revenue=option["revenue"],
        margin=option["margin"],
        service=option["service"],
        capacity_hours=option["hours"],
        inventory=option["inventory"],
        cost=option["cost"],
        text=option["text"],
        plan_effect={"gap_option": option["kind"]},
    )


def gaps_of(cycle: Cycle) -> list[Gap]:
    """Open ones first, then sent on, then answered; within each the most valuable first."""
    order = {Gap.State.OPEN: 0, Gap.State.ESCALATED: 1, Gap.State.CHOSEN: 2}
    rows = Gap.objects.filter(cycle=cycle).select_related("resource", "by__user")
    return sorted(rows, key=lambda row: (order[Gap.State(row.state)], -row.value, row.month, row.resource_id))


def gap_rows(gaps: list[Gap], person: Person) -> list[dict[str, Any]]:
    """Gaps for the screen; cost and margin only for those who may see them."""
    return [gap_row(gap, person) for gap in gaps]


def gap_row(gap: Gap, person: Person) -> dict[str, Any]:
    money_open = person.role in COST_ROLES
    options = [_shown(option, money_open) for option in gap.options]
    customers = gap.customers[:3]
    return {
        "gap": gap,
        "options": options,
        "recommended": next((o for o in options if o["recommended"]), None),
        "chosen": next((o for o in options if o["kind"] == gap.chosen), None),
        "customers": customers,
        "more_customers": len(gap.customers) - len(customers),
        "is_open": gap.state == Gap.State.OPEN,
        "is_sent": gap.state == Gap.State.ESCALATED,
        "is_closed": gap.units == 0,
    }


def _shown(option: dict[str, Any], money_open: bool) -> dict[str, Any]:
    if money_open or not option["feasible"]:
        return option
    shown = option | dict.fromkeys(IN_PRIVATE)
    if option["kind"] in SHIPS_IN_TIME:
        shown["text"] = f"{count_text(option['units'])} ship in time, {count_text(option['units_left'])} stay late."
    return shown


@dataclass(frozen=True)
class Compared:
    """An option with the whole plan made again under it."""

    option: dict[str, Any]
    outcome: Outcome
    base: Outcome

    @property
    def units_gained(self) -> float:
        return self.base.units_late - self.outcome.units_late

    @property
    def value_gained(self) -> float:
        return self.base.value_late - self.outcome.value_late

    @property
    def stock_added(self) -> float:
        return self.outcome.stock_value - self.base.stock_value


def gap_comparison(gap: Gap, person: Person) -> list[Compared]:
    """Every feasible option of a gap, planned for real beside doing nothing; the other gaps stay as they are."""
    answer = answer_of(gap.cycle)
    if answer is None:
        return []
    given = situation(gap.cycle, answer.products, answer.demand)
    others = reliefs_of(gap.cycle, given.capacity, list(_others(gap)))
    base = given.outcome(given.commitment(others))
    row = gap_row(gap, person)
    return [_compared(option, gap, given, others, base) for option in row["options"] if option["feasible"]]


def _others(gap: Gap) -> list[Gap]:
    return list(Gap.objects.filter(cycle=gap.cycle).exclude(pk=gap.pk).exclude(chosen=""))


def _compared(option: dict[str, Any], gap: Gap, given: Situation, others: list[Relief], base: Outcome) -> Compared:
    kind, month = Kind(option["kind"]), months_between(gap.cycle.month, gap.month)
    if kind in (Kind.DO_NOTHING, Kind.DELAY):
        return Compared(option, base, base)
    codes = given.capacity.codes
    taken = [
        Relief(kind, codes.index(code), month, hours if kind in ADDS_HOURS else 0.0)
        for code, hours in option["hours_by"].items()
        if code in codes
    ]
    return Compared(option, given.outcome(given.commitment([*others, *taken])), base)


def short_of_supply(answer: Answer, months: list[Any], limit: int = 5) -> list[dict[str, Any]]:
    """Products late because new supply cannot arrive yet, the most valuable first."""
    waiting = answer.late * (answer.binding == SupplyAnswer.LEAD_TIME)
    value = waiting.sum(axis=1) * answer.products["price"].to_numpy()
    order = [int(p) for p in value.argsort()[::-1][:limit] if value[p] > 0 and waiting[p].sum() >= 1]
    return [_waiting(answer, waiting, value, months, p) for p in order]


def _waiting(answer: Answer, waiting: Matrix, value: Matrix, months: list[Any], p: int) -> dict[str, Any]:
    first = int((waiting[p] > 0).argmax())
    owed, shipped = answer.demand[p, : first + 1].sum(), answer.committed[p].cumsum()
    caught = shipped >= owed - 0.01
    return {
        "name": answer.products["name"].iloc[p],
        "family": answer.products["family"].iloc[p],
        "units": float(waiting[p].sum()),
        "value": float(value[p]),
        "month": months[first],
        "by": months[int(caught.argmax())] if caught.any() else None,
    }
