import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kpis.bridges import (
    Step,
    Weighted,
    budget_bridge,
    low_and_high,
    price_volume_mix,
    price_volume_mix_steps,
    what_changed,
)

money = st.floats(-1e7, 1e7)
weighted = st.lists(st.builds(Weighted, st.floats(0, 1e6), st.floats(0, 1)), max_size=4)
plans = arrays(float, (5, 6), elements=st.integers(0, 500))
masks = arrays(bool, (5,))
amounts = arrays(float, (4,), elements=st.floats(0, 1e4))
prices = arrays(float, (4,), elements=st.floats(0.01, 1e4))


def values(steps: list[Step]) -> dict[str, float]:
    return {step.code: step.value for step in steps}


def test_budget_bridge_weighs_and_signs() -> None:
    steps = budget_bridge(
        900.0,
        1000.0,
        promotions=[Weighted(20)],
        opportunities=[Weighted(100, 0.5), Weighted(10, 0.1)],
        risks=[Weighted(40, 0.25), Weighted(-20, 0.5)],
        decisions=[Weighted(30)],
    )
    assert values(steps) == {
        "forecast": 900,
        "promotions": 20,
        "opportunities": 51,
        "risks": -20,
        "decisions": 30,
        "remaining": 19,
        "budget": 1000,
    }
    assert [s.code for s in steps if s.is_total] == ["forecast", "budget"]


@given(money, money, weighted, weighted, weighted, weighted)
def test_budget_bridge_adds_up(
    forecast: float,
    budget: float,
    promotions: list[Weighted],
    chances: list[Weighted],
    risks: list[Weighted],
    decisions: list[Weighted],
) -> None:
    steps = budget_bridge(
        forecast, budget, promotions=promotions, opportunities=chances, risks=risks, decisions=decisions
    )
    assert math.fsum(s.value for s in steps[:-1]) == pytest.approx(budget, abs=1e-6)
    low, high = low_and_high(forecast, chances, risks)
    assert low <= forecast <= high


@pytest.mark.parametrize("wrong", [(5.0, 1.1), (5.0, -0.1), (math.nan, 0.5), (math.inf, 0.5)])
def test_a_probability_and_a_value_are_checked(wrong: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="probability of 0 to 1"):
        Weighted(*wrong)


def test_what_changed_tells_moves_from_changes() -> None:
    old = [[10.0, 0.0], [10.0, 5.0], [20.0, 0.0], [7.0, 3.0], [0.0, 0.0]]
    new = [[16.0, 0.0], [4.0, 9.0], [0.0, 0.0], [12.0, 1.0], [8.0, 8.0]]
    steps = values(
        what_changed(old, new, [True, True, True, True, False], [True, True, False, True, True], [True, False])
    )
    assert steps == {
        "start": 47,
        "lost": -20,
        "down": -2,
        "slipped": -4,
        "unchanged": 21,
        "pulled_in": 2,
        "up": 9,
        "new": 8,
        "end": 40,
    }


def test_over_the_whole_horizon_nothing_slips_or_is_pulled_in() -> None:
    steps = values(what_changed([[10.0, 0.0]], [[0.0, 10.0]], True, True))
    assert (steps["slipped"], steps["pulled_in"], steps["up"], steps["down"]) == (0, 0, 0, 0)
    assert steps["unchanged"] == 10


@given(plans, plans, masks, masks, arrays(bool, (6,)))
def test_what_changed_adds_up(
    old: np.ndarray, new: np.ndarray, was: np.ndarray, now: np.ndarray, window: np.ndarray
) -> None:
    old, new = old * was[:, None], new * now[:, None]
    steps = what_changed(old, new, was, now, window)
    found = values(steps)
    assert found["start"] == old[:, window].sum()
    assert found["end"] == new[:, window].sum()
    assert math.fsum(s.value for s in steps if not s.is_total) == found["end"] - found["start"]
    assert found["unchanged"] == found["start"] + found["lost"] + found["down"] + found["slipped"]
    assert min(found["up"], found["new"], found["pulled_in"], found["unchanged"]) >= 0
    assert max(found["down"], found["lost"], found["slipped"]) <= 0


def test_plans_and_masks_must_fit() -> None:
    with pytest.raises(ValueError, match="same lines and months"):
        what_changed([[1.0]], [[1.0, 2.0]], True, True)
    with pytest.raises(ValueError, match="masks"):
        what_changed([[1.0]], [[1.0]], [True, False], True)


def test_price_volume_mix_of_an_example() -> None:
    split = price_volume_mix([120.0, 80.0], [9.0, 20.0], [100.0, 100.0], [10.0, 20.0])
    assert split.gap == 120 * 9 + 80 * 20 - 3000
    assert split.volume == pytest.approx(0)
    assert split.price == pytest.approx(-120)
    assert split.mix == pytest.approx(20 * 10 - 20 * 20)


@given(amounts, prices, amounts, prices)
def test_price_volume_mix_adds_up(q: np.ndarray, p: np.ndarray, qb: np.ndarray, pb: np.ndarray) -> None:
    split = price_volume_mix(q, p, qb, pb)
    size = float((q * p).sum() + (qb * pb).sum()) + 1
    assert split.volume + split.price + split.mix == pytest.approx(split.gap, abs=1e-9 * size * 1e3)
    assert split.gap == pytest.approx(float((q * p).sum() - (qb * pb).sum()), abs=1e-9 * size)
    steps = price_volume_mix_steps(split, float((qb * pb).sum()))
    assert math.fsum(s.value for s in steps[:-1]) == pytest.approx(steps[-1].value, abs=1e-9 * size)


@given(amounts, prices, st.floats(0.1, 3))
def test_pure_volume_and_pure_price_stay_pure(q: np.ndarray, p: np.ndarray, factor: float) -> None:
    tiny = 1e-6 * (float((q * p).sum()) + 1)
    volume = price_volume_mix(q * factor, p, q, p)
    assert (volume.price, volume.mix) == (pytest.approx(0, abs=tiny), pytest.approx(0, abs=tiny))
    price = price_volume_mix(q, p * factor, q, p)
    assert (price.volume, price.mix) == (pytest.approx(0, abs=tiny), pytest.approx(0, abs=tiny))


def test_new_and_ended_items_are_mix_not_price() -> None:
    split = price_volume_mix([0.0, 50.0], [np.nan, 30.0], [100.0, 0.0], [10.0, np.nan])
    assert split.price == 0
    assert split.gap == 500
    assert split.volume == pytest.approx(-500)
    assert split.mix == pytest.approx(1000)


def test_without_a_budget_everything_is_volume() -> None:
    split = price_volume_mix([5.0], [10.0], [0.0], [np.nan])
    assert (split.volume, split.price, split.mix) == (50, 0, 0)


def test_what_cannot_be_split_is_refused() -> None:
    with pytest.raises(ValueError, match="no price"):
        price_volume_mix([5.0], [np.nan], [0.0], [np.nan])
    with pytest.raises(ValueError, match="must be known"):
        price_volume_mix([np.nan], [1.0], [0.0], [1.0])
    with pytest.raises(ValueError, match="differ in number"):
        price_volume_mix([1.0], [1.0], [0.0, 1.0], [1.0])
