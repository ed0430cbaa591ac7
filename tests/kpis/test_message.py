import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.message import Choice, Position, executive_message, gap_words

SHORT = Position("Q4", 9_700_000.0, 10_000_000.0, "USD")
SHIFTS = Choice("Saturday shifts on Line 3", 400_000.0)
PROMOTION = Choice("Delaying the promotion", 100_000.0)


@pytest.mark.parametrize(
    ("position", "message"),
    [
        (
            replace(SHORT, choices=(PROMOTION, SHIFTS)),
            "Q4 is USD 300 k short of budget (3.0 %). Saturday shifts on Line 3 closes it.",
        ),
        (
            replace(SHORT, choices=(PROMOTION,)),
            "Q4 is USD 300 k short of budget (3.0 %). Delaying the promotion adds USD 100 k; USD 200 k stay open.",
        ),
        (SHORT, "Q4 is USD 300 k short of budget (3.0 %). No decision proposed closes the gap."),
        (
            replace(SHORT, gaps_open=1, gaps_value=50_000.0),
            "Q4 is USD 300 k short of budget (3.0 %). 1 supply gap worth USD 50 k is open.",
        ),
        (
            replace(SHORT, forecast=9_950_000.0, gaps_open=2, gaps_value=50_000.0),
            "Q4 is on budget at USD 9.95 m. 2 supply gaps worth USD 50 k are open.",
        ),
        (
            replace(SHORT, forecast=10_500_000.0, choices=(SHIFTS,)),
            "Q4 is USD 500 k over budget (5.0 %). 1 decision is due.",
        ),
        (replace(SHORT, forecast=10_000_000.0), "Q4 is on budget at USD 10 m. Nothing needs a decision."),
        (
            replace(SHORT, budget=math.nan),
            "Q4 stands at USD 9.7 m, without a budget to compare with. Nothing needs a decision.",
        ),
        (replace(SHORT, forecast=math.nan), "No plan has been approved yet."),
        (
            replace(SHORT, forecast=math.nan, last_approved="2026-10"),
            "No pack yet: the plan of 2026-10 is in force.",
        ),
    ],
)
def test_message(position: Position, message: str) -> None:
    assert executive_message(position) == message


def test_a_choice_that_adds_nothing_is_not_offered() -> None:
    position = replace(SHORT, choices=(Choice("Do nothing", 0.0),))
    assert executive_message(position).endswith("1 decision is due.")


@given(
    st.floats(0, 1e9) | st.just(math.nan),
    st.floats(0, 1e9) | st.just(math.nan),
    st.lists(st.builds(Choice, st.just("Overtime"), st.floats(-1e6, 1e6)), max_size=3),
    st.integers(0, 5),
)
def test_every_case_is_whole_sentences_without_nan(
    forecast: float, budget: float, choices: list[Choice], gaps: int
) -> None:
    message = executive_message(Position("FY2026", forecast, budget, "USD", tuple(choices), gaps, 1e5))
    assert message.endswith(".")
    assert "nan" not in message
    assert "n/a" not in message
    assert message.count(". ") <= 1


@pytest.mark.parametrize(
    ("forecast", "budget", "words"),
    [
        (99.5, 100.0, "on budget"),
        (90.0, 100.0, "USD 10 short of budget"),
        (120.0, 100.0, "USD 20 over budget"),
        (120.0, 0.0, "without a budget to compare with"),
    ],
)
def test_gap_words(forecast: float, budget: float, words: str) -> None:
    assert gap_words(forecast, budget, "USD") == words
