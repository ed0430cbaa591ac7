"""What makes up an overload: families, customers and events, with hours and shares that add up exactly."""

from datetime import date

import numpy as np
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from cycles.models import Cycle
from demand.models import Event, EventKind, Stage
from demand.selectors.lines import cycle_lines
from demand.selectors.versions import stage_plan
from jobs.models import MovedClock
from supply.causes import OTHERS, causes, scaled_to, whole
from supply.models import BillOfResource
from supply.selectors.resource_page import resource_page
from supply.services.planning import supply_plan_build
from tests.cast import Cast, small_company
from tests.supply.demand_plans import AT, cycle_signed

JAN = date(2027, 1, 1)
NAMES = st.dictionaries(st.text(st.characters(codec="ascii"), min_size=1, max_size=3), st.floats(0, 1e5), max_size=9)


@given(NAMES, st.integers(1, 6))
def test_hours_and_shares_add_up_exactly(parts: dict[str, float], most: int) -> None:
    found = causes(parts, most)
    total = sum(parts.values())
    if total <= 0:
        assert found == []
        return
    assert sum(cause.hours for cause in found) == round(total)
    assert sum(cause.thousandths for cause in found) == 1000
    assert len(found) <= most + 1
    assert all(
        abs(cause.hours - parts[cause.name]) <= 1 for cause in found if cause.name in parts and cause.name != OTHERS
    )


def test_the_rest_is_one_part_and_the_last_stands_last() -> None:
    found = causes({"a": 5.0, "b": 4.0, "c": 1.0, "none": 90.0}, most=1, last="none")
    assert [(cause.name, cause.hours, cause.share) for cause in found] == [
        ("a", 5, 0.05),
        (OTHERS, 5, 0.05),
        ("none", 90, 0.9),
    ]


def test_the_largest_remainders_are_rounded_up() -> None:
    assert whole([1.4, 1.3, 1.3], 4) == [2, 1, 1]


@given(st.lists(st.floats(0, 1e4), min_size=4, max_size=4), st.lists(st.floats(0.1, 1e4), min_size=2, max_size=2))
def test_scaled_lines_add_up_to_their_product(units: list[float], wanted: list[float]) -> None:
    lines, rows = np.array(units)[:, None], np.array([0, 1, 0, 1])
    scaled = scaled_to(lines, rows, np.array(wanted)[:, None])
    for product in (0, 1):
        known = lines[rows == product].sum() > 1e-9
        assert scaled[rows == product].sum() == pytest.approx(wanted[product] if known else 0.0)


# --- On the resource's page -----------------------------------------------------------


@pytest.fixture
def cast() -> Cast:
    MovedClock.objects.create(at=AT)
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    cycle = cycle_signed(peaks={("ALPHA", 2): 40.0})
    Event.objects.create(
        code="PROMO", name="January weeks", kind=EventKind.PROMOTION, product=cast.products["ALPHA"],
        from_month=JAN, to_month=JAN, uplift_pct=25.0, entered_on=date(2026, 9, 1),
    )  # fmt: skip
    supply_plan_build(cycle=cycle, at=AT)
    return cycle


@pytest.mark.django_db
def test_families_customers_and_events_each_make_up_the_whole_load(cast: Cast, cycle: Cycle) -> None:
    (cell,) = resource_page(cycle, cast.resource, cast.supply_planner)["causes"]
    assert cell["month"] == JAN
    assert cell["hours"] > cell["released"]
    for kind in ("families", "customers", "events"):
        assert sum(cause.hours for cause in cell[kind]) == round(cell["hours"]), kind
        assert sum(cause.thousandths for cause in cell[kind]) == 1000, kind


@pytest.mark.django_db
def test_a_customer_s_hours_are_its_units_times_the_hours_of_each(cast: Cast, cycle: Cycle) -> None:
    (cell,) = resource_page(cycle, cast.resource, cast.supply_planner)["causes"]
    hours = {
        row.family.code: row.hours_per_unit for row in BillOfResource.objects.select_related("family") if row.family
    }
    plan, frame = stage_plan(cycle, Stage.DEMAND_PLAN), cycle_lines(cycle)
    per_unit = np.array([hours.get(family, 0.0) for family in frame["family"]])
    for cause in cell["customers"]:
        own = (frame["customer_name"] == cause.name).to_numpy()
        assert cause.hours == pytest.approx(float((plan.quantity[:, 2] * per_unit)[own].sum()), abs=1)


@pytest.mark.django_db
def test_the_event_s_part_is_what_the_plan_has_more_because_of_it(cast: Cast, cycle: Cycle) -> None:
    """A quarter on top is a fifth of what ALPHA asks for."""
    (cell,) = resource_page(cycle, cast.resource, cast.supply_planner)["causes"]
    plan, frame = stage_plan(cycle, Stage.DEMAND_PLAN), cycle_lines(cycle)
    alpha = plan.quantity[(frame["product"] == "ALPHA").to_numpy(), 2].sum()
    hours = BillOfResource.objects.get(family__code="BIKES").hours_per_unit
    event, rest = cell["events"]
    assert (event.name, rest.name) == ("January weeks", "Without any event")
    assert event.hours == pytest.approx(alpha * hours / 5, abs=1)


@pytest.mark.django_db
def test_everybody_reads_it_and_a_calm_resource_has_none(cast: Cast, cycle: Cycle) -> None:
    client = Client()
    client.force_login(cast.rep.user)
    page = client.get("/supply/resource/WELD/").content.decode()
    assert "What makes up the overload" in page
    assert "January weeks" in page
    cast.resource.regular_capacity = 1e6
    cast.resource.save()
    assert "What makes up the overload" not in client.get("/supply/resource/WELD/").content.decode()
