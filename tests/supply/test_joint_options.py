"""Options for a gap that several resources stand behind."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from supply.gaps import Gap
from supply.joint_options import JointOption, Short, evaluated, joint_options, resources_short
from supply.options import FreeHours, Kind, ResourceFacts

AUG = date(2027, 8, 1)
GAP = Gap(
    resource=0,
    month=2,
    hours=100.0,
    overload_hours=120.0,
    units=50.0,
    value=5000.0,
    margin=1000.0,
    families=(("BIKES", 50.0),),
    products=(0,),
)
WELD = ResourceFacts("Welding", regular_cost=20.0, overtime_cost=30.0, overtime_hours=80.0)
PAINT = ResourceFacts("Paint", regular_cost=10.0, overtime_cost=18.0, overtime_hours=20.0)


def option(kind: Kind, *short: tuple[Short, ResourceFacts], caught_up: date | None = date(2027, 9, 1)) -> JointOption:
    found = joint_options(GAP, AUG, short, caught_up=caught_up, currency="EUR")
    assert [one.option.kind for one in found] == list(Kind)
    return next(one for one in found if one.option.kind is kind)


def test_every_resource_that_could_not_take_the_late_units_is_short() -> None:
    late, hours = np.array([50.0, 7.0]), np.array([[2.0, 1.0], [1.0, 0.0], [0.5, 0.0]])
    short = resources_short(GAP, late, load=[100.0, 90.0, 10.0], released=[100.0, 100.0, 100.0], hours=hours)
    assert short == [Short(0, 100.0), Short(1, 40.0)]


def test_overtime_goes_as_far_as_the_scarcest_resource_and_costs_both() -> None:
    found = option(Kind.OVERTIME, (Short(0, 100.0), WELD), (Short(1, 40.0), PAINT))
    assert found.option.units == pytest.approx(25.0)  # Paint has overtime for half of it
    assert found.option.cost == pytest.approx(50 * 10 + 20 * 8)
    assert found.option.margin == pytest.approx(500 - 660)
    assert found.hours_by == (Short(0, 50.0), Short(1, 20.0))
    assert "50 hours at Welding and 20 hours at Paint" in found.option.text


def test_one_resource_alone_is_the_plain_option() -> None:
    found = option(Kind.OVERTIME, (Short(0, 100.0), WELD))
    assert found.option.units == pytest.approx(40.0)
    assert found.hours_by == (Short(0, 80.0),)


def test_an_option_that_one_resource_cannot_do_is_not_possible() -> None:
    found = option(Kind.OVERTIME, (Short(0, 100.0), WELD), (Short(1, 40.0), replace(PAINT, overtime_hours=0.0)))
    assert not found.option.feasible
    assert "Paint" in found.option.text
    assert found.hours_by == ()


def test_building_ahead_holds_the_units_once() -> None:
    free = (FreeHours(date(2027, 7, 1), 500.0),)
    alone = option(Kind.PREBUILD, (Short(0, 100.0), replace(WELD, before=free)))
    both = option(
        Kind.PREBUILD, (Short(0, 100.0), replace(WELD, before=free)), (Short(1, 40.0), replace(PAINT, before=free))
    )
    assert both.option.cost == pytest.approx(alone.option.cost)
    assert both.option.inventory == pytest.approx(alone.option.inventory)


def test_delivering_later_is_by_the_month_the_plan_says() -> None:
    found = option(Kind.DELAY, (Short(0, 100.0), WELD))
    assert found.option.feasible
    assert "by Sep 2027" in found.option.text
    never = option(Kind.DELAY, (Short(0, 100.0), WELD), caught_up=None)
    assert not never.option.feasible
    assert "within the horizon" in never.option.text


def test_doing_nothing_takes_and_changes_nothing() -> None:
    found = option(Kind.DO_NOTHING, (Short(0, 100.0), WELD), (Short(1, 40.0), PAINT))
    assert (found.option.units, found.option.cost, found.hours_by) == (0.0, 0.0, ())


def test_the_plan_made_again_has_the_last_word() -> None:
    short = [(Short(0, 100.0), WELD), (Short(1, 40.0), PAINT)]
    draft = option(Kind.OVERTIME, *short)
    found = evaluated(draft, GAP, short, units=18.0, revenue=1800.0, margin=300.0, currency="EUR")
    assert (found.option.units, found.option.units_left, found.option.revenue) == (18.0, 32.0, 1800.0)
    assert found.option.margin == pytest.approx(300.0 - draft.option.cost)
    assert "ship 18 units for EUR 660; 32 units stay late." in found.option.text
    assert found.hours_by == draft.hours_by


def test_an_option_that_brings_nothing_in_time_is_not_possible() -> None:
    short = [(Short(0, 100.0), WELD)]
    found = evaluated(option(Kind.OVERTIME, *short), GAP, short, units=0.2, revenue=9.0, margin=1.0)
    assert not found.option.feasible
    assert (found.option.units, found.option.cost, found.option.units_left) == (0.0, 0.0, GAP.units)
    assert "another resource holds the units up" in found.option.text


def test_more_units_of_less_worth_are_shown_as_a_loss() -> None:
    short = [(Short(0, 100.0), WELD)]
    found = evaluated(option(Kind.OVERTIME, *short), GAP, short, units=5.0, revenue=-400.0, margin=50.0)
    assert found.option.revenue == -400.0
