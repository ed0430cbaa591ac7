"""Decision briefs as a person may read them, and the board that shows what they do to the year."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from cycles.models import Cycle
from masterdata.models import Person
from masterdata.roles import COST_ROLES
from masterdata.selectors import company
from meetings.briefs import cash_effect
from meetings.models import Decision, DecisionOption, DecisionOutcome, MeetingKind
from meetings.promises import COMPARED, difference
from meetings.selectors.outcomes import months_words, outcome_sentence
from meetings.selectors.records import sees_margin
from meetings.selectors.rights import Deciders, leads
from supply.wording import MINUS

EFFECTS = (
    ("units", "Units"),
    ("revenue", "Revenue"),
    ("margin", "Margin"),
    ("cost", "Extra cost"),
    ("capacity_hours", "Hours"),
    ("inventory", "Stock"),
    ("cash", "Cash"),
    ("service", "Service"),
)
PRIVATE = ("margin", "cost", "inventory", "cash")
MONEY = ("revenue", "margin", "cost", "inventory", "cash")


@dataclass(frozen=True)
class OptionView:
    """An option with the effects this person may see; None where there is none or it is not theirs to see."""

    row: DecisionOption
    effects: dict[str, float | None]
    text: str
    plan: str
    recommended: bool
    chosen: bool


@dataclass(frozen=True)
class Column:
    """An effect that at least one option of a brief has."""

    name: str
    label: str

    @property
    def is_money(self) -> bool:
        return self.name in MONEY

    @property
    def is_share(self) -> bool:
        return self.name == "service"


@dataclass(frozen=True)
class OutcomeView:
    """What came of a decision: (label, whether money, promised, came, difference) per amount; None = not known."""

    rows: list[tuple[str, bool, float, float | None, float | None]]
    words: str
    sentence: str


@dataclass(frozen=True)
class DecisionView:
    """A brief on the page; `rows` are its options with one (column, value) per column."""

    row: Decision
    options: list[OptionView]
    columns: list[Column]
    may_decide: bool
    may_escalate: bool
    may_confirm: bool
    overdue: bool
    outcome: OutcomeView | None = None

    @property
    def rows(self) -> list[tuple[OptionView, list[tuple[Column, float | None]]]]:
        return [(option, [(c, option.effects[c.name]) for c in self.columns]) for option in self.options]

    @property
    def is_open(self) -> bool:
        return self.row.state != Decision.State.DECIDED

    @property
    def recommended(self) -> OptionView | None:
        return next((option for option in self.options if option.recommended), None)

    @property
    def chosen(self) -> OptionView | None:
        return next((option for option in self.options if option.chosen), None)


def decision_rows() -> QuerySet[Decision]:
    rows = Decision.objects.select_related(
        "cycle", "decider__user", "raised_by__user", "decided_by__user", "on_behalf_of__user", "outcome"
    )
    return rows.prefetch_related("options").order_by("decide_by", "id")


def decision_views(rows: Sequence[Decision], person: Person, on: date) -> list[DecisionView]:
    deciders = Deciders()
    return [decision_view(row, person, on, deciders) for row in rows]


def decision_view(row: Decision, person: Person, on: date, deciders: Deciders) -> DecisionView:
    options = [_option_view(row, option, person) for option in row.options.all()]
    columns = [Column(name, label) for name, label in EFFECTS if any(o.effects[name] is not None for o in options)]
    is_open = row.state != Decision.State.DECIDED
    may_decide = is_open and deciders.may(person, row)
    return DecisionView(
        row=row,
        options=options,
        columns=columns,
        may_decide=may_decide,
        may_escalate=is_open and row.forum == MeetingKind.PRE_SOP and (leads(person) or may_decide),
        may_confirm=row.proposed and deciders.may(person, row),
        overdue=is_open and (row.deferred_to or row.decide_by) < on,
        outcome=_outcome(row, person),
    )


def _outcome(row: Decision, person: Person) -> OutcomeView | None:
    """Promised and came, without what this person does not read."""
    found: DecisionOutcome | None = getattr(row, "outcome", None)
    chosen = next((option for option in row.options.all() if option.key == row.chosen), None)
    if found is None or chosen is None:
        return None
    hidden = () if sees_margin(person, chosen) else PRIVATE
    missed = difference(found.promised, found.came)
    rows = [
        (label, name in MONEY, found.promised[name], found.came.get(name), missed.get(name))
        for name, label in COMPARED.items()
        if name in found.promised and name not in hidden
    ]
    return OutcomeView(rows, months_words(found), outcome_sentence(found, company().currency))


def _option_view(row: Decision, option: DecisionOption, person: Person) -> OptionView:
    open_money = sees_margin(person, option)
    effects = {name: getattr(option, name) for name, _ in EFFECTS if name != "cash"}
    effects["cash"] = cash_effect(option.margin, option.cost, option.inventory)
    if not open_money:
        effects |= dict.fromkeys(PRIVATE)
    return OptionView(
        row=option,
        effects=effects,
        text=option.text if open_money or person.role in COST_ROLES else "",
        plan=plan_words(option.plan_effect),
        recommended=option.key == row.recommendation,
        chosen=row.state == Decision.State.DECIDED and option.key == row.chosen,
    )


def plan_words(effect: dict[str, Any]) -> str:
    """What an option does to the plan, in words: `BIKES −10 %, 2026-12 to 2027-01`."""
    if not effect:
        return ""
    if "gap_option" in effect or "scenario" in effect:
        return "Operations plan again with it."
    where = "Everything" if effect["scope"] == "all" else str(effect["code"])
    pct, quantity = effect.get("pct"), effect.get("quantity")
    change = (f"{pct:+g} %" if pct is not None else f"{quantity:+g} units a month").replace("-", MINUS)
    months = effect["from"] if effect["from"] == effect["to"] else f"{effect['from']} to {effect['to']}"
    return f"{where} {change}, {months}"


def decisions_page(cycle: Cycle | None, person: Person, on: date) -> dict[str, Any]:
    """Open briefs first, then those of this cycle that are settled, then earlier ones."""
    views = decision_views(list(decision_rows()), person, on)
    open_ones = [view for view in views if view.is_open]
    settled = [view for view in views if not view.is_open]
    return {
        "open": open_ones,
        "settled": [view for view in settled if cycle and view.row.cycle_id == cycle.pk],
        "earlier": [view for view in settled if not cycle or view.row.cycle_id != cycle.pk][-20:],
        "recommended_revenue": sum(_revenue(view) for view in open_ones),
    }


def _revenue(view: DecisionView) -> float:
    return (view.recommended.effects["revenue"] or 0.0) if view.recommended else 0.0


def decisions_waiting(person: Person, on: date) -> list[DecisionView]:
    """Open questions this person may decide now, for the first page and the executive page."""
    rows = decision_rows().exclude(state=Decision.State.DECIDED)
    views = decision_views([row for row in rows if not row.deferred_to or row.deferred_to <= on], person, on)
    return [view for view in views if view.may_decide]
