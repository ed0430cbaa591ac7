"""Webhooks: set up by a person, told by rows, signed, tried again with growing pauses."""

import http.client
import ipaddress
import json
import logging
import secrets
import socket
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.crypto import salted_hmac

from jobs.errors import Invalid
from jobs.models import Delivery, MessageState, Webhook
from jobs.services.web_address import address_parts
from jobs.signatures import HEADER, signature

log = logging.getLogger(__name__)

EVENTS: Final = ("forecast.published", "step.changed")
LEASE: Final = timedelta(seconds=60)
WAIT_SECONDS: Final = 10.0
MAX_ATTEMPTS: Final = 8
BATCH: Final = 20


@transaction.atomic
def webhook_add(*, url: str, events: Iterable[str], by: Any, at: datetime) -> tuple[Webhook, str]:
    """Tell this address of these events from now on; the second value is the secret, which is shown once."""
    chosen = [event for event in EVENTS if event in set(events)]
    if not chosen:
        raise Invalid("Choose at least one event.")
    _check(url)
    webhook = Webhook.objects.create(url=url, events=chosen, salt=secrets.token_hex(16), created_at=at, created_by=by)
    return webhook, webhook_secret(webhook)


def _check(url: str) -> None:
    parts = address_parts(url, wanted="Give the whole address, beginning with https://.", instead="Give it without.")
    if settings.PRODUCTION and parts.scheme != "https":
        raise Invalid("Give an address that begins with https://, so that nobody reads along.")


def webhook_secret(webhook: Webhook) -> str:
    """What its deliveries are signed with."""
    return "whs_" + salted_hmac("jobs.webhook", webhook.salt, algorithm="sha256").hexdigest()


def webhook_stop(*, webhook: Webhook, at: datetime) -> None:
    """Nothing more goes there; what was told stays on record."""
    Webhook.objects.filter(pk=webhook.pk).update(active=False)
    webhook.deliveries.filter(state=MessageState.DUE).update(
        state=MessageState.CANCELLED, error="The webhook was stopped."
    )


def deliveries_queue(*, deliveries: Iterable[Delivery]) -> None:
    """Store those that do not exist yet."""
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)


def delivery_again(*, delivery: Delivery, at: datetime) -> None:
    """Send a failed one once more, with all its attempts."""
    Delivery.objects.filter(pk=delivery.pk, state=MessageState.FAILED).update(
        state=MessageState.DUE, attempts=0, due_at=at
    )


# --- Sending ------------------------------------------------------------------------


def deliveries_due_send(*, at: datetime) -> int:
    """Claim and send what is due; a receiver that fails holds up nobody else for longer than its wait."""
    sent = 0
    for delivery in _claimed(at):
        sent += _send(delivery, at)
    return sent


def _claimed(at: datetime) -> list[Delivery]:
    due = Q(state=MessageState.DUE, due_at__lte=at) | Q(state=MessageState.SENDING, lease_until__lt=at)
    with transaction.atomic():
        rows = Delivery.objects.select_for_update(skip_locked=True, of=("self",)).filter(due, webhook__active=True)
        claimed = list(rows.select_related("webhook").order_by("due_at", "id")[:BATCH])
        for delivery in claimed:
            delivery.state, delivery.attempts = MessageState.SENDING, delivery.attempts + 1
            delivery.lease_until = at + LEASE + timedelta(seconds=2 * WAIT_SECONDS) * len(claimed)
        Delivery.objects.bulk_update(claimed, ["state", "attempts", "lease_until"])
    return claimed


def _send(delivery: Delivery, at: datetime) -> bool:
    answered, error = None, ""
    try:
        answered = _post(delivery, at)
    except (OSError, http.client.HTTPException, ValueError) as failure:
        error = f"{type(failure).__name__}: {failure}"[:500]
    done = answered is not None and 200 <= answered < 300
    if answered is not None and not done:
        error = f"The receiver answered {answered}."
    last = delivery.attempts >= MAX_ATTEMPTS
    state = MessageState.SENT if done else MessageState.FAILED if last else MessageState.DUE
    pause = at if done else at + timedelta(seconds=30 * 2**delivery.attempts)
    Delivery.objects.filter(pk=delivery.pk).update(
        state=state, answered=answered, error=error, lease_until=None, due_at=pause, sent_at=at if done else None
    )
    return done


def _post(delivery: Delivery, at: datetime) -> int:
    """The status that the receiver answers; redirects are not followed."""
    parts = urlsplit(delivery.webhook.url)
    _check_host(parts)
    body = json.dumps(delivery.body).encode()
    signed = signature(secret=webhook_secret(delivery.webhook), body=body, seconds=int(at.timestamp()))
    headers = {"Content-Type": "application/json", "Portal-Event": delivery.event, "Portal-Delivery": delivery.key}
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=WAIT_SECONDS)
    try:
        connection.request(
            "POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers | {HEADER: signed}
        )
        return connection.getresponse().status
    finally:
        connection.close()


def _check_host(parts: SplitResult) -> None:
    """Nothing is sent to the machine itself or its link, where services trust whoever reaches them."""
    found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    for address in {ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found}:
        if address.is_link_local or (settings.PRODUCTION and address.is_loopback):
            raise ValueError(f"{address} is not an address to send to.")
