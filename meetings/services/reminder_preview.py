"""Who would get what up to a moment: the portal's own due work is done for each moment on the way, and undone.

Nothing is worked out a second time here: what is shown are the rows that `meetings.services.due` would store.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from cycles.models import Cycle
from cycles.reminders import CycleFacts, PersonFacts, last_day_at, leader_escalation_at, why_not_asked
from cycles.selectors import open_cycle
from cycles.steps import Step
from demand.selectors.threads import said_untold
from jobs.errors import Invalid
from jobs.models import Message, MessageState
from masterdata.models import Person
from masterdata.selectors import company, people
from masterdata.selectors.mails import DIGEST, switched_off
from meetings.policy import check_leads
from meetings.services.due import due
from meetings.services.mails import has_address
from meetings.services.reminders import cycle_facts
from meetings.services.said_digests import OLDEST

FARTHEST = timedelta(days=21)
MORNING = time(8)
OPEN = (MessageState.DUE, MessageState.SENDING)


@dataclass(frozen=True)
class WouldGet:
    """A mail and when it leaves; `quiet`: it waits for the person's morning; `waits`: that is after the moment."""

    step: str
    person: Person
    subject: str
    leaves: datetime
    quiet: bool
    waits: bool


@dataclass(frozen=True)
class GetsNothing:
    person: Person
    why: str


@dataclass(frozen=True)
class Preview:
    """What would leave by `until` and who is left out, as things stand now."""

    until: datetime
    mails: list[WouldGet]
    silent: list[GetsNothing]


def reminder_preview(*, until: datetime, by: Person, at: datetime) -> Preview:
    """What would be sent from `at` up to a moment, if nobody did anything meanwhile; nothing is kept or sent."""
    check_leads(by, "Looking at everybody's mails")
    if not at <= until <= at + FARTHEST:
        raise Invalid(f"Choose a moment from now on, at most {FARTHEST.days} days ahead.")
    with transaction.atomic():
        seen = _live(until, at)
        preview = Preview(until, _would_get(seen, until), _gets_nothing(seen, until))
        transaction.set_rollback(True)
    return preview


def preview_moments(at: datetime) -> list[tuple[str, datetime]]:
    """The moments of the open cycle worth a look, in words, soonest first; now comes before them."""
    cycle = open_cycle()
    if cycle is None:
        return []
    facts, found = cycle_facts(cycle, at), []
    for row in cycle.steps.all():
        found += [(f"{row.kind.label} opens", row.opens_at), (f"{row.kind.label} is due", row.due_at)]
    found += [("The last request for input", last_day_at(facts)), ("The leader hears", leader_escalation_at(facts))]
    return sorted((one for one in found if at < one[1] <= at + FARTHEST), key=lambda one: one[1])


# --- The time until then -----------------------------------------------------------------


def _live(until: datetime, at: datetime) -> dict[int, datetime]:
    """Do what is due at each moment on the way, as the tick would: id of a message -> when it was first there."""
    waiting = Message.objects.filter(state__in=OPEN).values_list("pk", flat=True)
    seen = dict.fromkeys(waiting, at)
    for moment in _moments(open_cycle(), until, at):
        _leave(moment)
        due(at=moment)
        fresh = Message.objects.filter(state=MessageState.DUE).exclude(pk__in=seen).values_list("pk", flat=True)
        seen |= dict.fromkeys(fresh, moment)
    _leave(until)
    return seen


def _leave(at: datetime) -> None:
    """What is due by now has left."""
    Message.objects.filter(state__in=OPEN, due_at__lte=at).update(state=MessageState.SENT, sent_at=F("due_at"))


def _moments(cycle: Cycle | None, until: datetime, at: datetime) -> list[datetime]:
    """Now, the end, and between them whenever a step opens or is due, and every morning."""
    zone = ZoneInfo(company().timezone)
    steps = cycle.steps.values_list("opens_at", "due_at") if cycle else ()
    found = {moment for pair in steps for moment in pair}
    found |= {datetime.combine(day, MORNING, zone) for day in _days(at.astimezone(zone).date(), until)}
    return [at, *sorted(moment for moment in found if at < moment < until), until]


def _days(first: date, until: datetime) -> list[date]:
    return [first + timedelta(days=n) for n in range((until.date() - first).days + 2)]


# --- What came of it ---------------------------------------------------------------------


def _would_get(seen: dict[int, datetime], until: datetime) -> list[WouldGet]:
    rows = Message.objects.filter(pk__in=seen, state__in=[*OPEN, MessageState.SENT]).order_by("due_at", "pk")
    by_user = {person.user_id: person for person in people()}
    return [
        WouldGet(
            step_label(row.key),
            by_user[row.recipient_id],
            row.subject,
            max(row.due_at, seen[row.pk]),
            quiet=row.due_at > seen[row.pk],
            waits=row.due_at > until,
        )
        for row in rows
        if row.recipient_id in by_user
    ]


def step_label(key: str) -> str:
    """The step a message's key speaks of; what belongs to none is a follow-up."""
    step = key.partition(":")[2].partition(":")[0]
    return Step(step).label if step in {one.value for one in Step} else "Follow-up"


def _gets_nothing(seen: dict[int, datetime], until: datetime) -> list[GetsNothing]:
    facts, by_name = cycle_facts(open_cycle(), until), {person.username: person for person in people()}
    told = _asked_in(seen)
    silent = [
        GetsNothing(by_name[one.person], why)
        for one in facts.people
        if one.person in by_name and one.person not in told and (why := _why(facts, one, until, by_name[one.person]))
    ]
    off = switched_off(DIGEST)
    noted = {row.person_id for row in said_untold(until - OLDEST)} & off
    return silent + [
        GetsNothing(person, "has switched the daily digest off") for person in by_name.values() if person.pk in noted
    ]


def _asked_in(seen: dict[int, datetime]) -> set[str]:
    """Whose requests for input leave until then or wait for a morning, whoever gets them."""
    rows = Message.objects.filter(pk__in=seen, kind__startswith="input_").exclude(state=MessageState.CANCELLED)
    return {key.split(":")[2] for key in rows.values_list("key", flat=True)}


def _why(facts: CycleFacts, one: PersonFacts, until: datetime, person: Person) -> str:
    if one.answered_at and not one.waits:
        return why_not_asked(facts, one, until)
    if not has_address(person):
        return "has no mail address"
    return why_not_asked(facts, one, until) or "has had this request"
