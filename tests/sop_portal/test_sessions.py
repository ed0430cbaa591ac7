"""How long one stays signed in, and what is found with the session."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sop_portal.models import Session
from sop_portal.sessions import Limits
from sop_portal.tick import tick
from tests.cast import small_company
from tests.meetings.journey import in_entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(client: Client, settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], bool]:
    """Opens a page so many seconds after the sign-in; tells whether one is still signed in."""
    settings.SESSION_IDLE_SECONDS, settings.SESSION_COOKIE_AGE = 1_000, 5_000
    begin = time.time()
    client.force_login(get_user_model().objects.create_user("rita"))

    def open_page(after: int) -> bool:
        monkeypatch.setattr("sop_portal.sessions.time.time", lambda: begin + after)
        client.get("/healthz/live")
        return "_auth_user_id" in client.session

    return open_page


def test_pages_in_between_keep_one_signed_in(visit: Callable[[int], bool]) -> None:
    assert all(visit(after) for after in range(0, 5_000, 900))


def test_left_alone_one_is_signed_out(visit: Callable[[int], bool]) -> None:
    assert visit(0)
    assert not visit(1_001)


def test_nobody_stays_longer_than_the_limit(visit: Callable[[int], bool]) -> None:
    assert all(visit(after) for after in range(0, 5_000, 500))
    assert not visit(5_001)


def test_a_clock_set_back_signs_nobody_out(visit: Callable[[int], bool]) -> None:
    assert visit(500)
    assert visit(100)


def test_pages_in_quick_succession_do_not_write_the_session(
    visit: Callable[[int], bool], django_assert_num_queries: Callable[[int], object]
) -> None:
    visit(0)

    def ask(after: int) -> dict[str, int]:
        request = HttpRequest()
        request.user = User(username="rita")
        request.session = {"began": 0, "seen": 0}
        Limits(lambda given: HttpResponse()).apply(request, after)
        return request.session

    assert ask(299) == {"began": 0, "seen": 0}
    assert ask(300) == {"began": 0, "seen": 300}


@pytest.fixture
def signed_in(client: Client) -> Client:
    """Rita, whose last request has found everything about the open cycle."""
    cast = small_company()
    in_entry(cast)
    client.force_login(cast.people["rita"].user)
    client.get("/sheet/")
    return client


def test_one_statement_finds_session_person_and_open_cycle(signed_in: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert signed_in.get("/sheet/").status_code == 200
    told = [query["sql"] for query in asked]
    assert "sop_portal_session" in told[0]
    assert not [sql for sql in told[1:] if "sop_portal_session" in sql or "FROM auth_user u" in sql]
    assert not [sql for sql in told if sql.startswith("SELECT") and "FROM cycles_cycle c WHERE c.state" in sql]


def test_who_is_signed_in_is_what_the_session_says(signed_in: Client) -> None:
    """The account beside it is only there to be found faster, even one with the same password."""
    other = User.objects.create(username="other", password=User.objects.get(username="rita").password)
    Session.objects.update(account=other)
    assert "rita" in str(signed_in.get("/sheet/").context["user"])


def test_a_deleted_account_takes_its_sessions_along(signed_in: Client) -> None:
    other, kept = User.objects.create_user("other"), Session.objects.get()
    Session.objects.create(session_key="k" * 32, session_data="", expire_date=kept.expire_date, account=other)
    other.delete()
    assert list(Session.objects.all()) == [kept]


def test_the_tick_removes_sessions_that_are_over(signed_in: Client) -> None:
    kept = Session.objects.get()
    Session.objects.create(session_key="k" * 32, session_data="", expire_date=kept.expire_date - timedelta(hours=2))
    assert tick(at=kept.expire_date - timedelta(hours=1)) == []
    assert list(Session.objects.all()) == [kept]
