"""Messages: once per key, claimed before sending, the same Message-ID for every attempt."""

import smtplib
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail

from jobs.models import Message, MessageState
from jobs.services.messages import (
    LEASE,
    MAX_ATTEMPTS,
    is_passing,
    message_send,
    messages_cancel,
    messages_claim,
    messages_due_send,
    messages_queue,
)

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def rita() -> User:
    return User.objects.create(username="rita", first_name="Rita Rep", email="rita@small.example")


def message(recipient: User, key: str = "2026-11:sales_forecast:rita:opened", **more: object) -> Message:
    facts = {"kind": "input_opened", "subject": "Your sheet is open", "text": "Seven lines.", "due_at": AT} | more
    return Message(key=key, recipient=recipient, **facts)


def test_the_same_key_is_stored_and_sent_once(rita: User) -> None:
    assert messages_queue(messages=[message(rita)]) == 1
    assert messages_queue(messages=[message(rita)]) == 0
    assert messages_due_send(at=AT) == 1
    assert messages_due_send(at=AT) == 0
    assert [m.subject for m in mail.outbox] == ["Your sheet is open"]
    assert mail.outbox[0].to == ["Rita Rep <rita@small.example>"]


def test_nothing_goes_out_before_it_is_due(rita: User) -> None:
    messages_queue(messages=[message(rita, due_at=AT + timedelta(hours=1))])
    assert messages_due_send(at=AT) == 0


def test_a_cancelled_message_is_not_sent(rita: User) -> None:
    messages_queue(messages=[message(rita)])
    assert messages_cancel(keys=["2026-11:sales_forecast:rita:opened"], why="answered") == 1
    assert messages_due_send(at=AT) == 0
    assert Message.objects.get().state == MessageState.CANCELLED


def test_a_killed_sender_repeats_with_the_same_message_id(rita: User) -> None:
    messages_queue(messages=[message(rita)])
    [claimed] = messages_claim(at=AT)
    message_send(message=claimed, at=AT)
    Message.objects.update(state=MessageState.SENDING, lease_until=AT + LEASE)  # killed before it was written down
    assert messages_due_send(at=AT + LEASE + timedelta(seconds=1)) == 1
    first, second = (m.extra_headers["Message-ID"] for m in mail.outbox)
    assert first == second


def test_a_bad_recipient_holds_up_nobody_and_is_visible(rita: User, settings: object) -> None:
    bad = User.objects.create(username="bad", email="bad\nheader@small.example")
    messages_queue(messages=[message(bad, key="a"), message(rita, key="b")])
    assert messages_due_send(at=AT) == 1
    failed = Message.objects.get(key="a")
    assert failed.state == MessageState.DUE
    assert failed.due_at > AT
    assert "newline" in failed.error.lower()
    Message.objects.filter(key="a").update(attempts=MAX_ATTEMPTS - 1, due_at=AT)
    messages_due_send(at=AT)
    assert Message.objects.get(key="a").state == MessageState.FAILED


def test_a_newline_in_a_subject_is_folded(rita: User) -> None:
    messages_queue(messages=[message(rita, subject="Two\nlines")])
    messages_due_send(at=AT)
    assert mail.outbox[0].subject == "Two lines"


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (ConnectionRefusedError("nobody there"), True),
        (TimeoutError("it hangs"), True),
        (smtplib.SMTPServerDisconnected("gone"), True),
        (smtplib.SMTPRecipientsRefused({"a@b": (450, b"later")}), True),
        (smtplib.SMTPRecipientsRefused({"a@b": (550, b"unknown")}), False),
        (smtplib.SMTPDataError(554, b"no"), False),
        (smtplib.SMTPDataError(451, b"busy"), True),
        (ValueError("newline"), False),
    ],
)
def test_a_server_out_of_order_is_told_from_a_bad_mail(error: Exception, passing: bool) -> None:
    assert is_passing(error) is passing


def test_an_outage_of_the_mail_server_is_never_the_last_attempt(rita: User, settings: object) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there
    messages_queue(messages=[message(rita)])
    at = AT
    for _ in range(2 * MAX_ATTEMPTS):
        assert messages_due_send(at=at) == 0
        at += timedelta(hours=2)
    waiting = Message.objects.get()
    assert (waiting.state, waiting.attempts) == (MessageState.DUE, 2 * MAX_ATTEMPTS)
    assert "refused" in waiting.error
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert messages_due_send(at=at) == 1


def test_a_claim_outlasts_a_server_that_hangs_at_each_mail(rita: User, settings: object) -> None:
    messages_queue(messages=[message(rita, key=str(n)) for n in range(5)])
    claimed = messages_claim(at=AT)
    assert claimed[0].lease_until - AT >= LEASE + timedelta(seconds=2 * settings.EMAIL_TIMEOUT * 5)
