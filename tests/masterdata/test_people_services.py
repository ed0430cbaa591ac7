"""Changing a person's place and handing customers over: first that it works, then who may, then what is wrong."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from jobs.errors import Invalid, NotYours, Refused
from masterdata.models import Customer, RowChange
from masterdata.policy import Action, check, may, may_load
from masterdata.roles import IMPORT_ROLES, SET_UP_ROLES, Role
from masterdata.selectors.directory import by_department, changes_about, directory, owned_customers
from masterdata.services.people import customers_hand_over, person_change, place_of
from tests.cast import small_company

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 4, 9, tzinfo=UTC)
TODAY = date(2026, 11, 4)


@pytest.fixture
def cast():
    return small_company()


def change(cast, person, **fields):
    return person_change(person=person, place=replace(place_of(person), **fields), by=cast.leader, at=AT)


def hand_over(cast, *codes, to=None, on=TODAY, by=None):
    ids = [cast.customers[code].pk for code in codes]
    return customers_hand_over(customers=ids, to=to or cast.other_rep, on=on, today=TODAY, by=by or cast.leader, at=AT)


def test_a_place_changes_with_its_history(cast):
    assert change(cast, cast.finance, deputy=cast.cfo.pk, role=Role.MARKETING)
    cast.finance.refresh_from_db()
    assert (cast.finance.deputy, cast.finance.role) == (cast.cfo, Role.MARKETING)
    assert cast.finance.user.groups.get().name == "marketing"
    record = RowChange.objects.get()
    assert record.before == {"role": "finance", "deputy": None}
    assert record.after == {"role": "marketing", "deputy": cast.cfo.pk}
    assert changes_about(cast.finance)[0]["what"] == "role finance → marketing, deputy nobody → Fiona Funds"


def test_the_same_place_changes_nothing(cast):
    assert not change(cast, cast.finance)
    assert not RowChange.objects.exists()


def test_somebody_may_leave(cast):
    assert change(cast, cast.marketing, is_active=False)
    cast.marketing.user.refresh_from_db()
    assert not cast.marketing.user.is_active


def test_customers_change_hands_with_date_and_history(cast):
    assert hand_over(cast, "NORTH", "EAST") == 1
    north = Customer.objects.get(code="NORTH")
    assert (north.owner, north.owner_from) == (cast.other_rep, TODAY)
    record = RowChange.objects.get()
    assert (record.table, record.key, record.before["owner_id"]) == ("masterdata_customer", "NORTH", cast.rep.pk)
    assert [customer.code for customer in owned_customers(cast.other_rep)] == ["EAST", "NORTH"]


def test_the_directory_counts_customers_by_department(cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        departments = dict(by_department(directory()))
    sales = {person.username: person.owned for person in departments["Sales"]}
    assert sales == {"mona": 0, "rita": 2, "rob": 1}


@pytest.mark.parametrize("role", Role.values)
def test_who_may_what(cast, role):
    person = next(each for each in cast.people.values() if each.role == role)
    assert may(person, Action.SET_UP) == (role in SET_UP_ROLES)
    assert may(person, Action.IMPORT) == (role in IMPORT_ROLES)
    assert may_load(person, "bookings") == (role in IMPORT_ROLES)
    assert may_load(person, "people") == (role in SET_UP_ROLES)


def test_a_refusal_says_whose_it_is(cast):
    with pytest.raises(NotYours, match=r"Setting up people and keys is for: S&OP leader, Administrator\."):
        check(cast.rep, Action.SET_UP)


def test_only_set_up_roles_change_people(cast):
    with pytest.raises(NotYours):
        person_change(person=cast.rep, place=replace(place_of(cast.rep), role="admin"), by=cast.manager, at=AT)
    with pytest.raises(NotYours):
        hand_over(cast, "NORTH", by=cast.manager)
    assert not RowChange.objects.exists()


@pytest.mark.parametrize(
    ("who", "fields", "says"),
    [
        ("finance", {"role": "boss"}, "no role 'boss'"),
        ("finance", {"reports_to": 10**9}, "not here any more"),
        ("finance", {"deputy": "self"}, "their own deputy"),
        ("ceo", {"reports_to": "rep"}, "would report to somebody who reports to Carla Chief"),
        ("cfo", {"reports_to": None}, "Only the CEO reports to nobody, and that is Carla Chief"),
        ("rep", {"is_active": False}, "owns 2 customers. Hand them over first"),
        ("rep", {"role": "marketing"}, "owns 2 customers"),
    ],
)
def test_places_that_make_no_sense_are_refused(cast, who, fields, says):
    person = getattr(cast, who)
    named = {"self": person.pk, "rep": cast.rep.pk}
    fields = {name: named.get(value, value) for name, value in fields.items()}
    with pytest.raises(Refused, match=says):
        change(cast, person, **fields)


def test_somebody_is_left_who_can_set_up(cast):
    assert change(cast, cast.admin, role=Role.FINANCE)
    with pytest.raises(Refused, match="last one who can set up"):
        change(cast, cast.leader, role=Role.FINANCE)


def test_hand_overs_that_make_no_sense_are_refused(cast):
    with pytest.raises(Invalid, match="does not work in Sales"):
        hand_over(cast, "NORTH", to=cast.finance)
    with pytest.raises(Invalid, match="lies ahead"):
        hand_over(cast, "NORTH", on=date(2026, 11, 5))
