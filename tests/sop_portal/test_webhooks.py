"""Webhooks: a real receiver on this machine is told, signed, once; what fails is tried again; the page manages them."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from cycles.models import StepEvent
from jobs.errors import Invalid
from jobs.models import Delivery, Job, MessageState, Webhook
from jobs.services.webhooks import EVENTS, deliveries_due_send, webhook_add, webhook_secret, webhook_stop
from jobs.signatures import is_genuine, signature
from sop_portal import webhooks
from tests.cast import Cast, small_company
from tests.meetings.journey import APPROVED, ENTRY, approved, do_job

EARLY = ENTRY - timedelta(days=30)
LATE = APPROVED + timedelta(days=1)


class Receiver(HTTPServer):
    """Keeps what it was sent; answers with `status`."""

    status = 204

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?of=portal"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Receiver)
        self.server.got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        return None


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def cast(db: None) -> Cast:
    return small_company()


def test_publishing_and_steps_are_told_signed_and_once(cast: Cast, receiver: Receiver) -> None:
    webhook, secret = webhook_add(url=receiver.url, events=EVENTS, by=cast.admin.user, at=EARLY)
    cycle = approved(cast)
    do_job(Job.objects.get(kind="publish", key=cycle.code), APPROVED)
    for _ in range(2):
        webhooks.due(at=LATE)
    while deliveries_due_send(at=LATE):
        pass
    assert deliveries_due_send(at=LATE) == 0
    bodies = [json.loads(body) for _, body in receiver.got]
    ids = [body["id"] for body in bodies]
    assert len(ids) == len(set(ids)) == StepEvent.objects.count() + 1
    [published] = [body for body in bodies if body["event"] == "forecast.published"]
    assert (published["data"]["cycle"], published["data"]["revision"]) == ("2026-11", 1)
    assert published["data"]["content_hash"]
    for headers, body in receiver.got:
        assert headers["Content-Type"] == "application/json"
        seconds = int(LATE.timestamp())
        assert is_genuine(secret=secret, body=body, header=headers["Portal-Signature"], seconds=seconds)
        assert not is_genuine(secret=secret, body=body + b" ", header=headers["Portal-Signature"], seconds=seconds)
        assert not is_genuine(secret=secret, body=body, header=headers["Portal-Signature"], seconds=seconds + 301)
    assert set(Delivery.objects.values_list("state", "answered")) == {(MessageState.SENT, 204)}
    assert secret not in str(list(Webhook.objects.values()))
    assert webhook_secret(webhook) == secret


@pytest.fixture
def told(cast: Cast, receiver: Receiver) -> Delivery:
    webhook, _ = webhook_add(url=receiver.url, events=["step.changed"], by=cast.admin.user, at=EARLY)
    return Delivery.objects.create(
        webhook=webhook, key="step.changed:1", event="step.changed", body={"id": "step.changed:1"}, due_at=EARLY
    )


def test_a_receiver_that_fails_is_told_again_with_growing_pauses(told: Delivery, receiver: Receiver) -> None:
    receiver.status, at, pauses = 500, EARLY, []
    for _ in range(8):
        assert deliveries_due_send(at=at) == 0
        told.refresh_from_db()
        pauses.append((told.due_at - at).total_seconds())
        assert deliveries_due_send(at=told.due_at - timedelta(seconds=1)) == 0
        at = told.due_at
    assert (told.state, told.answered, told.attempts) == (MessageState.FAILED, 500, 8)
    assert pauses == [60 * 2**i for i in range(8)]
    assert len(receiver.got) == 8
    assert "answered 500" in told.error


def test_redirects_are_not_followed_and_dead_receivers_are_written_down(told: Delivery, receiver: Receiver) -> None:
    receiver.status = 302
    assert deliveries_due_send(at=EARLY) == 0
    assert len(receiver.got) == 1
    Webhook.objects.update(url="http://127.0.0.1:1/")
    assert deliveries_due_send(at=EARLY + timedelta(hours=1)) == 0
    told.refresh_from_db()
    assert "ConnectionRefusedError" in told.error
    Webhook.objects.update(url="http://169.254.169.254/latest/")
    assert deliveries_due_send(at=EARLY + timedelta(hours=2)) == 0
    told.refresh_from_db()
    assert "not an address to send to" in told.error


def test_a_lost_worker_holds_a_delivery_only_for_its_lease(told: Delivery, receiver: Receiver) -> None:
    Delivery.objects.update(state=MessageState.SENDING, lease_until=EARLY + timedelta(minutes=1))
    assert deliveries_due_send(at=EARLY) == 0
    assert deliveries_due_send(at=EARLY + timedelta(minutes=2)) == 1
    assert len(receiver.got) == 1


def test_a_stopped_webhook_is_told_nothing(told: Delivery, receiver: Receiver) -> None:
    webhook_stop(webhook=told.webhook, at=EARLY)
    webhooks.due(at=LATE)
    assert deliveries_due_send(at=LATE) == 0
    assert receiver.got == []
    told.refresh_from_db()
    assert told.state == MessageState.CANCELLED


@pytest.mark.parametrize(
    "url",
    ["", "ftp://x/", "javascript:alert(1)", "http://", "http://a:b@x/", "http://x:y/", "http://x/\n", "http://[x"],
)
def test_an_address_that_is_none_is_refused(cast: Cast, url: str) -> None:
    with pytest.raises(Invalid):
        webhook_add(url=url, events=EVENTS, by=cast.admin.user, at=EARLY)
    assert not Webhook.objects.exists()


@given(st.text(min_size=1), st.binary(), st.integers(0, 2**40), st.text())
def test_only_the_secret_makes_a_signature(secret: str, body: bytes, seconds: int, garbage: str) -> None:
    header = signature(secret=secret, body=body, seconds=seconds)
    assert is_genuine(secret=secret, body=body, header=header, seconds=seconds)
    assert not is_genuine(secret=secret + "x", body=body, header=header, seconds=seconds)
    assert not is_genuine(secret=secret, body=body, header=garbage, seconds=seconds)


# --- The page -----------------------------------------------------------------------


def client(cast: Cast, name: str) -> Client:
    made = Client()
    made.force_login(cast.people[name].user, backend="django.contrib.auth.backends.ModelBackend")
    return made


def test_the_page_adds_shows_the_secret_once_and_stops(cast: Cast, receiver: Receiver) -> None:
    page = client(cast, "adam")
    added = page.post("/webhooks/", {"url": receiver.url, "events": ["forecast.published"]})
    webhook = Webhook.objects.get()
    assert webhook_secret(webhook) in added.content.decode()
    again = page.get("/webhooks/").content.decode()
    assert webhook_secret(webhook) not in again
    assert receiver.url in again
    assert page.post(f"/webhooks/{webhook.pk}/stop/").status_code == 302
    webhook.refresh_from_db()
    assert not webhook.active


def test_what_was_typed_stays_when_it_is_refused(cast: Cast) -> None:
    answer = client(cast, "adam").post("/webhooks/", {"url": "ftp://old.example.com/", "events": ["step.changed"]})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert 'value="ftp://old.example.com/"' in text
    assert "beginning with https://" in text
    assert client(cast, "adam").post("/webhooks/", {"url": "https://x.example.com/"}).status_code == 422


def test_a_failed_delivery_can_be_sent_again(cast: Cast, told: Delivery, receiver: Receiver) -> None:
    Delivery.objects.update(state=MessageState.FAILED, attempts=8)
    page = client(cast, "adam")
    assert "Send again" in page.get("/webhooks/").content.decode()
    assert page.post(f"/webhooks/deliveries/{told.pk}/again/").status_code == 302
    told.refresh_from_db()
    assert (told.state, told.attempts) == (MessageState.DUE, 0)


def test_only_who_sets_up_sees_webhooks(cast: Cast, told: Delivery) -> None:
    for name in ("rita", "dora", "carla"):
        page = client(cast, name)
        assert page.get("/webhooks/").status_code == 403
        assert page.post(f"/webhooks/{told.webhook_id}/stop/").status_code == 403
        assert page.post(f"/webhooks/deliveries/{told.pk}/again/").status_code == 403
