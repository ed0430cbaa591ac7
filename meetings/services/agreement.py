"""The agreement: Finance confirms, the pack is frozen, the CEO approves or returns."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from cycles.calendar_days import add_working_days
from cycles.models import Cycle, MilestoneReached
from cycles.selectors import company_holidays, milestones_reached, step_of
from cycles.services import cycle_advance, cycle_lock_exclusive, milestone_reach
from cycles.steps import Milestone, Step
from jobs.errors import Invalid, Refused
from masterdata.models import Person
from masterdata.roles import Role
from masterdata.selectors import ceo, company, head_of
from masterdata.signing import signing_for
from meetings.models import Meeting, MeetingKind
from meetings.policy import check_leads
from meetings.selectors.pack import pack_content
from meetings.selectors.rooms import PACK_LEAD
from meetings.services.cadence import DUE_AT, step_reopen_whole
from meetings.services.decisions import proposals_confirm
from meetings.services.digests import pack_mails_queue
from meetings.services.publishing import publish_queue

# Who may return the plan that the other side has signed: department, title, and what has to be signed.
RETURNS = {
    Step.DEMAND_REVIEW: ("Operations", "head of Operations", Milestone.DEMAND_SIGNED),
    Step.SUPPLY_REVIEW: ("Sales", "head of Sales", Milestone.SUPPLY_SIGNED),
}


@transaction.atomic
def finance_confirm(*, cycle: Cycle, person: Person, at: datetime, note: str = "") -> MilestoneReached:
    """Finance confirms the money view: a financial planner, the head of Finance, or the head's deputy."""
    on_behalf_of = None
    if person.role != Role.FINANCE:
        on_behalf_of = signing_for(person, head_of("Finance"), "head of Finance")
    cycle_lock_exclusive(cycle)
    _check_not_reached(cycle, Milestone.FINANCE_CONFIRMED, "The money view is confirmed already.")
    reached = milestone_reach(
        cycle=cycle,
        kind=Milestone.FINANCE_CONFIRMED,
        at=at,
        by=person.user,
        on_behalf_of=on_behalf_of.user if on_behalf_of else None,
        note=note.strip(),
    )
    cycle_advance(cycle=cycle, at=at)
    return reached


@transaction.atomic
def pack_freeze(*, cycle: Cycle, at: datetime, by: Person | None = None) -> Meeting:
    """Keep the numbers for the executive meeting as they are, number the pack, and mail it to those invited.

    `by` is the leader; empty when it is done by time. Frozen once more it gets the next number.
    """
    if by is not None:
        check_leads(by, "Freezing the pack")
    cycle_lock_exclusive(cycle)
    _check_not_reached(cycle, Milestone.PACK_FROZEN, "The pack is frozen already.")
    milestone_reach(cycle=cycle, kind=Milestone.PACK_FROZEN, at=at, by=by.user if by else None)
    meeting = Meeting.objects.select_for_update().get(cycle=cycle, kind=MeetingKind.EXECUTIVE)
    number = int(meeting.pack.get("number", 0)) + 1
    meeting.pack = {"number": number, **pack_content(cycle, at)}
    meeting.pack_frozen_at = at
    meeting.save(update_fields=["pack", "pack_frozen_at"])
    cycle_advance(cycle=cycle, at=at)
    pack_mails_queue(meeting=meeting, at=at)
    return meeting


def pack_due(cycle: Cycle, at: datetime) -> bool:
    """Finance has confirmed, and pre-S&OP is at its end or the executive meeting a day away, whichever comes first."""
    reached = milestones_reached(cycle)
    if Milestone.FINANCE_CONFIRMED not in reached or Milestone.PACK_FROZEN in reached:
        return False
    meeting = Meeting.objects.filter(cycle=cycle, kind=MeetingKind.EXECUTIVE).first()
    return meeting is not None and at >= min(step_of(cycle, Step.PRE_SOP).due_at, meeting.starts_at - PACK_LEAD)


@transaction.atomic
def ceo_approve(*, cycle: Cycle, person: Person, at: datetime, note: str = "") -> MilestoneReached:
    """The CEO (or deputy) approves the plan; the company forecast is published right after."""
    on_behalf_of = signing_for(person, ceo(), "CEO")
    cycle_lock_exclusive(cycle)
    _check_not_reached(cycle, Milestone.CEO_APPROVED, "The plan is approved already.")
    reached = milestone_reach(
        cycle=cycle,
        kind=Milestone.CEO_APPROVED,
        at=at,
        by=person.user,
        on_behalf_of=on_behalf_of.user if on_behalf_of else None,
        note=note.strip(),
    )
    proposals_confirm(cycle=cycle)
    cycle_advance(cycle=cycle, at=at)
    publish_queue(cycle=cycle, at=at, owner=person.user)
    return reached


@transaction.atomic
def ceo_return(*, cycle: Cycle, person: Person, at: datetime, reason: str) -> None:
    """The CEO returns the plan with a reason: pre-S&OP is open again, and all heads are told."""
    signing_for(person, ceo(), "CEO")
    if not reason.strip():
        raise Invalid("Say why the plan is returned; all heads are told the reason.")
    cycle_lock_exclusive(cycle)
    if Milestone.PACK_FROZEN not in milestones_reached(cycle):
        raise Refused("nothing_to_return", "There is no frozen pack to return.")
    if Milestone.PUBLISHED in milestones_reached(cycle):
        raise Refused("already_published", "The company forecast is published; it is corrected by a new revision.")
    step_reopen_whole(cycle=cycle, step=Step.PRE_SOP, by=person, at=at, reason=reason.strip(), due_at=_next_evening(at))


@transaction.atomic
def plan_return(*, cycle: Cycle, step: Step, person: Person, at: datetime, reason: str) -> None:
    """Operations returns signed demand, Sales returns signed supply: its review is open again until the next evening,
    what was signed after it is taken back, and everybody concerned is told the reason once.

    By the head of the other side (or deputy), as long as the CEO has not approved.
    """
    if step not in RETURNS:
        raise Refused("no_return", "Only the demand plan and the supply plan are returned.", status=404)
    department, title, signed = RETURNS[step]
    stood_in_for = signing_for(person, head_of(department), title)
    if not reason.strip():
        raise Invalid("Say why it is returned; everybody concerned is told exactly that.")
    cycle_lock_exclusive(cycle)
    reached = milestones_reached(cycle)
    if signed not in reached:
        raise Refused("nothing_to_return", f"There is nothing to return: it waits until {signed.label}.")
    if Milestone.CEO_APPROVED in reached:
        raise Refused("approved", "The CEO has approved the plan. It is corrected by a new revision once published.")
    who = f"{person.name} for {stood_in_for.name}" if stood_in_for else person.name
    words = f"Returned by the {title}, {who}: {reason.strip()}"
    step_reopen_whole(cycle=cycle, step=step, by=person, at=at, reason=words, due_at=_next_evening(at))


def _next_evening(at: datetime) -> datetime:
    """The end of the next working day, in the company's time."""
    settings = company()
    zone = ZoneInfo(settings.timezone)
    holidays = company_holidays(settings.country, (at.year, at.year + 1))
    return datetime.combine(add_working_days(at.astimezone(zone).date(), 1, holidays=holidays), DUE_AT, zone)


def _check_not_reached(cycle: Cycle, kind: Milestone, words: str) -> None:
    if kind in milestones_reached(cycle):
        raise Refused("already_done", words)
