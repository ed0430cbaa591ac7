import hashlib
import json
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from meetings.decision_effects import Lines, PlanEffect, Scope, apply_effect
from meetings.publishing import company_forecast, content_hash, open_demand, published_matrix
from supply.allocation import Rule, allocate
from supply.commitment import SupplyInput, plan

whole = arrays(float, (5, 6), elements=st.integers(0, 500))
fractions = arrays(float, (5, 6), elements=st.floats(0, 500))
masks = arrays(bool, (5, 6))
CODES = [("A", "X"), ("A", "Y"), ("B", "X"), ("B", "Y"), ("C", "X")]
START = date(2026, 11, 1)


def test_enough_commitment_leaves_the_demand_plan_as_it_is() -> None:
    demand = np.array([[0.1, 0.7, 3.3]])
    assert (company_forecast(demand, demand * (1 - 1e-13)) == demand).all()


def test_unmet_demand_moves_to_the_month_supply_commits_it() -> None:
    forecast = company_forecast([[100.0, 0.0, 50.0]], [[60.0, 40.0, 30.0]])
    assert forecast.tolist() == [[60, 40, 30]]
    assert open_demand([[100.0, 0.0, 50.0]], forecast).tolist() == [[40, 0, 20]]


def test_commitment_not_used_is_kept_for_later_but_never_exceeded() -> None:
    assert company_forecast([[10.0, 50.0]], [[30.0, 10.0]]).tolist() == [[10, 30]]
    assert company_forecast([[10.0, 5.0]], [[30.0, 10.0]]).tolist() == [[10, 5]]


def test_a_decided_cell_keeps_the_demand_plan_and_leaves_the_others_alone() -> None:
    forecast = company_forecast([[100.0, 80.0]], [[60.0, 70.0]], [[True, False]])
    assert forecast.tolist() == [[100, 70]]
    cut = company_forecast([[20.0, 80.0]], [[60.0, 70.0]], [[True, False]])
    assert cut.tolist() == [[20, 70]], "what a decision leaves free is not spent elsewhere"


@given(whole, whole, masks)
def test_the_limit_holds_over_the_undecided_cells(
    demand: np.ndarray, commitment: np.ndarray, decided: np.ndarray
) -> None:
    forecast = company_forecast(demand, commitment, decided)
    assert (forecast >= 0).all()
    assert (forecast[decided] == demand[decided]).all()
    planned = np.cumsum(np.where(decided, 0, forecast), axis=1)
    assert (planned <= np.cumsum(np.where(decided, 0, commitment), axis=1)).all()
    assert (planned <= np.cumsum(np.where(decided, 0, demand), axis=1)).all()


@given(whole, whole)
def test_nothing_waits_while_commitment_is_left(demand: np.ndarray, commitment: np.ndarray) -> None:
    forecast = company_forecast(demand, commitment)
    waiting = open_demand(demand, forecast)
    unused = np.cumsum(commitment - forecast, axis=1)
    assert (np.minimum(waiting, unused) == 0).all()
    assert (forecast.sum(axis=1) + waiting[:, -1] == demand.sum(axis=1)).all()


@given(fractions, fractions)
def test_published_totals_are_the_rounded_totals_of_product_and_month(
    demand: np.ndarray, commitment: np.ndarray
) -> None:
    index = np.array([0, 0, 1, 1, 2])
    names = ["/".join(code) for code in CODES]
    rounded = published_matrix(demand, commitment, False, product_index=index, decimals=0, order=names)
    exact = company_forecast(demand, commitment)
    assert (rounded == np.rint(rounded)).all()
    for product in range(3):
        gap = rounded[index == product].sum(axis=0) - exact[index == product].sum(axis=0)
        assert (np.abs(gap) <= 0.5 + 1e-6).all()
    assert (np.abs(rounded - exact) < 1).all()


@pytest.mark.parametrize(
    ("demand", "commitment", "words"),
    [
        ([[1.0]], [[1.0, 2.0]], "differ in shape"),
        ([[-1.0]], [[1.0]], "demand plan"),
        ([[1.0]], [[np.nan]], "commitment"),
        ([1.0], [1.0], "demand plan"),
    ],
)
def test_wrong_numbers_are_refused(demand: list[object], commitment: list[object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        company_forecast(demand, commitment)


def hashed(values: np.ndarray, codes: list[tuple[str, str]] = CODES, **change: object) -> str:
    facts = {
        "stage": "company_forecast",
        "start": START,
        "decimals": 0,
        "attributes": {"owner": ["amy", None, "jose", "jose", "amy"], "price": [1.5, 2, 3, 4, Decimal("5.0")]},
    }
    return content_hash(codes=codes, values=values, **{**facts, **change})


VALUES = np.arange(30.0).reshape(5, 6)


def test_the_hash_is_pinned() -> None:
    assert hashed(VALUES) == "754f2c4ae7577d81137e3ee9dfc4afdabda386824c353957ff0fa36e9444d7dc"


@given(st.permutations(range(5)))
def test_the_hash_does_not_depend_on_the_order_of_lines(order: list[int]) -> None:
    attributes = {
        "owner": [["amy", None, "jose", "jose", "amy"][i] for i in order],
        "price": [[1.5, 2.0, 3.0, 4.0, 5.0][i] for i in order],
    }
    assert hashed(VALUES[order], [CODES[i] for i in order], attributes=attributes) == hashed(VALUES)


@given(st.integers(0, 4), st.integers(0, 5))
def test_any_changed_cell_changes_the_hash_and_noise_does_not(line: int, month: int) -> None:
    changed, noisy = VALUES.copy(), VALUES.copy()
    changed[line, month] += 1
    noisy[line, month] += 1e-7
    assert hashed(changed) != hashed(VALUES)
    assert hashed(noisy) == hashed(VALUES)


@pytest.mark.parametrize(
    "change",
    [
        {"stage": "demand_plan"},
        {"start": date(2026, 12, 1)},
        {"attributes": {}},
        {"decimals": 2},
        {"attributes": {"owner": ["amy", "", "jose", "jose", "amy"], "price": [1.5, 2, 3, 4, 5]}},
        {"attributes": {"owner": ["amy", None, "jose", "jose", "amy"], "price": [1.5, 2, 3, 4, 5.01]}},
    ],
)
def test_everything_that_belongs_to_a_version_changes_the_hash(change: dict[str, object]) -> None:
    assert hashed(VALUES, **change) != hashed(VALUES)


attributes = st.one_of(
    st.none(), st.booleans(), st.text(max_size=3), st.integers(-2, 2), st.sampled_from([0.0, -0.0, 0.1, 1.0]),
    st.sampled_from([Decimal(0), Decimal(1)]), st.just(START),
)  # fmt: skip


@given(st.lists(st.tuples(st.text(max_size=2), attributes), min_size=1, max_size=6, unique_by=lambda row: row[0]))
def test_each_line_is_written_out_as_it_stands(rows: list[tuple[str, object]]) -> None:
    """Against the definition; values that are equal and not the same (1, 1.0, True; 0.0, -0.0) keep their own text."""
    codes, given_values = [(code,) for code, _ in rows], [value for _, value in rows]
    digest = hashlib.sha256()
    for content, numbers in [
        (["sop-portal/1", "s", "2026-11", 1, 0, ["a"]], b""),
        *(
            ([[rows[i][0]], [canonical(rows[i][1])]], i.to_bytes(8, "little"))
            for i in sorted(range(len(rows)), key=lambda i: rows[i][0])
        ),
    ]:
        text = json.dumps(content, separators=(",", ":"))
        digest.update(f"{len(text)}:{text}".encode() + numbers)
    facts = {"values": np.arange(len(rows))[:, None], "decimals": 0, "attributes": {"a": given_values}}
    found = content_hash(stage="s", start=START, codes=codes, **facts)
    assert found == digest.hexdigest()


def canonical(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, (str, bool)) else repr(float(value))


def test_codes_cannot_run_into_each_other() -> None:
    one = content_hash(stage="s", start=START, codes=[("AB", "C")], values=[[1.0]], decimals=0)
    other = content_hash(stage="s", start=START, codes=[("A", "BC")], values=[[1.0]], decimals=0)
    assert one != other


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"codes": [("A", "X")] * 5}, "twice"),
        ({"codes": CODES[:4]}, "4 line codes for 5 rows"),
        ({"values": VALUES * 1e16}, "too large"),
        ({"values": VALUES * np.nan}, "values to hash"),
        ({"attributes": {"price": [1.0]}}, "'price' has 1 values"),
        ({"attributes": {"price": [1.0, 2.0, 3.0, 4.0, float("inf")]}}, "cannot be hashed"),
        ({"attributes": {"price": [1.0, 2.0, 3.0, 4.0, [5]]}}, "'price' has a value that cannot be hashed"),
    ],
)
def test_what_cannot_be_hashed_is_named(change: dict[str, object], words: str) -> None:
    facts = {"stage": "s", "start": START, "codes": CODES, "values": VALUES, "decimals": 0}
    with pytest.raises(ValueError, match=words):
        content_hash(**{**facts, **change})


INDEX = np.array([0, 0, 1, 1, 2])
HOURS = np.array([[1.0, 2.0, 0.0], [0.5, 0.0, 0.0]])


def shared(demand: np.ndarray, capacity: np.ndarray, rule: Rule) -> np.ndarray:
    """Commitment per line: the constrained plan of the products, shared by a rule."""
    product = np.stack([demand[p == INDEX].sum(axis=0) for p in range(3)])
    made = plan(SupplyInput(product, HOURS, capacity, opening_stock=np.array([50.0, 0.0, 0.0])))
    by = {"priority": [1, 2, 1, 2, 1], "margin": [5, 4, 3, 2, 1], "promised": demand / 2}
    return allocate(demand, INDEX, made.commitment, rule, **by)


@given(whole, arrays(float, (2, 6), elements=st.integers(0, 900)), st.sampled_from(Rule))
def test_from_demand_plan_to_published_forecast(demand: np.ndarray, capacity: np.ndarray, rule: Rule) -> None:
    commitment = shared(demand, capacity, rule)
    forecast = company_forecast(demand, commitment)
    assert np.allclose(forecast, commitment, atol=1e-6), "nobody decided: what is committed is the forecast"
    left = open_demand(demand, forecast)[:, -1]
    assert np.allclose(forecast.sum(axis=1) + left, demand.sum(axis=1), atol=1e-6)
    names = ["/".join(code) for code in CODES]
    rounded = published_matrix(demand, commitment, False, product_index=INDEX, decimals=0, order=names)
    again = published_matrix(
        demand[::-1], commitment[::-1], False, product_index=INDEX[::-1], decimals=0, order=names[::-1]
    )
    assert (rounded == again[::-1]).all(), "the order of the lines does not matter"
    assert hashed(rounded) == hashed(again[::-1])


def test_a_decision_reaches_the_forecast_of_its_cells_only() -> None:
    demand = np.full((5, 6), 100.0)
    lines = Lines(
        product=["P0", "P0", "P1", "P1", "P2"],
        customer=[code[1] for code in CODES],
        family=["F", "F", "F", "F", "G"],
        region=[""] * 5,
        price=np.ones(5),
        unit_cost=np.zeros(5),
    )
    effect = PlanEffect(Scope.PRODUCT, "P1", date(2027, 1, 1), date(2027, 1, 1), pct=-20)
    decided = apply_effect(demand, START, lines, effect)
    forecast = company_forecast(decided.matrix, np.full((5, 6), 60.0), decided.decided)
    assert forecast[2:4, 2].tolist() == [80, 80]
    assert (np.delete(forecast, 2, axis=1) == 60).all()
    assert decided.units == -40
