"""The three facts of a track record, worked out by hand."""

from datetime import date

import pytest

from demand.call_outcomes import Calibrated
from kpis.feedback import effect_of_changes
from kpis.measures.measured import Measured, ratio
from kpis.track_record import bias_fact, call_sentence, calls_fact, helped_fact, monthly_bias, reason_sentence

SEP, OCT = date(2026, 9, 1), date(2026, 10, 1)


def test_bias_by_month_leaves_months_without_a_case_open() -> None:
    """October: (110 − 100 + 90 − 100) = 0 of 200, September: 30 − 20 = +10 of 20, August none."""
    found = monthly_bias([date(2026, 8, 1), SEP, OCT], [OCT, OCT, SEP], [110, 90, 30], [100, 100, 20])
    assert [part.n for part in found] == [0, 1, 2]
    assert not found[0].is_known
    assert [part.value for part in found[1:]] == pytest.approx([0.5, 0.0])


@pytest.mark.parametrize(
    ("bias", "sentence"),
    [
        (ratio(6, 100, 5), "You forecast 6 % high, last 6 months."),
        (ratio(-12, 100, 9), "You forecast 12 % low, last 6 months."),
        (ratio(0.2, 100, 9), "You forecast neither high nor low, last 6 months."),
        (ratio(50, 100, 4), "High or low: too few yet: 4 of 5 changes."),
        (Measured(float("nan"), 0), "High or low: too few yet: 0 of 5 changes."),
    ],
)
def test_bias_in_one_sentence(bias: Measured, sentence: str) -> None:
    assert bias_fact(bias, 6) == sentence


def test_changes_that_helped_from_five_on() -> None:
    """Four of the six ended nearer to 10 than the baseline of 20; 30 and 31 did not."""
    before, after, actual = [20] * 6, [10, 11, 12, 13, 30, 31], [10] * 6
    assert helped_fact(effect_of_changes(before, after, after, actual)) == "4 of your 6 changes improved the number."
    four = effect_of_changes(before[:4], after[:4], after[:4], actual[:4])
    assert helped_fact(four) == "Did your changes help: too few yet: 4 of 5 changes."


def test_changes_of_one_reason_in_words() -> None:
    before, after, actual = [20] * 5, [10, 11, 12, 30, 31], [10] * 5
    five = effect_of_changes(before, after, after, actual)
    assert reason_sentence("Promotion or event", five) == "Promotion or event: 3 of 5 helped."
    one = effect_of_changes([20], [10], [10], [10])
    assert reason_sentence("no reason given", one) == "No reason given: too few yet: 1 of 5."


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (Calibrated("likely", 0.7, 10, 6), "Of 10 orders you called likely (70 %), 6 came."),
        (Calibrated("lost", 0.0, 5, 1), "Of 5 orders you called lost (0 %), 1 came."),
        (Calibrated("firm", 0.9, 3, 3), "Firm (90 %): too few yet: 3 of 5."),
        (Calibrated("slips", None, 6, 4), "Of 6 orders you said would slip, 4 came by the month you named."),
        (Calibrated("slips", None, 1, 1), "Slips: too few yet: 1 of 5."),
    ],
)
def test_a_kind_of_call_in_words(row: Calibrated, sentence: str) -> None:
    assert call_sentence(row) == sentence


def test_the_kind_with_most_cases_is_the_fact() -> None:
    rows = [Calibrated("firm", 0.9, 6, 6), Calibrated("likely", 0.7, 10, 6), Calibrated("slips", None, 40, 9)]
    assert calls_fact(rows) == "When you said 70 %, 6 of 10 came."
    few = [Calibrated("firm", 0.9, 3, 3), Calibrated("likely", 0.7, 4, 1)]
    assert calls_fact(few) == "Your calls: too few yet: 4 of 5 of one kind."
