import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kpis import feedback
from kpis.measures.measured import Measured

cells = arrays(float, (8,), elements=st.integers(0, 100))


def test_error_removed_counts_changed_cells_of_closed_months() -> None:
    effect = feedback.effect_of_changes(
        before=[100, 100, 100, 100],
        after=[130, 80, 100, 150],
        final=[130, 90, 100, 150],
        actual=[140, 110, 90, np.nan],
        price=10.0,
    )
    assert (effect.changed, effect.better) == (2, 1)
    assert effect.units_removed == (40 - 10) + (10 - 30)
    assert effect.value == 100
    assert effect.bias.value == pytest.approx((-10 - 30) / 250)
    assert effect.survived.value == pytest.approx((30 + 10 + 50) / (30 + 20 + 50))


@given(cells, cells, cells)
def test_the_effect_is_the_difference_of_two_errors(before: np.ndarray, after: np.ndarray, actual: np.ndarray) -> None:
    effect = feedback.effect_of_changes(before, after, after, actual)
    assert effect.units_removed == np.abs(before - actual).sum() - np.abs(after - actual).sum()
    mirrored = feedback.effect_of_changes(after, before, before, actual)
    assert mirrored.units_removed == -effect.units_removed
    changed = int((before != after).sum())
    assert effect.changed == changed
    assert effect.survived.value == 1 if changed else not effect.survived.is_known


def test_survival_is_between_nothing_and_everything() -> None:
    assert feedback.survival([100], [140], [100]).value == 0
    assert feedback.survival([100], [140], [110]).value == 0.25
    assert feedback.survival([100], [140], [200]).value == 1, "more than asked is all of it"
    assert feedback.survival([100], [140], [90]).value == 0, "the other way is none of it"
    assert feedback.survival([100], [60], [80]).value == 0.5
    assert not feedback.survival([100], [100], [90]).is_known


@pytest.mark.parametrize(
    ("units", "value", "better", "sentence"),
    [
        (
            120.0,
            24_000.0,
            3,
            "Your 4 changes for Oct 2026 took 120 units (USD 24 k) of error out of the forecast; "
            "3 of 4 ended nearer to what came.",
        ),
        (
            -1.0,
            -200.0,
            1,
            "Your 4 changes for Oct 2026 added 1 unit (USD 200) of error to the forecast; "
            "1 of 4 ended nearer to what came.",
        ),
        (
            -1.0,
            200.0,
            1,
            "Your 4 changes for Oct 2026 added 1 unit of error to the forecast, but at price took USD 200 out; "
            "1 of 4 ended nearer to what came.",
        ),
        (
            1.0,
            -200.0,
            1,
            "Your 4 changes for Oct 2026 took 1 unit of error out of the forecast, but at price added USD 200; "
            "1 of 4 ended nearer to what came.",
        ),
        (
            0.0,
            0.0,
            2,
            "Your 4 changes for Oct 2026 made no difference to the error; 2 of 4 ended nearer to what came.",
        ),
    ],
)
def test_error_sentence_tells_gain_and_harm_alike(units: float, value: float, better: int, sentence: str) -> None:
    unknown = Measured(math.nan, 0)
    effect = feedback.Effect(4, better, units, value, unknown, unknown)
    assert feedback.error_sentence(effect, "Oct 2026", "USD") == sentence


def test_sentences_without_a_case_say_so() -> None:
    none = feedback.effect_of_changes([1.0], [1.0], [1.0], [1.0])
    assert feedback.error_sentence(none, "Oct 2026") == "You changed nothing for Oct 2026 that has come in yet."
    assert feedback.survival_sentence(none.survived).startswith("You changed nothing")
    assert feedback.bias_sentence(none.bias) == "Too few changes have come in to tell your bias: 0 of 5 needed."


@pytest.mark.parametrize(
    ("bias", "words"),
    [(0.06, "6 % higher than what came"), (-0.18, "18 % lower"), (0.001, "neither high nor low")],
)
def test_bias_sentence_in_plain_words(bias: float, words: str) -> None:
    assert words in feedback.bias_sentence(Measured(bias, 23))


def test_survival_and_reserved_sentences() -> None:
    assert feedback.survival_sentence(Measured(0.84, 5)) == "84 % of your change is in the company forecast."
    more = feedback.reserved_sentence(15.0, 1500.0, "Nov 2026", "USD")
    assert more == (
        "In the plan of Nov 2026 15 units (USD 1.5 k) more are committed to your customers because of your input."
    )
    assert "less" in feedback.reserved_sentence(-15.0, -1500.0, "Nov 2026")
    assert "the same" in feedback.reserved_sentence(0.0, 0.0, "Nov 2026")


@pytest.mark.parametrize(
    ("own", "company", "sentence"),
    [
        (0.9, 0.84, "Your customers got 90 % on time and in full, 6 points above the company's 84 %."),
        (0.8, 0.81, "Your customers got 80 % on time and in full, 1 point below the company's 81 %."),
        (0.8, 0.801, "Your customers got 80 % on time and in full, as the company did."),
        (0.8, math.nan, "Your customers got 80 % on time and in full."),
        (math.nan, 0.8, "No order of your customers was due in this month."),
    ],
)
def test_service_sentence(own: float, company: float, sentence: str) -> None:
    assert feedback.service_sentence(Measured(own, 3), Measured(company, 30)) == sentence


def test_vectors_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        feedback.effect_of_changes([1.0], [1.0, 2.0], [1.0], [1.0])
