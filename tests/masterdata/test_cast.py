"""The cast itself: what every other test relies on."""

import pytest

from demand.models import Booking, Line
from masterdata.models import Person
from masterdata.roles import Role
from masterdata.selectors import ceo, head_of
from tests.cast import HISTORY_MONTHS, LAST_CLOSED, booked_quantity, small_company

pytestmark = pytest.mark.django_db


def test_every_role_has_somebody():
    small_company()
    assert set(Person.objects.values_list("role", flat=True)) == set(Role.values)


def test_heads_and_chief_are_found():
    cast = small_company()
    assert ceo() == cast.ceo
    assert head_of("Sales") == cast.manager
    assert head_of("Operations") == cast.coo
    assert cast.rep.reports_to == cast.other_rep.reports_to == cast.manager


def test_a_line_for_every_booked_pair_and_no_other():
    cast = small_company()
    assert Line.objects.count() == 11
    assert cast.line("ALPHA", "NORTH").customer.owner == cast.rep
    assert not Line.objects.filter(product__code="DELTA", customer__code="EAST").exists()


def test_history_is_complete_up_to_the_last_closed_month():
    small_company()
    assert Booking.objects.count() == 11 * HISTORY_MONTHS
    newest = Booking.objects.get(product__code="GAMMA", customer__code="SOUTH", month=LAST_CLOSED)
    assert newest.qty == booked_quantity("GAMMA", "SOUTH", LAST_CLOSED) > 0
