"""Scheduled pulls: from a folder and from a real server, checked like sent files, harmless twice, and told of."""

import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from demand.models import Booking
from jobs.errors import Invalid, Refused
from jobs.models import Job, Message, PullOutcome, ScheduledPull
from jobs.services import fetching
from jobs.services.fetching import files_fetch
from jobs.services.pulls import pull_add, pull_now, pull_stop
from jobs.services.work import part_claim, part_finish
from masterdata.models import ImportRun
from sop_portal import pulls
from sop_portal.work import part_run
from tests.cast import Cast, small_company
from tests.meetings.journey import ENTRY

GOOD = b"month,customer,product,qty,revenue\n2026-09,NORTH,ALPHA,7,70\n"
LARGEST = 1024 * 1024


class Server(HTTPServer):
    """Answers every GET with what it is told to."""

    status, body, content_type, claimed = 200, GOOD, "text/csv", 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[dict[str, str]] = []

    def url(self, path: str = "/bookings.csv", scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        server.asked.append(dict(self.headers))
        self.send_response(server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Type", server.content_type)
        self.send_header("Content-Length", str(server.claimed or len(server.body)))
        self.end_headers()
        self.wfile.write(server.body)

    def log_message(self, *args: object) -> None:
        return None


def _serving(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    settings.PULL_PRIVATE = True
    yield from _serving(Server())


@pytest.fixture
def secure(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The same over TLS with a certificate of its own, which SSL_CERT_FILE makes a trusted one."""
    settings.PULL_PRIVATE = True
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    subprocess.run([*made.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server = Server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    yield from _serving(server)


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.PULL_FOLDER = str(tmp_path)
    (tmp_path / "erp").mkdir()
    return tmp_path / "erp"


@pytest.fixture
def cast(db: None) -> Cast:
    return small_company()


def add(cast: Cast, address: str, file: str = "") -> ScheduledPull:
    return pull_add(address=address, file=file, every="day", by=cast.leader.user, at=ENTRY)


def do_job(job: Job, at: datetime) -> None:
    while part := part_claim(at=at, job=job):
        part_finish(part=part, at=at, message=part_run(kind=job.kind, job=job.pk, payload=part.payload, at=at))


def work(after: timedelta = timedelta()) -> PullOutcome:
    """What is due is queued by two ticks, every job is done, and the newest outcome is read."""
    for _ in range(2):
        pulls.due(at=ENTRY + after)
    for job in Job.objects.filter(kind="pull", state="queued"):
        do_job(job, ENTRY + after)
    return PullOutcome.objects.latest("pk")


def test_a_folder_is_loaded_once_and_the_same_content_is_already_applied(cast: Cast, folder: Path) -> None:
    (folder / "bookings.csv").write_bytes(GOOD)
    (folder / "notes.txt").write_bytes(b"not a table")
    pull = add(cast, "folder:erp")
    assert (work().message, Job.objects.filter(kind="pull").count()) == ("1 rows, 1 written.", 1)
    booking = Booking.objects.get(month="2026-09-01", qty=7)
    run = ImportRun.objects.latest("pk")
    assert (run.source, run.by) == ("Pull of folder:erp", cast.leader)
    again = work(timedelta(days=1))
    assert again.ok
    assert again.message.startswith("Already applied")
    assert ImportRun.objects.latest("pk") == run
    (folder / "bookings.csv").write_bytes(GOOD.replace(b",7,70", b",8,80"))
    assert work(timedelta(days=2)).message == "1 rows, 1 written."
    booking.refresh_from_db()
    assert booking.qty == 8
    pull.refresh_from_db()
    assert pull.next_at == ENTRY + timedelta(days=3)


def test_a_part_that_runs_twice_loads_once(cast: Cast, folder: Path) -> None:
    (folder / "bookings.csv").write_bytes(GOOD)
    pull = add(cast, "folder:erp")
    payload = {"pull": pull.pk, "due_at": ENTRY.isoformat()}
    said = {pulls.pull_part(job=0, payload=payload, at=ENTRY) for _ in range(2)}
    assert said == {"1 rows, 1 written."}
    assert PullOutcome.objects.count() == 1


def test_days_without_a_tick_are_made_up_for_once(cast: Cast, folder: Path) -> None:
    (folder / "bookings.csv").write_bytes(GOOD)
    pull = add(cast, "folder:erp")
    work(timedelta(days=9, hours=1))
    pull.refresh_from_db()
    assert (Job.objects.filter(kind="pull").count(), pull.next_at) == (1, ENTRY + timedelta(days=10))


def test_faults_load_nothing_and_are_told_to_the_owner_once(cast: Cast, folder: Path) -> None:
    (folder / "bookings.csv").write_bytes(GOOD + b"2026-09,NORTH,NOTHING,1,1\n")
    add(cast, "folder:erp")
    before = Booking.objects.count()
    outcome = work()
    assert (outcome.ok, outcome.error_count, Booking.objects.count()) == (False, 1, before)
    assert (outcome.errors[0]["line"], outcome.errors[0]["column"]) == (3, "product")
    work(timedelta(days=1))
    mail = Message.objects.get(kind="pull_failed")
    assert mail.recipient == cast.leader.user
    assert "line 3, product" in mail.text
    assert "/data/pulls/" in mail.text
    (folder / "bookings.csv").write_bytes(GOOD)
    assert work(timedelta(days=2)).ok
    (folder / "bookings.csv").unlink()
    assert "no CSV" in work(timedelta(days=3)).message
    assert Message.objects.filter(kind="pull_failed").count() == 2


def test_an_owner_who_left_loads_nothing_and_who_sets_up_hears_of_it(cast: Cast, folder: Path) -> None:
    (folder / "bookings.csv").write_bytes(GOOD)
    add(cast, "folder:erp")
    cast.leader.user.is_active = False
    cast.leader.user.save()
    assert not work().ok
    assert cast.admin.user in {mail.recipient for mail in Message.objects.filter(kind="pull_failed")}


@pytest.mark.parametrize("name", ["folder:../elsewhere", "folder:erp/../../etc", "folder:erp\0", "folder:/../x"])
def test_a_folder_outside_the_named_one_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(Invalid, match="outside"):
        files_fetch(address=name, largest=LARGEST)


def test_a_link_out_of_the_folder_is_not_followed(folder: Path) -> None:
    (folder / "secret.csv").symlink_to("/etc/passwd")
    with pytest.raises(Refused, match="no CSV"):
        files_fetch(address="folder:erp", largest=LARGEST)
    (folder.parent / "out").symlink_to("/etc")
    with pytest.raises(Invalid, match="outside"):
        files_fetch(address="folder:out", largest=LARGEST)


def test_without_a_folder_in_the_settings_there_are_no_folders() -> None:
    with pytest.raises(Invalid, match="PORTAL_PULL_FOLDER"):
        files_fetch(address="folder:erp", largest=LARGEST)


def test_over_https_with_a_certificate_that_is_trusted(cast: Cast, secure: Server, settings: Any) -> None:
    settings.PULL_TOKENS = {"localhost": "s3cret"}
    add(cast, secure.url("/export?of=month", "https", "localhost"), "bookings")
    assert work().message == "1 rows, 1 written."
    assert secure.asked[0]["Authorization"] == "Bearer s3cret"
    assert Booking.objects.filter(month="2026-09-01", qty=7).exists()


def test_a_certificate_nobody_trusts_is_refused(secure: Server) -> None:
    os.environ.pop("SSL_CERT_FILE")
    with pytest.raises(Refused, match="not trusted"):
        files_fetch(address=secure.url("/bookings.csv", "https", "localhost"), largest=LARGEST)
    assert secure.asked == []


def test_a_certificate_of_another_name_is_refused(secure: Server) -> None:
    with pytest.raises(Refused, match="not trusted"):
        files_fetch(address=secure.url("/bookings.csv", "https", "127.0.0.1"), largest=LARGEST)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0",
     "[fd00::1]", "100.64.0.1", "224.0.0.1"],
)  # fmt: skip
def test_addresses_inside_are_never_asked(host: str) -> None:
    with pytest.raises(Refused, match="PORTAL_PULL_PRIVATE"):
        files_fetch(address=f"https://{host}/bookings.csv", largest=LARGEST)


def test_the_link_of_the_machine_is_not_asked_even_where_private_addresses_are(settings: Any) -> None:
    settings.PULL_PRIVATE = True
    with pytest.raises(Refused) as refused:
        files_fetch(address="http://169.254.169.254/latest/meta-data", largest=LARGEST)
    assert refused.value.code == "inside"


def test_a_redirect_is_not_followed(server: Server) -> None:
    server.status = 302
    with pytest.raises(Refused, match="answered 302"):
        files_fetch(address=server.url(), largest=LARGEST)
    assert len(server.asked) == 1


def test_too_large_too_slow_and_broken_off(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="larger than"):
        files_fetch(address=server.url(), largest=10)
    monkeypatch.setattr(fetching, "WHOLE_SECONDS", -1.0)
    with pytest.raises(Refused, match="did not arrive"):
        files_fetch(address=server.url(), largest=LARGEST)
    monkeypatch.undo()
    server.claimed = len(GOOD) + 5
    with pytest.raises(Refused, match="broke off"):
        files_fetch(address=server.url(), largest=LARGEST)


def test_a_server_that_is_not_there_is_told_and_not_a_crash(cast: Cast, server: Server) -> None:
    server.shutdown()
    server.server_close()
    add(cast, server.url())
    assert "could not be reached" in work().message


@pytest.mark.parametrize(
    "address",
    ["ftp://erp.example.com/a.csv", "file:///etc/passwd", "https://", "http://erp.example.com/a.csv", "bookings.csv",
     "https://me:secret@erp.example.com/a.csv", "https://erp.example.com/a b", "https://erp.example.com:0/"],
)  # fmt: skip
def test_addresses_that_can_never_be_fetched_are_refused(cast: Cast, address: str) -> None:
    with pytest.raises(Invalid):
        add(cast, address)


def test_the_page_adds_fetches_and_stops(cast: Cast, folder: Path, client: Client) -> None:
    (folder / "bookings.csv").write_bytes(GOOD)
    client.force_login(cast.leader.user)
    refused = client.post("/data/pulls/", {"address": "ftp://x", "file": "", "every": "day"})
    assert refused.status_code == 422
    assert b"beginning with https://" in refused.content
    assert (
        client.post("/data/pulls/", {"address": "folder:erp", "file": "bookings", "every": "hour"}).status_code == 302
    )
    pull = ScheduledPull.objects.get()
    assert (pull.owner, pull.every, pull.file) == (cast.leader.user, "hour", "bookings")
    client.post(f"/data/pulls/{pull.pk}/now/")
    for job in Job.objects.filter(kind="pull"):
        do_job(job, job.created_at)
    page = client.get("/data/pulls/").content.decode()
    assert "1 rows, 1 written." in page
    client.post(f"/data/pulls/{pull.pk}/stop/")
    assert client.post(f"/data/pulls/{pull.pk}/now/").status_code == 404
    assert not ScheduledPull.objects.get().active


def test_stopped_pulls_are_not_due(cast: Cast, folder: Path) -> None:
    pull = add(cast, "folder:erp")
    pull_stop(pull=pull)
    pulls.due(at=ENTRY)
    assert not Job.objects.filter(kind="pull").exists()


def test_fetching_now_twice_in_a_minute_is_once(cast: Cast, folder: Path) -> None:
    pull = add(cast, "folder:erp")
    for seconds in (1, 2):
        pull_now(pull=pull, at=ENTRY + timedelta(seconds=seconds))
    assert Job.objects.filter(kind="pull").count() == 1


def test_only_who_sets_up_sees_the_page(cast: Cast, client: Client) -> None:
    client.force_login(cast.rep.user)
    assert client.get("/data/pulls/").status_code == 403
    assert client.post("/data/pulls/", {"address": "https://a.example/b.csv", "every": "day"}).status_code == 403
