"""Operations' word: signing the supply plan, or saying why the demand plan cannot be supplied as it is."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from cycles.models import Cycle, MilestoneReached
from cycles.services import cycle_lock_exclusive, milestone_reach
from cycles.steps import Milestone
from jobs.errors import Invalid, NotYours, Refused
from jobs.models import Message
from jobs.services.messages import messages_queue
from masterdata.models import Person
from masterdata.roles import Role
from masterdata.selectors import head_of, people
from masterdata.signing import signing_for
from supply.models import Gap, SupplyReturn
from supply.policy import HEAD, OPERATIONS, demand_signed, may_plan, may_sign, supply_signed
from supply.selectors.inputs_changed import plan_outdated
from supply.services.planning import supply_plan_running, supply_plan_stale
from supply.wording import count_text, list_text


@transaction.atomic
def supply_sign(*, cycle: Cycle, person: Person, at: datetime, note: str = "") -> MilestoneReached:
    """The head of Operations (or deputy) signs what is committed; refused while a gap has no answer."""
    on_behalf_of = signing_for(person, head_of(OPERATIONS), HEAD)
    cycle_lock_exclusive(cycle)
    if supply_signed(cycle):
        raise Refused("already_signed", f"Supply of {cycle.code} is signed already.")
    if demand_signed(cycle) and supply_plan_stale(cycle):
        raise Refused(
            "plan_stale",
            "Demand was signed after this supply plan was made. It is being made again; look at it and sign then.",
        )
    outdated = plan_outdated(cycle)
    if outdated is not None:
        raise Refused("plan_stale", f"{outdated.text} Work the plan out again, look at it and sign then.")
    if supply_plan_running(cycle):
        raise Refused("plan_running", "The supply plan is being made again. Look at it in a moment and sign then.")
    _check_gaps(cycle)
    return milestone_reach(
        cycle=cycle,
        kind=Milestone.SUPPLY_SIGNED,
        at=at,
        by=person.user,
        on_behalf_of=on_behalf_of.user if on_behalf_of else None,
        note=note,
    )


def _check_gaps(cycle: Cycle) -> None:
    rows = list(Gap.objects.filter(cycle=cycle, state=Gap.State.OPEN).select_related("resource"))
    if rows:
        named = list_text([f"{row.resource.name} in {row.month:%b %Y}" for row in rows], len(rows))
        raise Refused(
            "gaps_open",
            f"{count_text(len(rows), 'gap')} without an answer: {named}. Choose an option for each, "
            "doing nothing included, or send it to pre-S&OP.",
        )


@transaction.atomic
def supply_return(*, cycle: Cycle, person: Person, reason: str, at: datetime) -> SupplyReturn:
    """Say why demand cannot be supplied as signed; the S&OP leader is told and may reopen the demand review, and the
    supply planners are told who did not say it themselves."""
    if not (may_plan(person) or may_sign(person)):
        raise NotYours("Returning the demand plan is for Operations.")
    reason = reason.strip()
    if not reason:
        raise Invalid("Say in a few words what cannot be supplied; the S&OP leader is told exactly that.")
    if not demand_signed(cycle) or supply_signed(cycle):
        raise Refused(
            "nothing_to_return", "There is a demand plan to return only after demand and before supply is signed."
        )
    told = SupplyReturn.objects.create(cycle=cycle, reason=reason[:2000], by=person, at=at)
    concerned = people().filter(role__in=[Role.SOP_LEADER, Role.SUPPLY_PLANNER]).exclude(pk=person.pk)
    messages_queue(messages=[_message(told, one, at) for one in concerned])
    return told


def _message(told: SupplyReturn, recipient: Person, at: datetime) -> Message:
    subject = f"Operations returns the demand plan of {told.cycle.code}"
    words = {
        "told": told,
        "cycle": told.cycle,
        "subject": subject,
        "recipient": recipient,
        "decides": recipient.role == Role.SOP_LEADER,
        "url": f"{settings.PORTAL_URL}/cycle/",
    }
    return Message(
        key=f"supply_return:{told.cycle.code}:{told.pk}:{recipient.username}",
        kind="supply_return",
        cycle=told.cycle.code,
        recipient=recipient.user,
        subject=subject,
        text=render_to_string("supply/email_return.txt", words),
        html=render_to_string("supply/email_return.html", words),
        due_at=at,
    )
