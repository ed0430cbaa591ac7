import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demand.combination import Backtest, combination_weights, combine, pooled_scores

NAN = np.nan
SCORES = arrays.arrays(float, (4, 3), elements=st.floats(0, 10, allow_subnormal=False))


def backtest(*methods, actual):
    return Backtest(np.array(methods, dtype=float), np.array(actual, dtype=float))


def test_errors_and_demand_per_line() -> None:
    both = backtest([[10, 20]], [[12, 26]], actual=[[12, 20]])
    assert both.errors().tolist() == [[2], [6]]
    assert both.sizes().tolist() == [32]


def test_cells_that_do_not_count_count_for_nobody() -> None:
    both = backtest([[10, 20]], [[12, 26]], actual=[[12, NAN]])
    assert both.errors().tolist() == [[2], [0]]
    assert both.sizes().tolist() == [12]


def test_who_was_not_asked_is_charged_what_the_others_missed() -> None:
    three = backtest([[10, 0]], [[14, 0]], [[NAN, 0]], actual=[[10, 8]])
    assert three.errors().ravel().tolist() == [8, 12, 2 + 8]


def test_a_line_with_much_evidence_follows_its_own_record() -> None:
    good, bad = [10.0] * 24, [20.0] * 24
    lines = backtest([good, bad], [bad, good], actual=[[10.0] * 24, [10.0] * 24])
    scores = pooled_scores(lines, np.array([0, 0]))
    assert scores[0, 0] < scores[1, 0]
    assert scores[1, 1] < scores[0, 1]


def test_a_line_without_demand_follows_its_group() -> None:
    right, wrong, idle = [10.0] * 12, [30.0] * 12, [0.0] * 12
    lines = backtest([right, idle], [wrong, idle], actual=[right, idle])
    scores = pooled_scores(lines, np.array([0, 0]))
    assert scores[0, 1] < scores[1, 1]


def test_a_thin_line_leans_on_its_group_more_than_a_full_one() -> None:
    group_says_a = [[10.0] * 12] * 8
    a = [*group_says_a, [0.0] * 12]
    b = [[0.0] * 12] * 8 + [[3.0] + [0.0] * 11]
    actual = [*group_says_a, [3.0] + [0.0] * 11]
    scores = pooled_scores(backtest(a, b, actual=actual), np.zeros(9, dtype=int))
    assert abs(scores[0, 8] - scores[1, 8]) < abs(scores[0, 0] - scores[1, 0])


def test_without_any_demand_all_methods_are_equal() -> None:
    scores = pooled_scores(backtest([[0.0]], [[5.0]], actual=[[NAN]]), np.array([0]))
    assert scores[0, 0] == scores[1, 0]


def test_good_methods_are_averaged_and_poor_ones_left_out() -> None:
    weights = combination_weights(np.array([[0.5], [0.5], [0.9]]))
    assert weights.ravel().tolist() == [0.5, 0.5, 0]


def test_a_method_without_error_takes_the_line() -> None:
    assert combination_weights(np.array([[0.0], [0.4]])).ravel().tolist() == [1, 0]


def test_a_method_without_a_say_gets_no_weight() -> None:
    weights = combination_weights(np.array([[0.5], [np.inf]]))
    forecast = combine(np.array([[[8.0, 8.0]], [[NAN, NAN]]]), weights)
    assert forecast.tolist() == [[8, 8]]


@given(SCORES)
def test_weights_add_up_and_favour_the_better(scores) -> None:
    weights = combination_weights(scores)
    assert weights.sum(axis=0) == pytest.approx(np.ones(3))
    for line in range(3):
        order = np.argsort(scores[:, line])
        assert (np.diff(weights[order, line]) <= 1e-12).all()


@given(SCORES, arrays.arrays(float, (4, 3, 5), elements=st.floats(0, 1e6, allow_subnormal=False)))
def test_a_combination_lies_between_its_methods(scores, forecasts) -> None:
    combined = combine(forecasts, combination_weights(scores))
    assert (combined <= forecasts.max(axis=0) * (1 + 1e-9)).all()
    assert (combined >= forecasts.min(axis=0) * (1 - 1e-9)).all()
