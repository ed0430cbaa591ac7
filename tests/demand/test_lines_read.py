"""The lines of a cycle, joined by the database or put together from its tables: the same frame."""

import pytest
from pandas.testing import assert_frame_equal

from cycles.models import Cycle
from demand.models import CycleLine
from demand.selectors.lines_read import frame_joined, frame_whole
from masterdata.models import Product, Region
from tests.cast import Cast, small_company
from tests.meetings.journey import in_entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return in_entry(cast)


def same(cycle: Cycle) -> None:
    whole = frame_whole(cycle.pk)
    assert len(whole) == CycleLine.objects.filter(cycle=cycle).count()
    assert_frame_equal(whole, frame_joined(CycleLine.objects.filter(cycle=cycle)))


def test_both_ways_give_the_same_frame(cycle: Cycle) -> None:
    same(cycle)


def test_lines_of_nobody_and_of_no_region(cycle: Cycle) -> None:
    first, second, *_ = CycleLine.objects.filter(cycle=cycle).order_by("line_id").values_list("pk", flat=True)
    CycleLine.objects.filter(pk=first).update(owner=None, region=None)
    CycleLine.objects.filter(pk=second).update(region=Region.objects.first(), price=12.5)
    same(cycle)


def test_products_that_come_and_go(cycle: Cycle) -> None:
    Product.objects.filter(pk=Product.objects.earliest("pk").pk).update(launch_month=cycle.month, decimals=2)
    same(cycle)


def test_a_cycle_without_lines(cycle: Cycle) -> None:
    CycleLine.objects.filter(cycle=cycle).delete()
    assert list(frame_whole(cycle.pk).columns) == list(frame_joined(CycleLine.objects.none()).columns)
