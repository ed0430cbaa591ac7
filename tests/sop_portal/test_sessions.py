"""How long one stays signed in."""

import time
from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client

from sop_portal.sessions import Limits

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
