"""What changes were worth: hierarchical partial pooling, by its properties."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demand.accuracy_weights import sales_shares
from demand.calibration import CASE_COLUMNS, LARGEST_WEIGHT, worth_learned

ROW = st.tuples(
    st.integers(0, 3),
    st.integers(1, 4),
    st.integers(0, 8),
    st.sampled_from(["", "customer_told", "other"]),
    *[st.floats(0, 1e5)] * 3,
)


def cases(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(CASE_COLUMNS))


def past(rep, before, after, actual, n, line=1, lag=0, reason="") -> list[tuple]:
    return [(rep, line, lag, reason, before, after, actual)] * n


def weight(known: pd.DataFrame, rep=1, before=100.0, after=200.0, line=1, lag=0, reason="") -> float:
    return float(worth_learned(known).weights(cases((rep, line, lag, reason, before, after, np.nan)))[0])


def test_without_cases_a_change_is_taken_whole() -> None:
    assert weight(cases()) == 1


def test_a_rep_whose_changes_landed_half_way_is_taken_about_half_way() -> None:
    assert weight(cases(*past(1, 100, 200, 150, 200))) == pytest.approx(0.5, abs=0.02)


def test_who_was_always_right_is_taken_whole_beside_others_who_exaggerate() -> None:
    known = cases(*past(1, 100, 200, 200, 6), *past(2, 100, 200, 120, 60), *past(3, 100, 200, 130, 60, line=2))
    assert weight(known, rep=1, line=7) == pytest.approx(1, abs=0.05)
    assert weight(known, rep=2) < 0.3


def test_noise_is_left_out() -> None:
    random = np.random.default_rng(7)
    noise = [
        (1, int(line), 0, "", 100.0, 100.0 * told, 100.0 * came)
        for line, told, came in zip(
            random.integers(1, 40, 150), random.uniform(0.2, 2.5, 150), random.lognormal(0, 0.1, 150), strict=True
        )
    ]
    assert weight(cases(*noise), line=99) < 0.15
    assert weight(cases(*noise), line=99, after=40.0) < 0.15


def test_up_and_down_are_learned_apart() -> None:
    known = cases(*past(1, 100, 200, 110, 50), *past(1, 100, 50, 50, 50))
    assert weight(known) < 0.3
    assert weight(known, after=50.0) == pytest.approx(1, abs=0.02)


def test_the_reason_tells_hearsay_from_an_order() -> None:
    known = cases(
        *past(1, 100, 200, 100, 60, reason="customer_told"), *past(1, 100, 200, 200, 60, reason="order_confirmed")
    )
    assert weight(known, line=9, reason="order_confirmed") > weight(known, line=9, reason="customer_told") + 0.3


@pytest.mark.parametrize("part", ["rep", "line", "lag", "reason"])
def test_every_part_is_learned_and_what_is_unknown_is_taken_like_everybodys(part) -> None:
    known = cases(*past(1, 100, 200, 120, 40, line=1, lag=1, reason="a"), *past(2, 100, 200, 200, 40, 2, 2, "b"))
    here = {"rep": 1, "line": 1, "lag": 1, "reason": "a"}
    other, new = here | {part: {"rep": 2, "line": 2, "lag": 2, "reason": "b"}[part]}, here | {part: 5}
    assert weight(known, **here) < weight(known, **new) < weight(known, **other)


@settings(max_examples=30)
@given(landed=st.floats(0, 1.4), n=st.integers(1, 40))
def test_more_cases_lie_closer_to_what_was_learned(landed, n) -> None:
    came = 100 + 100 * landed
    few, many = (weight(cases(*past(1, 100, 200, came, size))) for size in (n, 2 * n))
    assert abs(many - landed) <= abs(few - landed) + 1e-6
    assert min(1, landed) - 1e-6 <= few <= max(1, landed) + 1e-6


@settings(max_examples=30)
@given(rows=st.lists(ROW, min_size=1, max_size=30), seed=st.randoms(use_true_random=False))
def test_a_permutation_of_reps_and_of_rows_changes_nothing(rows, seed) -> None:
    known = cases(*rows)
    before = worth_learned(known).weights(known)
    renamed = known.assign(rep=known["rep"].map({0: 7, 1: 3, 2: 0, 3: 1}))
    np.testing.assert_allclose(worth_learned(renamed).weights(renamed), before, atol=1e-9)
    order = list(range(len(known)))
    seed.shuffle(order)
    np.testing.assert_allclose(worth_learned(known.iloc[order]).weights(known), before, atol=1e-6)


@settings(max_examples=30)
@given(rows=st.lists(ROW, max_size=30))
def test_weights_lie_between_nothing_and_half_again(rows) -> None:
    known = cases(*rows)
    weights = worth_learned(known).weights(known)
    assert ((weights >= 0) & (weights <= LARGEST_WEIGHT)).all()


def test_cells_that_are_open_or_unchanged_teach_nothing() -> None:
    worth = worth_learned(cases(*past(1, 10, 20, np.nan, 1), *past(1, 10, 10, 50, 1)))
    assert (worth.cases, worth.parts) == (0, {})


def shares(known, line=1, family=5, lag=0) -> float:
    return float(sales_shares(known, pd.DataFrame({"line": [line], "family": [family], "lag": [lag]}))[0])


def test_accuracy_weights_are_inverse_squared_errors_that_few_cases_lean_on_sales() -> None:
    # errors of 10 and 20: 1 / (1 + 4) of the trust goes to the baseline with the larger one
    known = cases(*past(1, 120, 90, 100, 2000)).assign(family=5)
    assert shares(known) == pytest.approx(0.8, abs=0.01)
    assert 0.8 < shares(known.head(5)) < 1
    assert shares(known.head(0)) == 1


def test_accuracy_weights_are_learned_by_line_family_and_lag() -> None:
    good, bad = past(1, 120, 101, 100, 80, line=1), past(1, 101, 120, 100, 80, line=2)
    known = cases(*good, *bad).assign(family=5)
    assert shares(known, line=1) > 0.8
    assert shares(known, line=2) < 0.2
    assert 0.2 < shares(known, line=3) < 0.8
