"""The page on which people say that they are away; who may say it of whom."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.models import MovedClock
from masterdata.models import Absence, Person
from tests.cast import Cast, small_company

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 4, 9, tzinfo=UTC)
DAYS = {"first": "2026-11-05", "last": "2026-11-12"}


@pytest.fixture
def cast() -> Cast:
    MovedClock.objects.create(at=AT)
    return small_company()


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def enter(by: Person, status: int = 200, **fields: object) -> str:
    given = {"person": by.pk} | DAYS | fields
    answer = signed_in(by).post("/away/", given, follow=True)
    assert answer.status_code == status, answer.content[:2000]
    return answer.content.decode()


def test_a_rep_says_so_and_names_who_enters(cast: Cast) -> None:
    html = enter(cast.rep, substitute=cast.other_rep.pk)
    assert "Rita Rep: away until 12 Nov, Rob Rep enters." in html
    assert "5 Nov 2026 to 12 Nov 2026. Rob Rep enters." in html
    absence = Absence.objects.get()
    assert (absence.person, absence.substitute, absence.entered_by) == (cast.rep, cast.other_rep, cast.rep)


def test_it_is_on_the_account_menu_of_people_not_of_programs(cast: Cast) -> None:
    assert 'href="/away/"' in signed_in(cast.rep).get("/").content.decode()
    assert 'href="/away/"' not in signed_in(cast.api_client).get("/").content.decode()


@pytest.mark.parametrize("who", ["manager", "leader", "admin", "ceo"])
def test_managers_above_and_the_leader_say_it_of_others(cast: Cast, who: str) -> None:
    by = getattr(cast, who)
    assert "Rita Rep" in signed_in(by).get("/away/?person=rita").content.decode()
    assert "Rita Rep: away until" in enter(by, person=cast.rep.pk, substitute=cast.other_rep.pk)
    assert Absence.objects.get().entered_by == by


@pytest.mark.parametrize("who", ["other_rep", "demand_planner", "marketing", "coo"])
def test_nobody_else_can_nor_sees_it(cast: Cast, who: str) -> None:
    by = getattr(cast, who)
    assert "Select a valid choice" in enter(by, 422, person=cast.rep.pk)
    enter(cast.rep, substitute=cast.manager.pk)
    assert "12 Nov 2026" not in signed_in(by).get("/away/").content.decode()
    assert signed_in(by).post(f"/away/{Absence.objects.get().pk}/end/").status_code == 403
    assert Absence.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"first": ""}, "This field is required."),
        ({"last": "soon"}, "Enter a valid date."),
        ({"last": "2026-11-04"}, "is before the first one"),
        ({"first": "2026-10-01", "last": "2026-10-02"}, "has passed"),
        ({"substitute": "999999"}, "Select a valid choice"),
        ({"substitute": "x"}, "Select a valid choice"),
        ({"person": ""}, "This field is required."),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_stays(cast: Cast, fields: dict, says: str) -> None:
    html = enter(cast.manager, 422, **fields)
    assert says in html
    if "first" not in fields:
        assert 'value="2026-11-05"' in html
    assert not Absence.objects.exists()


def test_oneself_is_no_substitute(cast: Cast) -> None:
    assert "cannot stand in for" in enter(cast.rep, 422, substitute=cast.rep.pk)


def test_people_without_lines_are_not_asked_who_enters(cast: Cast) -> None:
    assert "Who enters meanwhile" not in signed_in(cast.finance).get("/away/").content.decode()
    assert "Finn Finance: away until 12 Nov." in enter(cast.finance)
    assert "Nobody enters" not in signed_in(cast.finance).get("/away/").content.decode()


def test_who_is_back_ends_it(cast: Cast) -> None:
    enter(cast.rep, first="2026-11-02", substitute=cast.other_rep.pk)
    absence = Absence.objects.get()
    answer = signed_in(cast.rep).post(f"/away/{absence.pk}/end/", follow=True)
    assert "Rita Rep is back" in answer.content.decode()
    absence.refresh_from_db()
    assert absence.last_day == date(2026, 11, 3)
    again = signed_in(cast.rep).post(f"/away/{absence.pk}/end/", follow=True)
    assert "is over already" in again.content.decode()
    assert signed_in(cast.rep).post("/away/999999/end/").status_code == 404
    assert signed_in(cast.rep).get(f"/away/{absence.pk}/end/").status_code == 405


def test_the_page_costs_the_same_for_many_absences(cast: Cast) -> None:
    client = signed_in(cast.leader)
    enter(cast.rep, substitute=cast.other_rep.pk)
    client.get("/away/")
    with CaptureQueriesContext(connection) as few:
        client.get("/away/")
    for person in (cast.other_rep, cast.manager, cast.finance, cast.marketing):
        enter(person)
    with CaptureQueriesContext(connection) as many:
        client.get("/away/")
    assert len(many) == len(few)
