"""Typed changes of the ground: what each does, in words, stored and read again; and what is doubted of a ground."""

from dataclasses import fields, replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supply.as_commitment import as_commitment, priced
from supply.change import Change
from supply.changes import Capacity, Demand, Down, Outsource, Overtime, Prebuild, Promotion, Shift, Units
from supply.cheapest_plan import cheapest_plan
from supply.ground import Ground, Offer, doubts, problem_of, weights
from supply.key_figures import families_late, hour_values, key_figures, late_units
from supply.scenarios import changed, read, stored

START, SECOND, LAST = date(2026, 11, 1), date(2026, 12, 1), date(2027, 2, 1)
MONTHS = 4
NAMES = {"BIKE": "Bike", "WELD": "Welding", "BIKES": "Bikes", "N": "North", "SPRING": "Spring sale"}


def ground(**more: object) -> Ground:
    """Two products; BIKE takes an hour of WELD, which has ten a month and four of overtime; PART takes none."""
    demand = np.array([[8.0, 8.0, 20.0, 8.0], [5.0, 5.0, 5.0, 5.0]])
    base = Ground(
        products=["Bike", "Part"],
        families=["BIKES", "PARTS"],
        codes=["BIKE", "PART"],
        resources=["WELD"],
        demand=demand,
        price=np.array([100.0, 10.0]),
        unit_cost=np.array([90.0, 4.0]),
        priority=np.array([1.0, 1.0]),
        made=np.array([True, True]),
        storable=np.array([True, True]),
        lead_months=np.zeros(2, dtype=np.int64),
        hours=np.array([[1.0, 0.0]]),
        regular=np.full((1, MONTHS), 10.0),
        agreed=np.zeros((1, MONTHS)),
        overtime=np.full((1, MONTHS), 4.0),
        regular_cost=np.array([20.0]),
        overtime_cost=np.array([30.0]),
        stock=np.zeros(2),
        backlog=np.zeros(2),
        safety=np.zeros(2),
        receipts=np.zeros((2, MONTHS)),
        open_production=np.zeros((2, MONTHS)),
        ahead=np.array([False, False]),
        regions={"N": demand * 0.5},
        events={"SPRING": np.array([[0.0, 0.0, 12.0, 0.0], [0.0] * 4])},
    )
    return replace(base, **more)


CHANGES: list[Change] = [
    Overtime(START, LAST, "WELD"),
    Overtime(START, LAST),
    Shift(SECOND, LAST, "WELD", 5.0, 26.0),
    Outsource(SECOND, SECOND, "WELD", 3.0, 0.5),
    Prebuild(START, LAST, "BIKES"),
    Promotion(START, LAST, "SPRING", 1),
    Demand(START, LAST, "region", "N", -10.0),
    Down(SECOND, LAST, "WELD", 0.25),
    Capacity(SECOND, LAST, "WELD", 2.0),
    Units(SECOND, LAST, "BIKE", 3.0, 120.0),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.kind)
def test_a_change_is_the_same_when_it_is_read_again(change: Change) -> None:
    assert read(stored(change)) == change


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.kind)
def test_a_change_leaves_the_ground_it_starts_from_as_it_was(change: Change) -> None:
    before, after = ground(), ground()
    assert change.apply(after, START) is not after
    for each in fields(Ground):
        one, other = getattr(before, each.name), getattr(after, each.name)
        if isinstance(one, np.ndarray):
            np.testing.assert_array_equal(one, other)


def test_what_each_change_does() -> None:
    released = Overtime(SECOND, SECOND, "WELD").apply(ground(), START)
    assert released.agreed.tolist() == [[0, 4, 0, 0]]
    assert released.overtime.tolist() == [[4, 0, 4, 4]]
    shift = Shift(SECOND, SECOND, "WELD", 5.0, 26.0).apply(ground(), START).offers[0]
    assert (shift.most.tolist(), shift.premium.tolist()) == ([[0, 5, 0, 0]], [6.0])
    supplier = Outsource(SECOND, SECOND, "WELD", 3.0, 0.5).apply(ground(), START).offers[0]
    assert supplier.premium.tolist() == [10.0]
    assert Prebuild(START, LAST, "BIKES").apply(ground(), START).ahead.tolist() == [True, False]
    down = Down(SECOND, LAST, "WELD", 0.25).apply(ground(), START)
    assert down.released.tolist() == [[10, 7.5, 7.5, 7.5]]
    assert Capacity(SECOND, LAST, "WELD", 2.0).apply(ground(), START).regular.tolist() == [[10, 12, 12, 12]]


def test_demand_changes_by_family_region_or_as_a_whole() -> None:
    every = Demand(SECOND, SECOND, "all", "", 10.0).apply(ground(), START).demand - ground().demand
    np.testing.assert_allclose(every, [[0, 0.8, 0, 0], [0, 0.5, 0, 0]])
    family = Demand(START, START, "family", "PARTS", -100.0).apply(ground(), START).demand
    assert family[:, 0].tolist() == [8, 0]
    north = Demand(START, START, "region", "N", 100.0).apply(ground(), START).demand
    assert north[:, 0].tolist() == [12, 7.5]


def test_an_event_comes_later_or_not_at_all() -> None:
    later = Promotion(START, LAST, "SPRING", 1).apply(ground(), START).demand
    assert later[0].tolist() == [8, 8, 8, 20]
    assert Promotion(START, LAST, "SPRING", 0).apply(ground(), START).demand[0].tolist() == [8, 8, 8, 8]
    assert Promotion(START, LAST, "SPRING", 9).apply(ground(), START).demand[0].tolist() == [8, 8, 8, 8]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Overtime(START, LAST, "PAINT"), "no resource PAINT"),
        (Shift(date(2030, 1, 1), date(2030, 2, 1), "WELD", 1.0, 1.0), "outside the plan"),
        (Prebuild(START, LAST, "BOATS"), "family BOATS"),
        (Promotion(START, LAST, "AUTUMN"), "AUTUMN is not in the plan"),
        (Demand(START, LAST, "region", "S", 5.0), "region S"),
        (Units(START, LAST, "BOAT", 3.0, 9.0), "product BOAT"),
    ],
    ids=lambda value: value.kind if isinstance(value, Change) else "",
)
def test_a_change_that_reaches_nothing_says_so(change: Change, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        changed(ground(), START, [change])


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"kind": "magic"}, "A change is one of"),
        ({"kind": "down", "first": "2026-11"}, "lacks or has too much"),
        ({"kind": "down", "first": "soon", "last": "2026-11", "resource": "WELD"}, "soon"),
        ({"kind": "down", "first": "2026-12", "last": "2026-11", "resource": "WELD"}, "before it starts"),
        ({"kind": "down", "first": "2026-11", "last": "2026-11", "resource": "WELD", "share": 2.0}, "from 0 to 100"),
        ({"kind": "shift", "first": "2026-11", "last": "2026-11", "hours": 1.0, "rate": 1.0}, "Choose a resource"),
        ({"kind": "demand", "first": "2026-11", "last": "2026-11", "percent": float("nan")}, "in per cent"),
        ({"kind": "demand", "first": "2026-11", "last": "2026-11", "scope": "moon", "percent": 1.0}, "moon"),
    ],
)
def test_a_change_that_cannot_be_read_names_what_is_wrong(given_: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(given_)


def test_changes_are_said_in_plain_words() -> None:
    said = [change.words(NAMES) for change in CHANGES]
    assert said[0] == "Overtime at Welding, Nov 2026 to Feb 2027"
    assert said[1] == "Overtime at every resource, Nov 2026 to Feb 2027"
    assert said[3] == "Up to 3 hours a month of Welding to a supplier, 50% above the regular rate, Dec 2026"
    assert said[9] == "Buy up to 3 Bike a month for 120.00 each, Dec 2026 to Feb 2027"
    assert said[5] == "Spring sale comes one month later"
    assert said[6] == "Demand for North \u221210 %, Nov 2026 to Feb 2027"


# --- What scenarios are worth -----------------------------------------------------


def solved(on: Ground) -> tuple[Ground, object]:
    return on, cheapest_plan(problem_of(on))


def test_building_ahead_needs_leave_and_then_saves_the_peak() -> None:
    without, with_leave = ground(), Prebuild(START, LAST, "BIKES").apply(ground(), START)
    late = late_units(*solved(without))
    assert late[0].tolist() == pytest.approx([0, 0, 10, 0])
    figures = key_figures(*solved(with_leave))
    assert figures.units_late == pytest.approx(6)
    assert figures.stock > 0


def test_overtime_is_bought_only_where_it_saves_more_than_it_costs() -> None:
    released = Overtime(START, LAST, "WELD").apply(ground(), START)
    figures = key_figures(*solved(released))
    assert figures.overtime == pytest.approx(8)
    assert figures.extra_cost == pytest.approx(8 * 10)
    cheap = Shift(START, LAST, "WELD", 20.0, 20.0).apply(released, START)
    assert key_figures(*solved(cheap)).overtime == pytest.approx(0)


def test_units_from_outside_are_bought_where_they_pay_and_from_their_month_on() -> None:
    """Ten bikes are missing in the third month; three a month come from outside at 30 above their cost."""
    outside = Units(SECOND, LAST, "BIKE", 3.0, 120.0).apply(ground(), START)
    on, made = solved(outside)
    assert made.bought[0] == pytest.approx([0, 0, 3, 3])
    figures = key_figures(on, made)
    assert (figures.bought, figures.extra_cost) == (pytest.approx(6), pytest.approx(6 * 30))
    assert figures.units_late < key_figures(*solved(ground())).units_late
    assert made.load[0] == pytest.approx(made.production[0])
    dear = Units(SECOND, LAST, "BIKE", 3.0, 900.0).apply(ground(), START)
    assert cheapest_plan(problem_of(dear)).bought.sum() == pytest.approx(0)


def test_the_cheaper_supplier_of_units_comes_first() -> None:
    both = Units(START, LAST, "BIKE", 2.0, 130.0).apply(ground(), START)
    both = Units(START, LAST, "BIKE", 2.0, 95.0).apply(both, START)
    made = cheapest_plan(problem_of(both))
    assert made.bought[0, 2] == pytest.approx(4)
    assert made.bought_cost[0, 2] == pytest.approx(2 * 40 + 2 * 5)


def test_units_that_cannot_arrive_in_time_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="Nothing new of Bike can arrive Nov 2026: the lead time is longer"):
        Units(START, START, "BIKE", 3.0, 9.0).apply(ground(lead_months=np.array([1, 0])), START)


def test_a_plan_with_bought_units_priced_again_costs_the_same() -> None:
    outside = Units(START, LAST, "BIKE", 3.0, 120.0).apply(ground(), START)
    problem = problem_of(outside)
    made = cheapest_plan(problem)
    again = priced(as_commitment(made, problem, stock_known=True), problem, bound=made.cost)
    assert again.cost == pytest.approx(made.cost)
    assert again.bought.sum() == pytest.approx(made.bought.sum())
    assert again.load == pytest.approx(made.load)


def test_one_more_hour_is_worth_what_the_plan_saves_with_it() -> None:
    short = ground()
    first = hour_values(short, cheapest_plan(problem_of(short)), START, 1)[0]
    assert (first.resource, first.month) == ("WELD", date(2027, 1, 1))
    more = short.regular.copy()
    more[0, 2] += 1
    saved = cheapest_plan(problem_of(short)).cost - cheapest_plan(problem_of(replace(short, regular=more))).cost
    assert first.value == pytest.approx(saved, rel=1e-4)


def test_figures_are_the_sums_they_say() -> None:
    short = ground()
    made = cheapest_plan(problem_of(short))
    figures = key_figures(short, made)
    shipped = made.shipments.sum(axis=(0, 2))
    assert figures.revenue == pytest.approx(shipped @ [100.0, 10.0])
    assert figures.in_time == pytest.approx(1 - figures.units_late / short.demand.sum())
    assert figures.margin == pytest.approx(shipped @ [10.0, 6.0] - figures.extra_cost - figures.holding)
    assert families_late(short, late_units(short, made), 5)[0].family == "BIKES"


def test_the_commitment_of_a_plan_priced_again_costs_the_same() -> None:
    short = Overtime(START, LAST, "WELD").apply(ground(stock=np.array([3.0, 2.0]), safety=np.array([1.0, 4.0])), START)
    problem = problem_of(short)
    made = cheapest_plan(problem)
    answered = as_commitment(made, problem, stock_known=True)
    again = priced(answered, problem, bound=made.cost)
    assert again.cost == pytest.approx(made.cost)
    assert again.gap == pytest.approx(0, abs=1e-9)
    before = np.column_stack([[3.0, 2.0], answered.inventory[:, :-1]])
    np.testing.assert_allclose(before + answered.production - answered.shipments, answered.inventory, atol=1e-6)


def test_a_late_unit_names_the_resource_that_keeps_it() -> None:
    problem = problem_of(ground(lead_months=np.array([1, 1])))
    binding = as_commitment(cheapest_plan(problem), problem, stock_known=True).binding
    assert binding[0].tolist()[:3] == [-2, -1, 0]
    assert binding[1].tolist() == [-2, -1, -1, -1]


# --- Faults in the data -----------------------------------------------------------


@settings(max_examples=15)
@given(
    st.sampled_from(["price", "unit_cost", "regular", "stock", "hours", "demand", "regular_cost", "receipts"]),
    st.sampled_from([-5.0, float("nan"), float("inf")]),
)
def test_whatever_is_missing_or_negative_the_rest_is_planned(name: str, value: float) -> None:
    broken = np.array(getattr(ground(), name), dtype=float)
    broken.flat[0] = value
    on = ground(**{name: broken})
    figures = key_figures(on, cheapest_plan(problem_of(on)))
    assert np.isfinite(figures.revenue)
    assert figures.revenue >= 5 * 3 * 10


def test_doubts_are_said_with_what_is_assumed() -> None:
    on = ground(
        price=np.array([np.nan, 10.0]),
        unit_cost=np.array([90.0, 0.0]),
        stock=np.array([-1.0, 0.0]),
        hours=np.array([[1.0, 0.0]]),
        overtime_cost=np.array([10.0]),
    )
    said = " ".join(doubts(on))
    assert "No price is known for Bike" in said
    assert "No cost is known for Part" in said
    assert "Stock of Bike is negative or missing" in said
    assert "nothing limits what is made" in said
    assert "Overtime at WELD costs less" in said
    assert "Stock is not known" in " ".join(doubts(ground(stock=None)))
    assert "WELD has no capacity" in " ".join(doubts(ground(regular=np.zeros((1, MONTHS)))))


def test_a_sound_ground_has_no_doubts() -> None:
    assert doubts(ground(made=np.array([True, False]), stock=np.ones(2))) == []


def test_nothing_in_stock_is_said_of_what_somebody_wants() -> None:
    said = [text for text in doubts(ground(stock=np.array([0.0, 3.0]))) if "in stock" in text]
    assert said == [
        "Nothing is in stock of Bike, so only what is made or arrives ships. If that is not so, correct inventory.csv."
    ]


def test_the_first_priority_weighs_most_and_one_alone_weighs_nothing() -> None:
    assert weights(np.array([1.0, 2.0, 3.0, np.nan])).tolist() == pytest.approx([1.5, 1.3333333, 1.1666667, 1.0])
    assert weights(np.array([2.0, 2.0])).tolist() == [1, 1]
    assert weights(np.array([np.nan])).tolist() == [1]


def test_offers_are_taken_the_cheapest_first() -> None:
    offers = (Offer(np.full((1, MONTHS), 2.0), np.array([500.0])), Offer(np.full((1, MONTHS), 2.0), np.array([5.0])))
    made = cheapest_plan(problem_of(ground(offers=offers)))
    assert made.extra[0, 2] == pytest.approx(2)
    assert made.extra_cost[0, 2] == pytest.approx(10)
