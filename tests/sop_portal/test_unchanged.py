"""\"Not modified\" on the short way: one statement, each use counted once, nobody in who would not get in else."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from demand.models import ForecastVersion, VersionState
from jobs.models import Job
from masterdata.models import ApiKey, ApiKeyUse
from masterdata.services.keys import key_create, key_revoke
from sop_portal.api import unchanged
from tests.cast import Cast, small_company
from tests.meetings.journey import APPROVED, approved, do_job

URL = "/api/v1/company-forecast/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = small_company()
    cycle = approved(cast)
    do_job(Job.objects.get(kind="publish", key=cycle.code), APPROVED)
    return cast


class Program:
    """Asks with a key and remembers the tag of the first answer."""

    def __init__(self, cast: Cast, **query: str) -> None:
        scopes = ("forecast:read", "cycles:read")
        self.key, self.secret = key_create(person=cast.api_client, scopes=scopes, at=timezone.now())
        self.query, self.tag = query, ""
        self.tag = self.ask().headers["ETag"]

    def ask(self, **headers: str):
        tag = {"If-None-Match": self.tag} if self.tag else {}
        sent = {"Authorization": f"Bearer {self.secret}"} | tag | headers
        return Client().get(URL, self.query, headers=sent)

    @property
    def used(self) -> int:
        return ApiKeyUse.objects.get(key=self.key).count


@pytest.fixture
def program(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Program:
    at = timezone.now().replace(second=1)  # all in one minute, however slow the machine is
    for place in ("sop_portal.api.unchanged.now", "sop_portal.api.throttling.now", "sop_portal.keys.now"):
        monkeypatch.setattr(place, lambda: at)
    return Program(cast)


def test_it_takes_one_statement_and_counts_once(program: Program, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        answer = program.ask()
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", program.tag)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert program.used == 2


@pytest.mark.parametrize("query", [{"format": "csv"}, {"level": "line", "cycle": "2026-11"}, {"stage": "demand_plan"}])
def test_every_form_level_and_stage_has_a_tag_of_its_own(program: Program, cast: Cast, query: dict[str, str]) -> None:
    other = Program(cast, **query)
    assert other.tag != program.tag
    assert other.ask().status_code == 304
    assert other.ask(**{"If-None-Match": program.tag}).status_code == 200
    assert other.ask(**{"If-None-Match": f'W/{other.tag}, "x"'}).status_code == 304
    assert other.ask(**{"If-None-Match": f'"0-{"0" * 32}", {other.tag}'}).status_code == 304


def test_the_form_is_the_one_that_is_accepted(program: Program) -> None:
    assert program.ask(Accept="text/csv").status_code == 200
    assert program.ask(Accept="application/json").status_code == 304
    assert program.ask(Accept="image/png").status_code == 406


def test_a_new_revision_is_sent(program: Program) -> None:
    old = ForecastVersion.objects.get(stage="company_forecast", state=VersionState.CURRENT)
    ForecastVersion.objects.filter(pk=old.pk).update(state=VersionState.SUPERSEDED)
    old.pk, old.revision = None, old.revision + 1
    old.save()
    used, answer = program.used, program.ask()
    assert answer.status_code == 200
    assert answer.headers["ETag"] != program.tag
    assert program.used == used + 1


def test_a_key_that_no_longer_holds_is_refused_and_counts_nothing(program: Program) -> None:
    used = program.used
    ApiKey.objects.update(scopes=["cycles:read"])
    assert program.ask().status_code == 403
    key_revoke(key=program.key, at=timezone.now())
    assert program.ask().status_code == 401
    assert program.ask(Authorization="Bearer sop_nothing").status_code == 401
    assert program.ask(Authorization=f"Bearer {program.secret[:-1]}x").status_code == 401
    assert program.used == used


@pytest.mark.parametrize("what", ["expired", "closed"])
def test_an_expired_key_or_a_closed_account_is_refused(program: Program, cast: Cast, what: str) -> None:
    if what == "expired":
        ApiKey.objects.update(expires_at=timezone.now() - timedelta(days=1))
    else:
        type(cast.api_client.user).objects.filter(pk=cast.api_client.user_id).update(is_active=False)
    assert program.ask().status_code == 401


def test_the_limit_holds(program: Program, settings: LazySettings) -> None:
    settings.API_PER_MINUTE = program.used + 1
    assert program.ask().status_code == 304
    refused = program.ask()
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) <= 60


def test_the_last_use_is_still_noted(program: Program) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    ApiKey.objects.update(last_used_at=long_ago)
    assert program.ask().status_code == 304
    assert ApiKey.objects.get().last_used_at > long_ago


def test_margin_is_told_on_the_ordinary_way(cast: Cast) -> None:
    program = Program(cast)
    program.query = {"measure": "margin", "level": "product"}
    assert program.ask(**{"If-None-Match": "*"}).status_code == 403


def test_a_strange_host_is_refused(program: Program) -> None:
    assert program.ask(Host="evil.example").status_code == 400


def test_a_wrong_query_is_told_what_is_wrong(program: Program) -> None:
    for query in ({"cycle": "2026-13"}, {"stage": "nothing"}, {"format": "pdf"}, {"level": "planet"}):
        program.query = query
        assert program.ask(**{"If-None-Match": "*"}).status_code == 400


def test_a_database_that_stumbles_is_asked_again(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(**_: object) -> int:
        raise OperationalError("cut off")

    monkeypatch.setattr(unchanged, "key_use", stumble)
    assert program.ask().status_code == 304  # by the ordinary way
