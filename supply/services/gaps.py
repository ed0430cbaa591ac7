"""What is done about a gap: an option chosen, taken back, or the question sent on to pre-S&OP."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from cycles.models import Cycle
from cycles.services import cycle_lock_exclusive
from jobs.errors import Invalid, Refused
from masterdata.models import Person
from supply.models import Gap, GapOptionKind
from supply.options import Kind
from supply.outcome import Outcome
from supply.policy import check_planner, check_supply_open
from supply.relief import ADDS_HOURS
from supply.selectors.answers import plan_outcome
from supply.selectors.situation import reliefs_of
from supply.selectors.start import planning_situation
from supply.services.gap_rows import gaps_store
from supply.services.planning import supply_plan_build

MOST_GAPS: Final = 60


@dataclass(frozen=True)
class Replanned:
    """The plan before and after; `reopened` gaps leave more late than their option was chosen for."""

    before: Outcome
    after: Outcome
    reopened: int = 0

    @property
    def units_gained(self) -> float:
        return self.before.units_late - self.after.units_late

    @property
    def value_gained(self) -> float:
        return self.before.value_late - self.after.value_late


@transaction.atomic
def gap_option_choose(*, gap: Gap, kind: GapOptionKind, person: Person, at: datetime, decision: str = "") -> Replanned:
    """Take an option for a gap and plan again at once.

    For the supply planner until supply is signed; with the code of a `decision` for whoever decided it.
    """
    gap = _open_for_change(gap, person, decision)
    _choose(gap, kind, person, at, decision)
    return _replan(gap.cycle, person, at, decision, [gap])


@transaction.atomic
def gap_option_clear(*, gap: Gap, person: Person, at: datetime) -> Replanned:
    """Take a choice back: the gap is open again and the plan goes without the option."""
    gap = _open_for_change(gap, person, "")
    gap.chosen, gap.extra_hours, gap.state, gap.note = "", 0.0, Gap.State.OPEN, ""
    gap.by, gap.at = person, at
    gap.save(update_fields=["chosen", "extra_hours", "state", "note", "by", "at"])
    return _replan(gap.cycle, person, at, "", [])


@transaction.atomic
def gaps_take_recommended(*, cycle: Cycle, person: Person, at: datetime) -> Replanned:
    """Take the recommended option for every unanswered gap, one after the other and the earliest month first:
    relieving one resource may show the next, and two gaps may want the same free hours.

    A gap stays open when its option leaves more late than its draft said.
    """
    cycle_lock_exclusive(cycle)
    check_planner(person, "Choosing options")
    check_supply_open(cycle)
    before, given = plan_outcome(cycle), planning_situation(cycle)
    for _ in range(MOST_GAPS):
        made = given.commitment(reliefs_of(cycle, given.capacity))
        open_rows = [
            row
            for row in gaps_store(given=given, made=made, lines=None, at=at)
            if row.state == Gap.State.OPEN and not row.chosen
        ]
        if not open_rows:
            break
        gap = min(open_rows, key=lambda row: (row.month, -row.value))
        best = next(option["kind"] for option in gap.options if option["recommended"])
        _choose(gap, GapOptionKind(best), person, at, "")
    supply_plan_build(cycle=cycle, at=at, by=person)
    reopened = Gap.objects.filter(cycle=cycle, state=Gap.State.OPEN).exclude(chosen="").count()
    return Replanned(before, plan_outcome(cycle), reopened)


@transaction.atomic
def gap_escalate(*, gap: Gap, person: Person, at: datetime, note: str = "") -> Gap:
    """Send a gap to pre-S&OP as a question to decide; the brief is `supply.selectors.gaps.gap_brief`."""
    gap = _open_for_change(gap, person, "")
    if gap.chosen:
        raise Refused("gap_answered", "An option is chosen for this gap. Take it back before sending the question on.")
    gap.state, gap.note, gap.by, gap.at = Gap.State.ESCALATED, note.strip()[:500], person, at
    gap.save(update_fields=["state", "note", "by", "at"])
    return gap


def _open_for_change(gap: Gap, person: Person, decision: str) -> Gap:
    cycle_lock_exclusive(gap.cycle)
    if not decision:
        check_planner(person, "Choosing options")
        check_supply_open(gap.cycle)
    found = Gap.objects.select_for_update(of=("self",)).select_related("cycle", "resource").filter(pk=gap.pk).first()
    if found is None:
        raise Refused("gap_gone", "This gap is no longer there: the plan has been made again without it.")
    return found


def _choose(gap: Gap, kind: GapOptionKind, person: Person, at: datetime, decision: str) -> None:
    option = next((o for o in gap.options if o["kind"] == kind), None)
    if option is None:
        raise Invalid(f"Choose one of the options of this gap: {', '.join(o['label'] for o in gap.options)}.")
    if not option["feasible"]:
        raise Refused("not_possible", option["text"])
    gap.chosen, gap.state, gap.by, gap.at = kind, Gap.State.CHOSEN, person, at
    gap.extra_hours = option["hours"] if Kind(kind) in ADDS_HOURS else 0.0
    gap.note = f"Decision {decision}" if decision else ""
    gap.save(update_fields=["chosen", "state", "by", "at", "extra_hours", "note"])


def _replan(cycle: Cycle, person: Person, at: datetime, decision: str, chosen: list[Gap]) -> Replanned:
    """Plan again, and write down what stays late with the option taken: more than that opens the gap again."""
    before = plan_outcome(cycle)
    supply_plan_build(cycle=cycle, at=at, by=person, decision=decision)
    for gap in chosen:
        _accept_rest(gap)
    return Replanned(before, plan_outcome(cycle))


def _accept_rest(gap: Gap) -> None:
    gap.refresh_from_db()
    for option in gap.options:
        if option["kind"] == gap.chosen:
            option["units_after"] = gap.units
    gap.state = Gap.State.CHOSEN
    gap.save(update_fields=["options", "state"])
