"""Actions as everybody reads them: mine first, how long carried, whom they were escalated to, what was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from cycles.models import Cycle
from cycles.periods import add_months, months_between
from cycles.reminders import Kind
from cycles.selectors import current_cycle
from jobs.models import Message, MessageState
from masterdata.models import Person
from masterdata.selectors import people
from meetings.models import Action, ActionComment
from meetings.selectors.rights import closes, takes_part
from supply.wording import count_text

CLOSED_SHOWN = 30


@dataclass(frozen=True)
class ActionView:
    """An action on the page; `carried` counts the cycles since it was raised, `told` who heard that it is overdue."""

    row: Action
    mine: bool
    overdue: bool
    may_close: bool
    carried: int
    told: str
    comments: Sequence[ActionComment]

    @property
    def carried_words(self) -> str:
        return f"carried over {count_text(self.carried, 'cycle')}" if self.carried else ""

    @property
    def source_words(self) -> str:
        """Where it comes from: the WE review or a barrier, and the meeting."""
        source = self.row.get_source_display() if self.row.source else ""
        meeting = f"{self.row.meeting.get_kind_display()} of {self.row.cycle.month:%b %Y}" if self.row.meeting else ""
        return ", ".join(part for part in (source, meeting) if part)


def action_rows() -> QuerySet[Action]:
    rows = Action.objects.select_related("owner__user", "raised_by__user", "meeting", "cycle")
    return rows.prefetch_related("comments__by__user")


def actions_page(person: Person, on: date) -> dict[str, Any]:
    """Open actions, mine first, overdue marked; then the latest closed ones."""
    views = action_views(list(action_rows().filter(state=Action.State.OPEN)), person, on)
    return {
        "mine": [view for view in views if view.mine],
        "others": [view for view in views if not view.mine],
        "overdue": sum(view.overdue for view in views),
        "closed": list(action_rows().exclude(state=Action.State.OPEN).order_by("-closed_at")[:CLOSED_SHOWN]),
        "everybody": list(people().order_by("user__first_name")),
        "takes_part": takes_part(person),
    }


def action_views(rows: Sequence[Action], person: Person, on: date) -> list[ActionView]:
    now, told = current_cycle(), _escalated_to()
    return [
        ActionView(
            row=row,
            mine=row.owner_id == person.pk,
            overdue=row.due_on < on,
            may_close=closes(person, row),
            carried=max(months_between(row.cycle.month, now.month), 0) if now else 0,
            told=told.get(row.code, ""),
            comments=list(row.comments.all()),
        )
        for row in rows
    ]


def _escalated_to() -> dict[str, str]:
    """Who was told of an overdue action, by its code, which stands in the message's key."""
    rows = Message.objects.filter(kind=Kind.ACTION_ESCALATED.value).exclude(state=MessageState.CANCELLED)
    found = rows.values_list("key", "recipient__first_name")
    return {key.partition(":action:")[2].partition(":")[0]: name for key, name in found}


def improvements(cycle: Cycle, on: date) -> list[Action]:
    """What the WE review of the cycle before promised to improve, and what of earlier ones is still open."""
    rows = action_rows().filter(source=Action.Source.REVIEW, cycle__month__lt=cycle.month)
    last = add_months(cycle.month, -1)
    return [row for row in rows if row.state == Action.State.OPEN or row.cycle.month == last]
