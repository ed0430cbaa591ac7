"""The database is gone for a moment: who is answered what, and what runs once more."""

import json
from collections.abc import Iterator

import psycopg2
import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import ResolverMatch

from jobs.errors import Refused
from sop_portal.middleware import Door
from tests.cast import small_company
from tests.conftest import database_url

pytestmark = pytest.mark.django_db(transaction=True)


def cut() -> None:
    """This test's own connection, as a database that restarts would."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    other = psycopg2.connect(database_url(settings.DATABASES["default"]["NAME"]))
    with other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    other.close()


@pytest.fixture
def reader(client: Client) -> Iterator[Client]:
    cast = small_company()
    client.force_login(cast.rep.user)
    client.raise_request_exception = False
    yield client
    connection.close()


@pytest.mark.parametrize(
    ("path", "accept"), [("/", "text/html"), ("/", "application/json"), ("/api/v1/cycles/", "*/*")]
)
def test_everybody_is_told_to_come_back(
    reader: Client, path: str, accept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/no/server/here")
    answer = reader.get(path, headers={"accept": accept, "authorization": "Bearer none"})
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    if accept == "text/html":
        assert "The database does not answer" in answer.content.decode()
    else:
        assert answer.json()["code"] == "unavailable"


def test_a_kept_connection_that_was_cut_is_not_noticed(reader: Client) -> None:
    for path, expected in (("/", 200), ("/api/v1/cycles/", 401)):
        cut()
        assert reader.get(path, headers={"authorization": "Bearer none"}).status_code == expected


CUT_HERE = """
CREATE FUNCTION cut_here() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(0); RETURN NEW; END $$;
CREATE TRIGGER cut_here BEFORE UPDATE ON sop_portal_session FOR EACH ROW EXECUTE FUNCTION cut_here()
"""


def test_a_session_that_cannot_be_noted_just_now_is_not_taken_for_deleted(reader: Client) -> None:
    """It is noted when the request is done: a saver who is told 400 does not send the batch again."""
    with connection.cursor() as cursor:
        cursor.execute(CUT_HERE)
    try:
        answer = reader.get("/", headers={"accept": "application/json"})
    finally:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION cut_here() CASCADE")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


class Answers:
    """A view that asks the database, noting how often it ran; the first time its connection is cut before."""

    def __init__(self, then: Exception | None = None) -> None:
        self.runs, self.then = 0, then

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.runs += 1
        if self.runs == 1:
            cut()
        elif self.then is not None:
            raise self.then
        with connection.cursor() as cursor:
            cursor.execute("SELECT 42")
            return HttpResponse(str(cursor.fetchone()[0]))


def through_the_door(method: str, view: Answers, name: str = "demand:sheet") -> HttpResponse | None:
    """What the door makes of the view's first failure; None = it leaves it to the last resort."""
    request = RequestFactory().generic(method, "/sheet/", headers={"accept": "application/json"})
    namespace, _, url_name = name.partition(":")
    request.resolver_match = ResolverMatch(view, (), {}, url_name=url_name, namespaces=[namespace])
    with pytest.raises(OperationalError) as caught:
        view(request)
    return Door(view).process_exception(request, caught.value)


@pytest.mark.parametrize(("method", "name"), [("GET", "demand:sheet"), ("POST", "demand:sheet-save")])
def test_what_cannot_count_twice_runs_once_more(reader: Client, method: str, name: str) -> None:
    view = Answers()
    answer = through_the_door(method, view, name)
    assert answer is not None
    assert (answer.content, view.runs) == (b"42", 2)


def test_a_form_without_a_token_does_not_run_again(reader: Client) -> None:
    view = Answers()
    assert through_the_door("POST", view, "demand:sheet-submit") is None
    assert view.runs == 1


def test_a_refusal_of_the_second_run_is_told(reader: Client) -> None:
    answer = through_the_door("GET", Answers(Refused("closed", "It closed meanwhile.")))
    assert answer is not None
    assert (answer.status_code, json.loads(answer.content)["detail"]) == (409, "It closed meanwhile.")


def test_a_fault_of_the_request_does_not_run_again(reader: Client) -> None:
    request = RequestFactory().get("/sheet/")
    request.resolver_match = ResolverMatch(Answers(), (), {}, url_name="sheet")
    assert Door(Answers()).process_exception(request, ValueError("not the database")) is None
