"""Messages to people: queued once by key, claimed before sending, sent with a Message-ID that never changes."""

import logging
import smtplib
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
LONGEST_PAUSE = timedelta(hours=1)
BATCH = 10
# A mail server may hang at the greeting and once more at the recipient.
WAITS = 2
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
    """Take up to `BATCH` due messages, before any goes out, for longer than a hanging server can hold them up."""
    due = Q(state=MessageState.DUE, due_at__lte=at) | Q(state=MessageState.SENDING, lease_until__lt=at)
    with transaction.atomic():
        claimed = list(
            Message.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(due)
            .select_related("recipient")
            .order_by("due_at")[:BATCH]
        )
        lease = LEASE + timedelta(seconds=WAITS * settings.EMAIL_TIMEOUT) * len(claimed)
        for message in claimed:
            message.state, message.lease_until = MessageState.SENDING, at + lease
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
        _send_failed(message=message, at=at, error=error)
        return False
    Message.objects.filter(pk=message.pk).update(state=MessageState.SENT, sent_at=at, lease_until=None, error="")
    return True


def calendar_part(calendar: str) -> MIMEText:
    """The calendar as mail programs look for it: with its method beside the type (RFC 6047)."""
    part = MIMEText(calendar, "calendar", "utf-8")
    part.set_param("method", calendar.partition("METHOD:")[2].split()[0])
    part.add_header("Content-Disposition", "attachment", filename="meeting.ics")
    return part


def _send_failed(*, message: Message, at: datetime, error: Exception) -> None:
    last = message.attempts >= MAX_ATTEMPTS and not is_passing(error)
    pause = min(timedelta(seconds=30 * 2 ** min(message.attempts, 10)), LONGEST_PAUSE)
    Message.objects.filter(pk=message.pk).update(
        state=MessageState.FAILED if last else MessageState.DUE,
        error=(str(error) or type(error).__name__)[:2000],
        lease_until=None,
        due_at=at + pause,
    )


def is_passing(error: Exception) -> bool:
    """Whether the mail server is out of order rather than this mail: that is tried for as long as it takes."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(400 <= code < 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return 400 <= error.smtp_code < 500
    return isinstance(error, OSError)


def messages_batch_send(*, at: datetime) -> tuple[int, int]:
    """Claim a batch and send it: (how many were claimed, how many went out); one bad recipient holds up nobody."""
    claimed = messages_claim(at=at)
    return len(claimed), sum(message_send(message=message, at=at) for message in claimed)


def messages_due_send(*, at: datetime) -> int:
    """Claim and send, as of one moment, until nothing is due."""
    sent, batch = 0, messages_batch_send(at=at)
    while batch[0]:
        sent, batch = sent + batch[1], messages_batch_send(at=at)
    return sent
