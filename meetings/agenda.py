"""The agenda of a meeting, built from what is open: actions first, then the most valuable topics.

A meeting has fixed minutes; what does not fit is gathered in one item per section, to be taken as
proposed unless somebody objects. Anchors for the lengths: demand review 60-75, executive 60-90 minutes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from supply.wording import count_text, money_text

REST_MINUTES: Final = 2


class Meeting(StrEnum):
    """The four meetings of a cycle, by the code of their step."""

    DEMAND_REVIEW = "demand_review"
    SUPPLY_REVIEW = "supply_review"
    PRE_SOP = "pre_sop"
    EXECUTIVE = "executive_sop"


class Section(StrEnum):
    """Parts of an agenda."""

    ACTIONS = "actions"
    REVIEW = "review"
    PROMISES = "promises"
    PORTFOLIO = "portfolio"
    EXCEPTIONS = "exceptions"
    ASSUMPTIONS = "assumptions"
    GAPS = "gaps"
    INVENTORY = "inventory"
    MONEY = "money"
    RISKS = "risks"
    DECISIONS = "decisions"
    CLOSE = "close"


@dataclass(frozen=True)
class Topic:
    """Something to talk about: `value` is money at stake, `overdue` puts it before the others."""

    code: str
    title: str
    value: float = 0.0
    overdue: bool = False


@dataclass(frozen=True)
class Item:
    """One agenda item; `codes` are the topics it covers."""

    section: Section
    title: str
    minutes: int
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """How a meeting treats a section: minutes it always gets, minutes per topic, and its rank when
    minutes are scarce (1 = served first; 0 = the section has no topics of its own).
    """

    section: Section
    title: str
    fixed: int = 0
    per_topic: int = 0
    rank: int = 0


PLANS: Final[dict[Meeting, tuple[Part, ...]]] = {
    Meeting.DEMAND_REVIEW: (
        Part(Section.ACTIONS, "Open actions", per_topic=2, rank=1),
        Part(Section.REVIEW, "What we got right, what we missed, how we improve", fixed=10),
        Part(Section.PROMISES, "What came of decisions", per_topic=2, rank=4),
        Part(Section.ASSUMPTIONS, "Assumptions", per_topic=2, rank=4),
        Part(Section.PORTFOLIO, "Launches and phase-outs", per_topic=4, rank=3),
        Part(Section.EXCEPTIONS, "Exceptions", per_topic=3, rank=2),
        Part(Section.CLOSE, "The head of Sales signs demand", fixed=5),
    ),
    Meeting.SUPPLY_REVIEW: (
        Part(Section.ACTIONS, "Open actions", per_topic=2, rank=2),
        Part(Section.REVIEW, "Last month's supply against its plan", fixed=5),
        Part(Section.PROMISES, "What came of decisions", per_topic=2, rank=4),
        Part(Section.GAPS, "Gaps over tolerance", per_topic=5, rank=1),
        Part(Section.INVENTORY, "Inventory out of its band", per_topic=3, rank=3),
        Part(Section.CLOSE, "The head of Operations signs supply", fixed=5),
    ),
    Meeting.PRE_SOP: (
        Part(Section.ACTIONS, "Open actions", per_topic=2, rank=2),
        Part(Section.PROMISES, "What came of decisions", per_topic=2, rank=4),
        Part(Section.MONEY, "Gap to budget: volume, price, mix", fixed=10),
        Part(Section.DECISIONS, "Decide here or escalate", per_topic=8, rank=1),
        Part(Section.RISKS, "Risks and opportunities", per_topic=3, rank=3),
        Part(Section.CLOSE, "Finance confirms the money view; the pack is frozen", fixed=5),
    ),
    Meeting.EXECUTIVE: (
        Part(Section.ACTIONS, "Open actions", per_topic=2, rank=2),
        Part(Section.REVIEW, "Did we do what we said? What changed?", fixed=10),
        Part(Section.PROMISES, "What came of decisions", per_topic=2, rank=4),
        Part(Section.DECISIONS, "Decisions due today", per_topic=10, rank=1),
        Part(Section.MONEY, "Are we on budget? Is the plan feasible?", fixed=10),
        Part(Section.RISKS, "Risks and opportunities", per_topic=3, rank=3),
        Part(Section.CLOSE, "The CEO approves the plan, or returns it with a reason", fixed=5),
    ),
}
LIMITS: Final = {
    Meeting.DEMAND_REVIEW: 75,
    Meeting.SUPPLY_REVIEW: 60,
    Meeting.PRE_SOP: 90,
    Meeting.EXECUTIVE: 90,
}


def build(
    meeting: Meeting,
    topics: Mapping[Section, Sequence[Topic]],
    *,
    limit: int | None = None,
    currency: str = "",
) -> list[Item]:
    """The agenda in its order, at most `limit` minutes in all (the meeting's own when None).

    Sections without topics are left out unless they have fixed minutes. Within a section overdue
    topics come first, then the most valuable; ties by code. ValueError for topics of a section the
    meeting does not have, and for a limit too short for the fixed parts.
    """
    plan = PLANS[meeting]
    foreign = [s for s in topics if topics[s] and s not in {part.section for part in plan if part.rank}]
    if foreign:
        raise ValueError(f"The {meeting.value} has no topics of the section {foreign[0].value!r}.")
    places = _places(plan, topics, LIMITS[meeting] if limit is None else limit)
    return [item for part in plan for item in _items(part, topics.get(part.section, ()), places, currency)]


def total_minutes(items: Sequence[Item]) -> int:
    """Minutes of all items together."""
    return sum(item.minutes for item in items)


def nothing_to_decide(items: Sequence[Item]) -> bool:
    """Whether no decision, gap or exception is on the agenda: the meeting may be cancelled."""
    return not any(i.section in (Section.DECISIONS, Section.GAPS, Section.EXCEPTIONS) for i in items)


def _places(plan: Sequence[Part], topics: Mapping[Section, Sequence[Topic]], limit: int) -> dict[Section, int]:
    """How many topics of each section get an item of their own."""
    waiting = sorted((p for p in plan if p.rank and topics.get(p.section)), key=lambda p: p.rank)
    left = limit - sum(part.fixed for part in plan) - REST_MINUTES * len(waiting)
    if left < 0:
        raise ValueError(f"{limit} minutes are too short for this meeting: {limit - left} are needed.")
    places = {}
    for part in waiting:
        count = len(topics[part.section])
        all_fit = count * part.per_topic <= left + REST_MINUTES
        places[part.section] = count if all_fit else left // part.per_topic
        left += (REST_MINUTES if all_fit else 0) - places[part.section] * part.per_topic
    return places


def _items(part: Part, topics: Sequence[Topic], places: Mapping[Section, int], currency: str) -> list[Item]:
    if not part.rank:
        return [Item(part.section, part.title, part.fixed)]
    ordered = sorted(topics, key=lambda topic: (not topic.overdue, -abs(topic.value), topic.code))
    own = places.get(part.section, 0)
    items = [Item(part.section, topic.title, part.per_topic, (topic.code,)) for topic in ordered[:own]]
    return items + _rest(part, ordered[own:], currency)


def _rest(part: Part, topics: Sequence[Topic], currency: str) -> list[Item]:
    if not topics:
        return []
    worth = sum(abs(topic.value) for topic in topics)
    value = f", {money_text(worth, currency)} together" if worth else ""
    more = count_text(len(topics), "more topic")
    title = f"{part.title}: {more}{value}, taken as proposed unless somebody objects"
    return [Item(part.section, title, REST_MINUTES, tuple(topic.code for topic in topics))]
