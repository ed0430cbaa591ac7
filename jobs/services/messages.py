"""Messages to people: queued once by key, claimed before sending, sent with a Message-ID that never changes."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from email.mime.text import MIMEText
from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import Q

from jobs.models import Message, MessageState

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 8
BATCH = 50
OPEN_STATES = (MessageState.DUE, MessageState.SENDING)


def messages_queue(*, messages: Iterable[Message]) -> int:
    """Store the messages that do not exist yet; the key decides, so running twice sends once."""
    fresh = [m for m in messages if m.recipient_id]
    before = Message.objects.filter(key__in=[m.key for m in fresh]).count()
    Message.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh) - before


def messages_cancel(*, keys: Iterable[str], why: str) -> int:
    """Take back what is no longer needed; what is on its way or sent stays as it is."""
    return Message.objects.filter(key__in=list(keys), state=MessageState.DUE).update(
        state=MessageState.CANCELLED, error=why
    )


def messages_resume(*, keys: Iterable[str]) -> int:
    """What was taken back is needed after all; it was never sent, so it still goes out once."""
    return Message.objects.filter(key__in=list(keys), state=MessageState.CANCELLED).update(
        state=MessageState.DUE, error=""
    )


def messages_forget(*, keys: Iterable[str]) -> int:
    """Drop what was never sent, so that it can be queued again for somebody else; the rest stays as it is."""
    unsent = [MessageState.DUE, MessageState.CANCELLED]
    return Message.objects.filter(key__in=list(keys), state__in=unsent).delete()[0]


def messages_claim(*, at: datetime) -> list[Message]:
    """Take up to `BATCH` due messages for `LEASE`, before any of them goes out."""
    due = Q(state=MessageState.DUE, due_at__lte=at) | Q(state=MessageState.SENDING, lease_until__lt=at)
    with transaction.atomic():
        claimed = list(
            Message.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(due)
            .select_related("recipient")
            .order_by("due_at")[:BATCH]
        )
        for message in claimed:
            message.state, message.lease_until = MessageState.SENDING, at + LEASE
            message.attempts += 1
        Message.objects.bulk_update(claimed, ["state", "lease_until", "attempts"])
    return claimed


def message_id(message: Message) -> str:
    """The same for every attempt, so that a mail program shows a repeated one once."""
    return f"<message.{message.pk}@{settings.MAIL_DOMAIN}>"


def message_send(*, message: Message, at: datetime) -> bool:
    """Send one claimed message; a failure is written down and tried again later with growing pauses."""
    address = formataddr((message.recipient.first_name, message.recipient.email))
    mail = EmailMultiAlternatives(
        " ".join(message.subject.split()), message.text, to=[address], headers={"Message-ID": message_id(message)}
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    if message.calendar:
        mail.attach(calendar_part(message.calendar))
    try:
        mail.connection = get_connection()
        mail.send()
    except Exception as error:
        log.warning("Message %s could not be sent.", message.key, exc_info=True)
        _send_failed(message=message, at=at, error=str(error))
        return False
    Message.objects.filter(pk=message.pk).update(state=MessageState.SENT, sent_at=at, lease_until=None, error="")
    return True


def calendar_part(calendar: str) -> MIMEText:
    """The calendar as mail programs look for it: with its method beside the type (RFC 6047)."""
    part = MIMEText(calendar, "calendar", "utf-8")
    part.set_param("method", calendar.partition("METHOD:")[2].split()[0])
    part.add_header("Content-Disposition", "attachment", filename="meeting.ics")
    return part


def _send_failed(*, message: Message, at: datetime, error: str) -> None:
    last = message.attempts >= MAX_ATTEMPTS
    Message.objects.filter(pk=message.pk).update(
        state=MessageState.FAILED if last else MessageState.DUE,
        error=error[:2000],
        lease_until=None,
        due_at=at + timedelta(seconds=30 * 2**message.attempts),
    )


def messages_due_send(*, at: datetime) -> int:
    """Claim and send until nothing is due; one bad recipient holds up nobody."""
    sent = 0
    while claimed := messages_claim(at=at):
        sent += sum(message_send(message=message, at=at) for message in claimed)
    return sent
