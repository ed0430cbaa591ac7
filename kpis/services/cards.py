"""The monthly card: when a month has closed, one mail to each person in Sales about what their own input did."""

from datetime import datetime
from typing import Any

from cycles.models import Cycle
from cycles.periods import add_months, format_month
from jobs.models import Job, Message
from jobs.services.messages import messages_queue
from jobs.services.work import PartSpec, job_queue
from kpis.selectors.accuracy import closed_before
from kpis.selectors.feedback import Feedback, card
from masterdata.selectors import sales_people
from masterdata.selectors.mails import CARD, switched_off
from meetings.selectors.links import link
from meetings.services.mails import has_address, message

KIND = "cards"
MESSAGE_KIND = "monthly_card"


def cards_due() -> bool:
    """A month has closed that real cycles forecast, and its cards were never made."""
    until = closed_before()
    if until is None or not Cycle.objects.filter(simulated=False, month__lt=until).exists():
        return False
    return not Job.objects.filter(kind=KIND, key=_code()).exists()


def _code() -> str:
    """The last closed month, whose cycle the cards belong to."""
    until = closed_before()
    return format_month(add_months(until, -1)) if until else ""


def cards_queue(*, at: datetime) -> Job:
    label = f"Monthly cards of {_code()}"
    return job_queue(kind=KIND, key=_code(), label=label, parts=[PartSpec(label, {})], at=at)


def cards_part(*, job: int, payload: dict[str, Any], at: datetime) -> str:
    return f"{cards_mail(at=at)} cards"


def cards_mail(*, at: datetime) -> int:
    """Queue the cards of the last closed month that do not exist yet; whoever wants none gets none."""
    off = switched_off(CARD)
    owners = [person for person in sales_people() if person.pk not in off and has_address(person)]
    return messages_queue(messages=[_mail(found, at) for person in owners if (found := card(person)) is not None])


def _mail(found: Feedback, at: datetime) -> Message:
    assert found.month is not None  # a card is always about a month
    code = format_month(found.month)
    return message(
        template="card",
        kind=MESSAGE_KIND,
        key=f"{code}:{found.person.username}:{MESSAGE_KIND}",
        recipient=found.person,
        subject=f"what your input did in {found.month:%B %Y}",
        context={
            "sentences": found.sentences,
            "month": found.month,
            "url": link("/feedback/"),
            "settings": link("/mails/"),
        },
        at=at,
        cycle=code,
    )
