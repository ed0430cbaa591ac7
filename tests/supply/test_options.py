from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supply.gaps import Gap
from supply.options import Assumptions, FreeHours, Kind, Option, ResourceFacts, options_for, recommended

AUGUST = date(2026, 8, 1)
GAP = Gap(
    resource=0,
    month=2,
    hours=100.0,
    overload_hours=100.0,
    units=50.0,
    value=50_000.0,
    margin=5_000.0,
    families=(("BIKES", 50.0),),
    products=(3,),
)
WELDING = ResourceFacts(
    name="Frame Welding",
    regular_cost=20.0,
    overtime_cost=30.0,
    overtime_hours=60.0,
    before=(FreeHours(date(2026, 6, 1), 500.0), FreeHours(date(2026, 7, 1), 40.0)),
    after=(FreeHours(date(2026, 9, 1), 30.0), FreeHours(date(2026, 10, 1), 500.0)),
)


def options(resource: ResourceFacts = WELDING, gap: Gap = GAP) -> dict[Kind, Option]:
    return {o.kind: o for o in options_for(gap, AUGUST, resource, currency="USD")}


def test_all_five_are_always_offered_do_nothing_first() -> None:
    assert list(options()) == list(Kind)
    assert list(options(ResourceFacts("Paint"))) == list(Kind)


def test_do_nothing_changes_nothing_and_says_what_it_costs() -> None:
    option = options()[Kind.DO_NOTHING]
    assert (option.units, option.revenue, option.margin, option.cost, option.units_left) == (0, 0, 0, 0, 50)
    assert option.text == ("50 units worth USD 50 k do not ship in Aug 2026; Frame Welding stays as it is.")


def test_overtime_costs_the_premium_and_is_limited() -> None:
    option = options()[Kind.OVERTIME]
    assert (option.hours, option.units, option.revenue) == (60, pytest.approx(30), pytest.approx(30_000))
    assert option.cost == pytest.approx(600)
    assert option.margin == pytest.approx(3_000 - 600)
    assert option.text == (
        "60 hours of overtime at Frame Welding in Aug 2026 ship 30 units for USD 600; 20 units stay late."
    )


def test_prebuild_takes_the_nearest_months_and_holds_stock() -> None:
    option = options()[Kind.PREBUILD]
    cost_per_hour = 45_000 / 100
    assert option.hours == 100
    assert option.inventory == pytest.approx(45_000)
    assert option.cost == pytest.approx((40 * 1 + 60 * 2) * cost_per_hour * 0.015)
    assert "from Jun 2026" in option.text
    assert option.text.endswith("the gap is closed.")


def test_outsourcing_costs_the_assumed_surcharge() -> None:
    option = options()[Kind.OUTSOURCE]
    assert option.cost == pytest.approx(2_000)
    assert option.margin == pytest.approx(3_000)
    assert "assumed 100 % above the regular rate" in option.text


def test_delivering_later_costs_nothing_and_names_the_month() -> None:
    option = options()[Kind.DELAY]
    assert (option.cost, option.units_left) == (0, pytest.approx(0))
    assert "by Oct 2026" in option.text


@pytest.mark.parametrize("kind", [Kind.OVERTIME, Kind.PREBUILD, Kind.OUTSOURCE, Kind.DELAY])
def test_what_is_not_possible_says_why(kind: Kind) -> None:
    option = options(ResourceFacts("Paint"))[kind]
    assert not option.feasible
    assert option.text.startswith("Not possible: ")
    assert "Paint" in option.text
    assert (option.units, option.cost, option.units_left) == (0, 0, 50)


def test_the_recommendation_weighs_margin_and_goodwill() -> None:
    found = list(options().values())
    assert recommended(found).kind is Kind.PREBUILD
    assert recommended(found, Assumptions(goodwill=0.0)).kind is Kind.DELAY


def test_a_loss_making_family_is_only_served_for_goodwill() -> None:
    poor = replace(GAP, margin=-1_000.0)
    found = list(options(gap=poor).values())
    assert recommended(found, Assumptions(goodwill=0.0)).kind is Kind.DO_NOTHING
    assert recommended(found, Assumptions(goodwill=0.2)).kind is not Kind.DO_NOTHING


def test_nothing_feasible_and_nothing_short_are_refused() -> None:
    with pytest.raises(ValueError, match="feasible"):
        recommended([])
    with pytest.raises(ValueError, match="hours short"):
        options_for(replace(GAP, hours=0.0, units=0.0), AUGUST, WELDING)


@given(st.floats(0.5, 1e5), st.floats(0, 1e5), st.floats(0, 1e5), st.floats(0, 1e5))
def test_no_option_does_more_than_close_the_gap(short: float, overtime: float, before: float, after: float) -> None:
    resource = replace(
        WELDING,
        overtime_hours=overtime,
        before=(FreeHours(date(2026, 7, 1), before),),
        after=(FreeHours(date(2026, 9, 1), after),),
    )
    for option in options_for(replace(GAP, hours=short), AUGUST, resource):
        assert 0 <= option.units <= GAP.units * (1 + 1e-9)
        assert option.units + option.units_left == pytest.approx(GAP.units)
        assert option.cost >= 0
        assert option.hours <= short * (1 + 1e-9)
