"""The nightly check: once a night, content with what is as it was stored, and loud about what is not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from cycles.models import Cycle
from demand.models import ForecastVersion, Stage, VersionState
from jobs.models import Job, JobPart, Message, MessageState, WorkState
from jobs.services.work import part_claim, part_finish
from kpis.services.audit import audit_due, audit_part, audit_queue
from kpis.services.plan_totals import plan_totals_take
from meetings.selectors.audit import audit_last
from meetings.services.publishing import publish_queue
from tests.cast import Cast
from tests.meetings.journey import APPROVED, approved, do_job

pytestmark = pytest.mark.django_db
LATE = APPROVED + timedelta(days=1)


@pytest.fixture
def published(cast: Cast) -> Cycle:
    cycle = approved(cast)
    do_job(publish_queue(cycle=cycle, at=APPROVED), APPROVED)
    plan_totals_take(version=cycle.versions.get(stage=Stage.COMPANY_FORECAST))
    Message.objects.update(state=MessageState.SENT)
    return cycle


def checked(at: datetime = LATE) -> Job:
    job = audit_queue(at=at)
    part = part_claim(at=at, job=job)
    assert part is not None
    part_finish(part=part, at=at, message=audit_part(job=job.pk, payload={}, at=at))
    job.refresh_from_db()
    return job


def past_triggers(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE demand_forecastline DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE demand_change DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE demand_change ENABLE TRIGGER USER")
        cursor.execute("ALTER TABLE demand_forecastline ENABLE TRIGGER USER")


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (datetime(2026, 11, 20, 0, 59, tzinfo=UTC), False),  # 01:59 in Berlin
        (datetime(2026, 11, 20, 1, 1, tzinfo=UTC), True),
        (datetime(2026, 11, 20, 23, 30, tzinfo=UTC), False),  # 00:30 of the next day there
    ],
)
def test_it_is_due_at_night_where_the_company_is(cast: Cast, at: datetime, due: bool) -> None:
    assert audit_due(at) is due


def test_it_is_done_once_a_night(cast: Cast) -> None:
    checked()
    assert not audit_due(LATE + timedelta(hours=3))
    assert audit_due(LATE + timedelta(days=1))


def test_what_is_as_it_was_stored_is_told_in_a_line(published: Cycle) -> None:
    job = checked()
    assert (job.result["faults"], job.message) == (
        [],
        "All as stored: 1 forecast, the record of changes, no stuck work.",
    )


ALTERED: dict[str, tuple[Callable[[Cycle], object], str]] = {
    "a number": (
        lambda cycle: past_triggers("UPDATE demand_forecastline SET quantity[1] = quantity[1] + 1"),
        "the published forecast is not what",
    ),
    "a total": (
        lambda cycle: past_triggers("UPDATE kpis_plantotal SET revenue[3] = revenue[3] * 1.01"),
        "stored totals of 2 families",
    ),
    "a build": (
        lambda cycle: ForecastVersion.objects.create(
            cycle=cycle,
            stage=Stage.BASELINE,
            state=VersionState.BUILDING,
            revision=99,
            start=cycle.month,
            months=24,
            note="job 0",
            made_at=APPROVED,
        ),
        "version is left half built",
    ),
    "a part": (
        lambda cycle: JobPart.objects.update(state=WorkState.RUNNING, lease_until=APPROVED),
        "part of a job is held by nobody",
    ),
    "a mail": (
        lambda cycle: Message.objects.update(state=MessageState.DUE, due_at=APPROVED),
        "mail is overdue",
    ),
}


@pytest.mark.parametrize("what", ALTERED)
def test_what_is_not_is_found(published: Cycle, what: str) -> None:
    alter, words = ALTERED[what]
    alter(published)
    job = checked()
    assert [fault for fault in job.result["faults"] if words in fault], job.result
    assert "finding" in job.message


def test_the_leader_meets_what_was_found_and_a_rep_does_not(published: Cycle, cast: Cast, client: Client) -> None:
    ALTERED["a number"][0](published)
    checked()
    assert audit_last() is not None
    pages = {}
    for person in (cast.leader, cast.rep):
        client.force_login(person.user)
        pages[person] = client.get("/cycle/").content.decode(), client.get("/jobs/").content.decode()
    words = "the published forecast is not what its stored inputs give"
    assert [words in page for page in pages[cast.leader]] == [True, True]
    assert [words in page for page in pages[cast.rep]] == [False, True]


def test_a_check_that_could_not_be_done_is_visible(published: Cycle, cast: Cast, client: Client) -> None:
    Job.objects.filter(pk=audit_queue(at=LATE).pk).update(state=WorkState.FAILED)
    client.force_login(cast.leader.user)
    for path in ("/cycle/", "/jobs/"):
        assert "could not be done" in client.get(path).content.decode()
