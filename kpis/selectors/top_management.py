"""Whether top management stands behind the process: the CEO's attendance and approvals, how fast decisions come, and
whom the S&OP leader reports to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cycles.models import Cycle, CycleState, MilestoneReached
from cycles.steps import Milestone
from kpis.measures import process
from masterdata.models import Person
from masterdata.selectors import ceo
from meetings.models import Attendance, Decision, Meeting, MeetingKind
from meetings.selectors.people import leader

CYCLES = 12
HOUR = 3600.0


@dataclass(frozen=True)
class CycleSupport:
    """One cycle as the CEO treated it; `hours` from the frozen pack to the approval, `latency` of its decisions."""

    cycle: Cycle
    meeting: Meeting | None
    present: bool | None
    approved: MilestoneReached | None
    hours: float | None
    decided: int
    latency: float | None

    @property
    def attendance_words(self) -> str:
        """Whether the CEO was at the executive meeting."""
        if self.meeting is None:
            return "no meeting"
        if self.meeting.state == Meeting.State.PLANNED and self.cycle.state != CycleState.OPEN:
            return "not held"
        if self.meeting.state != Meeting.State.FINISHED:
            return self.meeting.get_state_display().lower()
        return {True: "was there", False: "was not there", None: "not recorded"}[self.present]


def top_management(cycle: Cycle) -> dict[str, Any]:
    """The last real cycles, newest first; a replayed one had no CEO."""
    seen = list(Cycle.objects.filter(month__lte=cycle.month, simulated=False).order_by("-month")[:CYCLES])
    boss, runs = ceo(), leader()
    rows = _rows(seen, boss)
    held = [row for row in rows if row.meeting is not None and row.meeting.state == Meeting.State.FINISHED]
    return {
        "rows": rows,
        "ceo": boss,
        "leader": runs,
        "reports_to": runs.reports_to if runs else None,
        "to_the_ceo": bool(runs and boss and runs.reports_to_id == boss.pk),
        "held": len(held),
        "attended": sum(bool(row.present) for row in held),
        "approved": sum(row.approved is not None for row in rows),
    }


def _rows(seen: Sequence[Cycle], boss: Person | None) -> list[CycleSupport]:
    meetings = {row.cycle_id: row for row in Meeting.objects.filter(cycle__in=seen, kind=MeetingKind.EXECUTIVE)}
    there = Attendance.objects.filter(meeting__in=list(meetings.values()), person=boss)
    present = dict(there.values_list("meeting__cycle_id", "present"))
    reached = _reached(seen)
    decisions: dict[int, list[tuple[datetime, datetime | None]]] = {}
    decided = Decision.objects.filter(cycle__in=seen, state=Decision.State.DECIDED)
    for pk, raised, at in decided.values_list("cycle_id", "raised_at", "decided_at"):
        decisions.setdefault(pk, []).append((raised, at))
    return [_row(each, meetings, present, reached, decisions.get(each.pk, [])) for each in seen]


def _reached(seen: Sequence[Cycle]) -> dict[tuple[int, str], MilestoneReached]:
    kinds = [Milestone.PACK_FROZEN.value, Milestone.CEO_APPROVED.value]
    rows = MilestoneReached.objects.filter(cycle__in=seen, kind__in=kinds, withdrawn_at=None)
    return {(row.cycle_id, row.kind): row for row in rows.select_related("by", "on_behalf_of")}


def _row(
    cycle: Cycle,
    meetings: dict[int, Meeting],
    present: dict[int, bool | None],
    reached: dict[tuple[int, str], MilestoneReached],
    decisions: list[tuple[datetime, datetime | None]],
) -> CycleSupport:
    approved = reached.get((cycle.pk, Milestone.CEO_APPROVED.value))
    frozen = reached.get((cycle.pk, Milestone.PACK_FROZEN.value))
    hours = (approved.at - frozen.at).total_seconds() / HOUR if approved and frozen else None
    latency = process.decision_latency(decisions)
    return CycleSupport(
        cycle=cycle,
        meeting=meetings.get(cycle.pk),
        present=present.get(cycle.pk),
        approved=approved,
        hours=hours,
        decided=latency.n,
        latency=latency.value if latency.is_known else None,
    )
