"""Minutes of a meeting and the personal digest after it, as data and as plain text.

The texts are lists of sections (heading, lines), so that a page, a mail and a file show the same
words. Minutes list only what changed in the meeting; a digest puts the reader's own part first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from cycles.periods import format_month
from supply.wording import count_text, list_text, money_text, signed_money_text

MOST_CHANGES: Final = 10
PLAN_LINES: Final = 5
UNCHANGED: Final = "Every number of yours is published as you gave it."


@dataclass(frozen=True)
class Part:
    """A heading and its lines."""

    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Text:
    """A text in parts; `plain` is what a reader without HTML sees."""

    title: str
    parts: tuple[Part, ...]

    @property
    def plain(self) -> str:
        """Title, then every part with its lines as a list."""
        blocks = [f"{part.heading}\n" + "\n".join(f"- {line}" for line in part.lines) for part in self.parts]
        return "\n\n".join([self.title, *blocks]) + "\n"


@dataclass(frozen=True)
class DecisionFacts:
    """A decision dealt with; `chosen` is empty and `deferred_to` set when it was put off."""

    code: str
    question: str
    chosen: str = ""
    decided_by: str = ""
    on_behalf_of: str = ""
    deferred_to: date | None = None
    reason: str = ""
    revenue: float | None = None
    margin: float | None = None
    proposed: bool = False


@dataclass(frozen=True)
class ActionFacts:
    """An action that is new or whose state changed; `outcome` says what became of a closed one."""

    code: str
    text: str
    owner: str
    due: date
    closed: bool = False
    outcome: str = ""


@dataclass(frozen=True)
class MeetingFacts:
    """What happened in one meeting; `signed` are finished sentences such as who signed what for whom."""

    title: str
    cycle: str
    on: date
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    decisions: tuple[DecisionFacts, ...] = ()
    actions: tuple[ActionFacts, ...] = ()
    assumptions: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()
    currency: str = ""
    sealed: str = ""


@dataclass(frozen=True)
class LineChange:
    """A change of a reader's own line between what they gave and what is published."""

    customer: str
    product: str
    month: date
    before: float
    after: float
    why: str
    value: float = 0.0


@dataclass(frozen=True)
class ReaderFacts:
    """One reader: their lines that changed and the actions they own."""

    name: str
    changes: tuple[LineChange, ...] = ()
    actions: tuple[ActionFacts, ...] = ()


@dataclass(frozen=True)
class PlanFacts:
    """The published plan in a digest: up to five sentences, and the decisions taken."""

    cycle: str
    lines: tuple[str, ...]
    decisions: tuple[DecisionFacts, ...] = ()
    currency: str = ""


def minutes(facts: MeetingFacts) -> Text:
    """Minutes in the order attendance, decisions, actions, notes, assumptions, signatures, seal.

    Parts without content are left out; a meeting that decided nothing says so.
    """
    decided = [decision_line(d, facts.currency) for d in facts.decisions] or ["No decision was taken."]
    parts = (
        Part("Present", tuple(_attendance(facts))),
        Part("Decisions", tuple(decided)),
        Part("Actions", tuple(action_line(a) for a in facts.actions)),
        Part("Notes", tuple(f"{item}: {' '.join(note.split())}" for item, note in facts.notes if note.strip())),
        Part("Assumptions", facts.assumptions),
        Part("Signed", facts.signed),
        Part("Record of changes", (facts.sealed,) if facts.sealed else ()),
    )
    title = f"{facts.title}, cycle {facts.cycle}, {_day(facts.on)}"
    return Text(title, tuple(part for part in parts if part.lines))


def text_of(plain: str) -> Text:
    """The text that `plain` was made from; a heading without lines (earlier minutes) is a part of its own."""
    title, *blocks = plain.strip().split("\n\n")
    return Text(title, tuple(_part(block) for block in blocks))


def _part(block: str) -> Part:
    heading, *lines = block.strip().splitlines()
    return Part(heading, tuple(line.removeprefix("- ") for line in lines))


def digest(plan: PlanFacts, reader: ReaderFacts) -> Text:
    """One reader's digest: their lines and actions first, then the plan, then the decisions."""
    parts = (
        own_part(reader.changes),
        Part("Your actions", tuple(action_line(a) for a in reader.actions)),
        Part("The plan", plan.lines[:PLAN_LINES]),
        Part("Decisions", tuple(decision_line(d, plan.currency) for d in plan.decisions)),
    )
    title = f"Company forecast {plan.cycle} is published"
    return Text(title, tuple(part for part in parts if part.lines))


def own_part(changes: Sequence[LineChange], none: str = UNCHANGED) -> Part:
    """What changes for a reader's own customers, or the sentence that nothing does."""
    return Part(_own_heading(changes), tuple(_changes(changes, none)))


def decision_line(decision: DecisionFacts, currency: str = "") -> str:
    """One decision as a sentence: what was asked, what was chosen, by whom, why and its effect."""
    start = f"{decision.code} {decision.question.strip()}"
    if decision.deferred_to is not None:
        return _with_reason(f"{start} Deferred to {_day(decision.deferred_to)}.", decision.reason)
    if not decision.chosen:
        return f"{start} Not decided."
    who = decision.decided_by + (f" for {decision.on_behalf_of}" if decision.on_behalf_of else "")
    effects = [
        f"{name} {signed_money_text(value, currency)}"
        for name, value in (("revenue", decision.revenue), ("margin", decision.margin))
        if value is not None
    ]
    effect = f" ({', '.join(effects)})" if effects else ""
    verb = "Proposed (no quorum; to be confirmed)" if decision.proposed else "Decided"
    return _with_reason(f"{start} {verb} by {who}: {decision.chosen}{effect}.", decision.reason)


def action_line(action: ActionFacts) -> str:
    """One action as a sentence: owner, what, due date or outcome."""
    what = f"{action.code} {action.owner}: {action.text.strip()}"
    if action.closed:
        return f"{what}. Closed" + (f": {action.outcome.strip()}" if action.outcome.strip() else ".")
    return f"{what}, by {_day(action.due)}."


def change_line(change: LineChange) -> str:
    """One changed cell of a reader's own lines, with its reason."""
    moved = f"{change.before:,.0f} to {change.after:,.0f}"
    return f"{change.customer}, {change.product}, {format_month(change.month)}: {moved}. {change.why}".strip()


def _attendance(facts: MeetingFacts) -> list[str]:
    lines = [", ".join(facts.present)] if facts.present else []
    return [*lines, f"Not there: {', '.join(facts.absent)}"] if facts.absent else lines


def _own_heading(changes: Sequence[LineChange]) -> str:
    customers = sorted({change.customer for change in changes})
    things = count_text(len(changes), "thing changes", "things change")
    return f"{things} for {list_text(customers)}" if customers else "Your customers"


def _changes(changes: Sequence[LineChange], none: str) -> list[str]:
    if not changes:
        return [none]
    ordered = sorted(changes, key=lambda c: (-abs(c.value), c.month, c.customer, c.product))
    rest = ordered[MOST_CHANGES:]
    lines = [change_line(change) for change in ordered[:MOST_CHANGES]]
    worth = money_text(sum(abs(change.value) for change in rest))
    more = count_text(len(rest), "smaller change")
    return [*lines, f"{more}, {worth} together: see your sheet."] if rest else lines


def _with_reason(sentence: str, reason: str) -> str:
    return f"{sentence} Reason: {reason.strip()}" if reason.strip() else sentence


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
