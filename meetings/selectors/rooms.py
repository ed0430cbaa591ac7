"""The meeting room: agenda with what each item is about, who is there, what is open, what was written."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from cycles.models import Cycle, CycleState
from cycles.selectors import milestones_reached
from cycles.steps import Milestone
from masterdata.models import Family, Person
from masterdata.selectors import people
from meetings.agenda import Section
from meetings.models import Action, Decision, Meeting, MeetingKind
from meetings.quorum import quorum
from meetings.selectors.actions import improvements
from meetings.selectors.decisions import DecisionView, decision_rows, decision_views
from meetings.selectors.outcomes import PROMISE
from meetings.selectors.pack import pack_for
from meetings.selectors.register import register_rows
from meetings.selectors.rights import leads, raises_briefs, takes_part
from meetings.selectors.topics import assumptions
from meetings.selectors.we_review import we_review
from supply.models import Gap

# how long before the meeting its pack is to be frozen
PACK_LEAD = timedelta(hours=24)
STATE_MARKS = {
    Meeting.State.PLANNED: "",
    Meeting.State.RUNNING: "active",
    Meeting.State.FINISHED: "done",
    Meeting.State.CANCELLED: "off",
}
LINKS = {"line": "/demand/", "gap": "/supply/#gaps", "stock": "/supply/", "launch": "/demand/", "end": "/demand/"}


@dataclass(frozen=True)
class ItemView:
    """An agenda item with the decisions and actions it covers; `starts` is minutes after the beginning."""

    number: int
    item: dict[str, Any]
    starts: int
    decisions: list[DecisionView]
    actions: list[Action]
    outcomes: list[DecisionView]
    url: str

    @property
    def is_one_question(self) -> bool:
        """The question stands below with its options, so that the title need not say it too."""
        return len(self.decisions) == len(self.item["codes"]) == 1

    @property
    def is_review(self) -> bool:
        return bool(self.item["section"] == Section.REVIEW)


def room_page(meeting: Meeting, items: list[dict[str, Any]], person: Person, on: date) -> dict[str, Any]:
    """Everything the room shows; `items` is the agenda as kept or as it would be now."""
    cycle = meeting.cycle
    attendance = list(meeting.attendance.select_related("person__user").order_by("person__user__first_name"))
    return {
        "meeting": meeting,
        "cycle": cycle,
        "items": item_views(meeting, items, person, on),
        "total_minutes": sum(item["minutes"] for item in items),
        "attendance": attendance,
        "quorum_missing": meeting.state == Meeting.State.RUNNING and not quorum([row.present for row in attendance]),
        "nobody_marked": all(row.present is None for row in attendance),
        "review": we_review(cycle) if meeting.kind in (MeetingKind.DEMAND_REVIEW, MeetingKind.EXECUTIVE) else None,
        "improvements": improvements(cycle, on) if meeting.kind == MeetingKind.DEMAND_REVIEW else [],
        "assumptions": assumptions(cycle),
        **register_rows(cycle, on),
        "new_actions": list(meeting.actions.select_related("owner__user")),
        "writes": leads(person),
        "takes_part": takes_part(person),
        "raises_briefs": raises_briefs(person),
        "pack": pack_for(meeting.pack, person) if meeting.pack else None,
        "pack_late": meeting.pack_frozen_at is not None and meeting.starts_at - meeting.pack_frozen_at < PACK_LEAD,
        "everybody": list(people().order_by("user__first_name")),
        "families": list(Family.objects.all()),
        "mark": STATE_MARKS[Meeting.State(meeting.state)],
        **_agreement(meeting, cycle),
    }


def present_page(
    meeting: Meeting, items: list[dict[str, Any]], wanted: int, person: Person, on: date
) -> dict[str, Any]:
    """The room with one of its agenda items, and those before and after it."""
    page = room_page(meeting, items, person, on)
    last = len(items) - 1
    shown = min(wanted, last)
    return page | {
        "item": page["items"][shown],
        "place": shown + 1,
        "previous": shown - 1 if shown else None,
        "following": shown + 1 if shown < last else None,
        "back": f"present-{shown}",
    }


def _agreement(meeting: Meeting, cycle: Cycle) -> dict[str, Any]:
    """What of the agreement belongs into this room."""
    reached = milestones_reached(cycle)
    return {
        "shows_signed": meeting.kind != MeetingKind.EXECUTIVE and cycle.state == CycleState.OPEN,
        "shows_confirm": meeting.kind == MeetingKind.PRE_SOP,
        "shows_approve": meeting.kind == MeetingKind.EXECUTIVE,
        "may_freeze": Milestone.FINANCE_CONFIRMED in reached and Milestone.PACK_FROZEN not in reached,
    }


def item_views(meeting: Meeting, items: list[dict[str, Any]], person: Person, on: date) -> list[ItemView]:
    codes = {code.removeprefix(PROMISE) for item in items for code in item["codes"]}
    decisions = {v.row.code: v for v in decision_views(list(decision_rows().filter(code__in=codes)), person, on)}
    actions = {a.code: a for a in Action.objects.filter(code__in=codes).select_related("owner__user", "cycle")}
    views, starts = [], 0
    for number, item in enumerate(items):
        views.append(
            ItemView(
                number=number,
                item=item,
                starts=starts,
                decisions=[decisions[code] for code in item["codes"] if code in decisions],
                actions=[actions[code] for code in item["codes"] if code in actions],
                outcomes=[decisions[c.removeprefix(PROMISE)] for c in item["codes"] if c.startswith(PROMISE)],
                url=_url(item),
            )
        )
        starts += item["minutes"]
    return views


def _url(item: dict[str, Any]) -> str:
    if item["section"] == Section.PROMISES:
        return f"/meetings/decisions/{item['codes'][0].removeprefix(PROMISE)}/"
    if item["section"] == Section.MONEY:
        return "/finance/"
    return LINKS.get(item["codes"][0].partition(":")[0], "") if item["codes"] else ""


def meetings_page(cycle: Cycle | None, at: datetime) -> dict[str, Any]:
    """The meetings of the open cycle, and the minutes of earlier ones."""
    rows = list(Meeting.objects.select_related("cycle").prefetch_related("attendance", "actions"))
    mine = [row for row in rows if cycle and row.cycle_id == cycle.pk]
    earlier = [row for row in rows if row not in mine and row.minutes_text]
    counts = _decision_counts(cycle)
    return {
        "cycle": cycle,
        "meetings": [
            {
                "row": row,
                "mark": STATE_MARKS[Meeting.State(row.state)],
                "is_past": row.state == Meeting.State.PLANNED and row.starts_at < at,
                "invited": len(row.attendance.all()),
                "present": sum(bool(a.present) for a in row.attendance.all()),
                "decisions": counts.get(row.kind, 0),
                "actions": len(row.actions.all()),
            }
            for row in sorted(mine, key=lambda row: row.starts_at)
        ],
        "earlier": sorted(earlier, key=lambda row: row.starts_at, reverse=True)[:24],
    }


def _decision_counts(cycle: Cycle | None) -> dict[str, int]:
    """Open questions by the meeting that decides them."""
    if cycle is None:
        return {}
    counts: dict[str, int] = {}
    for forum in Decision.objects.exclude(state=Decision.State.DECIDED).values_list("forum", flat=True):
        counts[forum] = counts.get(forum, 0) + 1
    return counts


def gaps_without_brief(cycle: Cycle) -> list[Gap]:
    """Gaps that operations sent to pre-S&OP and that no brief asks about yet."""
    asked = Decision.objects.filter(gap__isnull=False).values_list("gap", flat=True)
    rows = Gap.objects.filter(cycle=cycle, state=Gap.State.ESCALATED).exclude(pk__in=list(asked))
    return list(rows.select_related("resource", "by__user", "cycle"))
