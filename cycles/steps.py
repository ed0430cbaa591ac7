"""The seven steps of a cycle: their order, dates, conditions and state changes.

One table (`STEPS`) says for every step which working days it takes, what must stand before it opens
and before it closes, and who signs; one table (`TRANSITIONS`) says how a state may change. Nothing
else decides about a step.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from cycles.calendar_days import add_working_days, working_day, working_days

# How a condition that does not stand yet is told.
WAITS = "It waits until "


class _Labelled(StrEnum):
    """A string enum whose members carry the words a person reads."""

    label: str

    def __new__(cls, value: str, label: str = "") -> "_Labelled":
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


class Step(_Labelled):
    """The steps in their order."""

    DATA_CLOSE = "data_close", "Data close"
    SALES_FORECAST = "sales_forecast", "Sales forecast"
    DEMAND_REVIEW = "demand_review", "Demand review"
    SUPPLY_REVIEW = "supply_review", "Supply review"
    PRE_SOP = "pre_sop", "Pre-S&OP"
    EXECUTIVE_SOP = "executive_sop", "Executive S&OP"
    PUBLISH = "publish", "Publish"

    @property
    def order(self) -> int:
        """0 for data close to 6 for publish."""
        return list(Step).index(self)


class StepState(_Labelled):
    """State of a step. *Late* is no state: it is derived from the due time (`is_late`)."""

    PENDING = "pending", "Not yet open"
    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"
    MISSED = "missed", "Missed"


class Action(_Labelled):
    """What may be done to a step."""

    OPEN = "open", "open"
    CLOSE = "close", "close"
    REOPEN = "reopen", "reopen"
    WITHDRAW = "withdraw", "take back, because an earlier step was reopened"
    MISS = "miss", "record as missed"


class Milestone(_Labelled):
    """What a cycle reaches, in order; each belongs to one step (`MILESTONE_STEP`)."""

    ACTUALS_IN = "actuals_in", "actuals of last month are imported and checked"
    BASELINE_BUILT = "baseline_built", "the baseline is built"
    PROPOSAL_BUILT = "proposal_built", "the proposal for the demand plan is built"
    DEMAND_SIGNED = "demand_signed", "the head of Sales has signed demand"
    SUPPLY_PLANNED = "supply_planned", "the supply plan is made"
    SUPPLY_SIGNED = "supply_signed", "the head of Operations has signed supply"
    FINANCE_CONFIRMED = "finance_confirmed", "Finance has confirmed the money view"
    PACK_FROZEN = "pack_frozen", "the pack is frozen"
    CEO_APPROVED = "ceo_approved", "the CEO has approved"
    PUBLISHED = "published", "the company forecast is published"


class Signer(_Labelled):
    """Who signs a step."""

    HEAD_OF_SALES = "head_of_sales", "head of Sales"
    HEAD_OF_OPERATIONS = "head_of_operations", "head of Operations"
    HEAD_OF_FINANCE = "head_of_finance", "head of Finance"
    CEO = "ceo", "CEO"


class WrongStateError(ValueError):
    """The action is not possible in the state the step is in."""


@dataclass(frozen=True)
class StepRule:
    """One row of the step table; days are working days of the cycle's month."""

    step: Step
    open_day: int
    close_day: int
    entry_closed: tuple[Step, ...] = ()
    entry: tuple[Milestone, ...] = ()
    exit: tuple[Milestone, ...] = ()
    by_time: bool = False
    signer: Signer | None = None


_RULES = (
    StepRule(Step.DATA_CLOSE, 1, 2, exit=(Milestone.ACTUALS_IN, Milestone.BASELINE_BUILT)),
    StepRule(
        Step.SALES_FORECAST,
        3,
        7,
        entry_closed=(Step.DATA_CLOSE,),
        entry=(Milestone.BASELINE_BUILT,),
        by_time=True,
    ),
    StepRule(
        Step.DEMAND_REVIEW,
        8,
        8,
        entry_closed=(Step.SALES_FORECAST,),
        exit=(Milestone.DEMAND_SIGNED,),
        signer=Signer.HEAD_OF_SALES,
    ),
    StepRule(
        Step.SUPPLY_REVIEW,
        9,
        11,
        entry=(Milestone.DEMAND_SIGNED,),
        exit=(Milestone.SUPPLY_PLANNED, Milestone.SUPPLY_SIGNED),
        signer=Signer.HEAD_OF_OPERATIONS,
    ),
    StepRule(
        Step.PRE_SOP,
        12,
        12,
        entry=(Milestone.SUPPLY_SIGNED,),
        exit=(Milestone.FINANCE_CONFIRMED, Milestone.PACK_FROZEN),
        signer=Signer.HEAD_OF_FINANCE,
    ),
    StepRule(
        Step.EXECUTIVE_SOP,
        14,
        14,
        entry=(Milestone.PACK_FROZEN,),
        exit=(Milestone.CEO_APPROVED,),
        signer=Signer.CEO,
    ),
    StepRule(Step.PUBLISH, 15, 15, entry=(Milestone.CEO_APPROVED,), exit=(Milestone.PUBLISHED,)),
)
STEPS: dict[Step, StepRule] = {rule.step: rule for rule in _RULES}
DEFAULT_DAYS: dict[Step, tuple[int, int]] = {rule.step: (rule.open_day, rule.close_day) for rule in _RULES}

MILESTONE_STEP: dict[Milestone, Step] = {
    Milestone.ACTUALS_IN: Step.DATA_CLOSE,
    Milestone.BASELINE_BUILT: Step.DATA_CLOSE,
    Milestone.PROPOSAL_BUILT: Step.DEMAND_REVIEW,
    Milestone.DEMAND_SIGNED: Step.DEMAND_REVIEW,
    Milestone.SUPPLY_PLANNED: Step.SUPPLY_REVIEW,
    Milestone.SUPPLY_SIGNED: Step.SUPPLY_REVIEW,
    Milestone.FINANCE_CONFIRMED: Step.PRE_SOP,
    Milestone.PACK_FROZEN: Step.PRE_SOP,
    Milestone.CEO_APPROVED: Step.EXECUTIVE_SOP,
    Milestone.PUBLISHED: Step.PUBLISH,
}
MILESTONE_NEEDS: dict[Milestone, tuple[Milestone, ...]] = {
    Milestone.BASELINE_BUILT: (Milestone.ACTUALS_IN,),
    Milestone.DEMAND_SIGNED: (Milestone.PROPOSAL_BUILT,),
    Milestone.SUPPLY_SIGNED: (Milestone.DEMAND_SIGNED, Milestone.SUPPLY_PLANNED),
    Milestone.FINANCE_CONFIRMED: (Milestone.SUPPLY_SIGNED,),
    Milestone.PACK_FROZEN: (Milestone.FINANCE_CONFIRMED,),
    Milestone.CEO_APPROVED: (Milestone.PACK_FROZEN,),
    Milestone.PUBLISHED: (Milestone.CEO_APPROVED,),
}

TRANSITIONS: dict[tuple[StepState, Action], StepState] = {
    (StepState.PENDING, Action.OPEN): StepState.OPEN,
    (StepState.PENDING, Action.MISS): StepState.MISSED,
    (StepState.PENDING, Action.WITHDRAW): StepState.PENDING,
    (StepState.OPEN, Action.CLOSE): StepState.CLOSED,
    (StepState.OPEN, Action.MISS): StepState.MISSED,
    (StepState.OPEN, Action.WITHDRAW): StepState.PENDING,
    (StepState.CLOSED, Action.REOPEN): StepState.OPEN,
    (StepState.CLOSED, Action.WITHDRAW): StepState.PENDING,
}


def next_state(state: StepState, action: Action) -> StepState:
    """The state after `action`; WrongStateError when the table has no such transition."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise WrongStateError(
            f"A step that is {state.label.lower()!r} cannot be changed this way: {action.label}."
        ) from None


def missing_for_open(step: Step, closed_steps: Collection[Step], milestones: Collection[Milestone]) -> list[str]:
    """What still has to happen before `step` may open, in plain words; empty when nothing."""
    rule = STEPS[step]
    steps = [f"{WAITS}{needed.label} is closed" for needed in rule.entry_closed if needed not in closed_steps]
    return steps + _missing(rule.entry, milestones)


def missing_for_close(step: Step, closed_steps: Collection[Step], milestones: Collection[Milestone]) -> list[str]:
    """What still has to happen before `step` may close; its entry condition counts too."""
    entry = missing_for_open(step, closed_steps, milestones)
    return entry + [gap for gap in _missing(STEPS[step].exit, milestones) if gap not in entry]


def missing_for_milestone(
    milestone: Milestone, closed_steps: Collection[Step], milestones: Collection[Milestone]
) -> list[str]:
    """What must stand before a milestone may be set: its step's entry condition and its needs.

    Work on a later step may be prepared early, but not signed: so only the milestones that sign or
    confirm wait for the entry condition, building the proposal or the supply plan does not.
    """
    prepared = milestone in (Milestone.PROPOSAL_BUILT, Milestone.SUPPLY_PLANNED)
    step = MILESTONE_STEP[milestone]
    entry = [] if prepared else missing_for_open(step, closed_steps, milestones)
    needs = _missing(MILESTONE_NEEDS.get(milestone, ()), milestones)
    return entry + [gap for gap in needs if gap not in entry]


def milestones_withdrawn_by_reopen(step: Step) -> set[Milestone]:
    """Reopening a step withdraws the milestones of this and of every later step."""
    return {m for m, owner in MILESTONE_STEP.items() if owner.order >= step.order}


def steps_withdrawn_by_reopen(step: Step) -> list[Step]:
    """The later steps, which go back to pending (`Action.WITHDRAW`) when `step` is reopened."""
    return [later for later in Step if later.order > step.order]


def is_late(state: StepState, due: datetime, at: datetime) -> bool:
    """Whether a step that is neither closed nor missed is past its due time at `at`."""
    return state in (StepState.PENDING, StepState.OPEN) and at > due


def template_dates(
    month: date,
    holidays: Collection[date] = frozenset(),
    days: Mapping[Step, tuple[int, int]] = DEFAULT_DAYS,
) -> dict[Step, tuple[date, date]]:
    """First and last day of every step in a cycle's month, from working days.

    A month with fewer working days than the template needs keeps data close and sales entry and
    compresses the steps after it evenly, order kept; the last one falls on the last working day.
    ValueError when `days` misses a step or runs backwards.
    """
    check_days(days)
    available = len(working_days(month, holidays=holidays))

    def on(day: int) -> date:
        return working_day(month, _compressed(day, days, available), holidays=holidays)

    return {step: (on(days[step][0]), on(days[step][1])) for step in Step}


def dates_from(
    start: date,
    *,
    start_day: int,
    holidays: Collection[date] = frozenset(),
    days: Mapping[Step, tuple[int, int]] = DEFAULT_DAYS,
) -> dict[Step, tuple[date, date]]:
    """The same steps dated from `start`, which takes the place of working day `start_day`.

    For a cycle started by hand in mid-month: every day keeps its distance in working days, so the
    steps may run into the next month.
    """
    check_days(days)

    def on(day: int) -> date:
        return add_working_days(start, day - start_day, holidays=holidays)

    return {step: (on(days[step][0]), on(days[step][1])) for step in Step}


def check_days(days: Mapping[Step, tuple[int, int]]) -> None:
    """ValueError when a template of working days misses a step or is not in order."""
    before = 1
    for step in Step:
        if step not in days:
            raise ValueError(f"The calendar template has no working days for {step.label}.")
        opens, closes = days[step]
        if not before <= opens <= closes:
            raise ValueError(
                f"{step.label} (working days {opens}-{closes}) starts before the step before it, "
                "or ends before it starts."
            )
        before = opens


def _compressed(day: int, days: Mapping[Step, tuple[int, int]], available: int) -> int:
    entry_end = days[Step.SALES_FORECAST][1]
    needed = max(closes for _, closes in days.values())
    if available >= needed or day <= entry_end:
        return day
    first = entry_end + 1
    span = max(needed - first, 1)
    return first + (day - first) * max(available - first, 0) // span


def _missing(needed: Collection[Milestone], reached: Collection[Milestone]) -> list[str]:
    return [f"{WAITS}{milestone.label}" for milestone in needed if milestone not in reached]
