from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from meetings.decision_effects import Lines, PlanEffect, Scope, apply_effect, apply_effects, effect_from

START = date(2026, 11, 1)
DECEMBER, JANUARY = date(2026, 12, 1), date(2027, 1, 1)
LINES = Lines(
    product=["VALVE", "VALVE", "PUMP", "PUMP"],
    customer=["ACME", "BRANDT", "ACME", "BRANDT"],
    family=["VALVES", "VALVES", "PUMPS", "PUMPS"],
    region=["NORTH", "SOUTH", "NORTH", ""],
    price=[10.0, 10.0, 100.0, 100.0],
    unit_cost=[6.0, 6.0, 90.0, 90.0],
)
PLAN = np.array([[10.0, 20, 30], [30, 40, 50], [1, 2, 3], [4, 5, 6]])
quantities = arrays(float, (4, 3), elements=st.integers(0, 1000))


def effect(scope: Scope = Scope.FAMILY, code: str = "VALVES", **more: object) -> PlanEffect:
    facts = {"first": DECEMBER, "last": JANUARY, **more}
    if "quantity" not in facts:
        facts.setdefault("pct", 10.0)
    return PlanEffect(scope, code, **facts)


def test_a_percentage_reaches_its_scope_and_months_only() -> None:
    done = apply_effect(PLAN, START, LINES, effect(pct=-10))
    assert done.matrix.tolist() == [[10, 18, 27], [30, 36, 45], [1, 2, 3], [4, 5, 6]]
    assert done.decided.tolist() == [[False, True, True]] * 2 + [[False] * 3] * 2
    assert done.units == pytest.approx(-14)
    assert (done.revenue, done.margin) == (pytest.approx(-140), pytest.approx(-56))


@pytest.mark.parametrize(
    ("scope", "code", "rows"),
    [
        (Scope.ALL, "", [0, 1, 2, 3]),
        (Scope.PRODUCT, "PUMP", [2, 3]),
        (Scope.CUSTOMER, "ACME", [0, 2]),
        (Scope.REGION, "NORTH", [0, 2]),
    ],
)
def test_scopes(scope: Scope, code: str, rows: list[int]) -> None:
    done = apply_effect(PLAN, START, LINES, effect(scope, code, pct=100))
    assert np.flatnonzero(done.decided.any(axis=1)).tolist() == rows
    assert (done.matrix[rows, 1:] == 2 * PLAN[rows, 1:]).all()


def test_a_quantity_is_spread_in_proportion_and_adds_up() -> None:
    done = apply_effect(PLAN, START, LINES, effect(quantity=30.0, last=DECEMBER))
    assert done.matrix[:, 1].tolist() == pytest.approx([30, 60, 2, 5])
    assert (done.units, done.revenue) == (pytest.approx(30), pytest.approx(300))


def test_a_quantity_into_nothing_is_spread_evenly_and_never_below_zero() -> None:
    empty = apply_effect(np.zeros((4, 3)), START, LINES, effect(quantity=30.0))
    assert empty.matrix[:2, 1].tolist() == [15, 15]
    cut = apply_effect(PLAN, START, LINES, effect(quantity=-1e6))
    assert cut.matrix[:2, 1:].sum() == 0
    assert cut.units == pytest.approx(-140)


def test_months_are_clipped_to_the_plan() -> None:
    done = apply_effect(PLAN, START, LINES, effect(first=date(2026, 1, 1), last=date(2030, 1, 1), pct=100))
    assert done.decided[:2].all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"code": "FORKS"}, "No line of the plan has the family 'FORKS'"),
        ({"first": date(2030, 1, 1), "last": date(2030, 2, 1)}, "2030-01 to 2030-02 lies outside"),
        ({"first": date(2020, 1, 1), "last": date(2020, 2, 1)}, "lies outside"),
    ],
)
def test_an_effect_without_a_cell_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        apply_effect(PLAN, START, LINES, effect(**{"code": "VALVES", **change}))


@given(quantities, st.floats(-100, 300), st.floats(-500, 500))
def test_effects_add_up_and_nothing_is_negative(plan: np.ndarray, pct: float, quantity: float) -> None:
    both = [effect(pct=pct), effect(Scope.ALL, "", quantity=quantity, first=START)]
    done = apply_effects(plan, START, LINES, both)
    assert (done.matrix >= 0).all()
    assert done.units == pytest.approx(done.matrix.sum() - plan.sum(), abs=1e-6)
    money = (done.matrix - plan).sum(axis=1) @ np.asarray(LINES.price)
    assert done.revenue == pytest.approx(money, abs=1e-6)
    assert (done.matrix == plan)[~done.decided].all()


def test_no_effects_change_nothing() -> None:
    done = apply_effects(PLAN, START, LINES, [])
    assert (done.matrix == PLAN).all()
    assert not done.decided.any()


def test_effect_from_what_an_option_stores() -> None:
    stored = {"scope": "family", "code": "VALVES", "from": "2026-12", "to": "2027-01", "pct": "-10"}
    assert effect_from(stored) == effect(pct=-10.0)
    one_month = effect_from({"scope": "all", "from": "2026-12", "quantity": 5})
    assert one_month == PlanEffect(Scope.ALL, "", DECEMBER, DECEMBER, quantity=5.0)
    assert effect_from({}) is None
    assert effect_from({"gap_option": "overtime"}) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scope": "planet"}, "one of all, family"),
        ({"code": ""}, "needs a code"),
        ({"from": "soon"}, "'soon' is not a month"),
        ({"to": "2026-01"}, "before it starts"),
        ({"pct": "a lot"}, "'a lot', expected a number"),
        ({"pct": None}, "either pct or quantity"),
        ({"quantity": 5}, "either pct or quantity"),
        ({"pct": -101}, "at least -100"),
        ({"pct": "nan"}, "at least -100"),
        ({"pct": None, "quantity": "inf"}, "a known number"),
        ({"colour": "red"}, "no field 'colour'"),
    ],
)
def test_a_wrong_effect_is_named(change: dict[str, object], words: str) -> None:
    stored = {"scope": "family", "code": "VALVES", "from": "2026-12", "to": "2027-01", "pct": -10}
    with pytest.raises(ValueError, match=words):
        effect_from(stored | change)
