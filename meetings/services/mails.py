"""Making messages: one template per kind, in text and HTML, with times as the reader's clock shows them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string

from jobs.models import Message
from masterdata.models import Company, Person
from masterdata.selectors import company

SUBJECT_LENGTH = 200


def message(
    *,
    template: str,
    kind: str,
    key: str,
    recipient: Person,
    subject: str,
    context: Mapping[str, Any],
    at: datetime,
    cycle: str = "",
    calendar: str = "",
) -> Message:
    """An unsaved message from `emails/<template>.txt` and `.html`; the subject begins with the cycle. `calendar` is
    the invitation that goes with it."""
    settled = {"cycle_name": cycle, "person": recipient, "company_name": company().name, "subject": subject}
    words = {**settled, **context}
    return Message(
        key=key,
        kind=kind,
        cycle=cycle,
        recipient=recipient.user,
        subject=(f"{cycle}: {subject}" if cycle else subject)[:SUBJECT_LENGTH],
        text=render_to_string(f"emails/{template}.txt", words),
        html=render_to_string(f"emails/{template}.html", words),
        calendar=calendar,
        due_at=at,
    )


def key_of(cycle: str, step: str, person: Person, kind: str) -> str:
    """One message per cycle, step, person and kind."""
    return ":".join((cycle, step, person.username, kind))


def time_for(person: Person, moment: datetime, house: Company | None = None) -> str:
    """`Thu 26 Nov 17:00 (Europe/Berlin)`: the person's own zone, else the company's."""
    zone = person.timezone or (house or company()).timezone
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %H:%M} ({zone})"


def has_address(person: Person) -> bool:
    return bool(person.user.email)
