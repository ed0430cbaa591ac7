"""The one sentence on top of the executive page: where we stand, and what is to be decided about it."""

import math
from dataclasses import dataclass
from typing import Final

from supply.wording import count_text, money_text, percent_text

ON_BUDGET: Final = 0.01


@dataclass(frozen=True)
class Choice:
    """A decision due: its question, what the recommended option is called and what it would add."""

    title: str
    effect: float


@dataclass(frozen=True)
class Position:
    """What the message is made of; money in the company currency, NaN = not known.

    `period` is what the gap is told for (a quarter or year). `gaps_open` counts supply gaps nobody
    has settled, `approved_on` names the last approved plan when there is no pack yet.
    """

    period: str
    forecast: float = math.nan
    budget: float = math.nan
    currency: str = ""
    choices: tuple[Choice, ...] = ()
    gaps_open: int = 0
    gaps_value: float = 0.0
    last_approved: str = ""


def executive_message(position: Position) -> str:
    """One or two short sentences: the gap to budget, then what closes it or is still open.

    Without forecast it says which plan is in force; without budget it names the forecast alone.
    """
    if math.isnan(position.forecast):
        plan = position.last_approved
        return f"No pack yet: the plan of {plan} is in force." if plan else "No plan has been approved yet."
    return f"{_where(position)} {_what(position)}".strip()


def gap_words(forecast: float, budget: float, currency: str = "") -> str:
    """`'USD 0.3 m short of budget'`, `'on budget'`, `'USD 40 k over budget'` or that there is none."""
    if math.isnan(budget) or budget <= 0:
        return "without a budget to compare with"
    gap = forecast - budget
    if abs(gap) <= ON_BUDGET * budget:
        return "on budget"
    side = "over" if gap > 0 else "short of"
    return f"{money_text(abs(gap), currency)} {side} budget"


def _where(position: Position) -> str:
    words = gap_words(position.forecast, position.budget, position.currency)
    known = not math.isnan(position.budget) and position.budget > 0
    if not known or words == "on budget":
        amount = money_text(position.forecast, position.currency)
        return (
            f"{position.period} is {words} at {amount}." if known else f"{position.period} stands at {amount}, {words}."
        )
    share = percent_text(abs(position.forecast / position.budget - 1), 1)
    return f"{position.period} is {words} ({share})."


def _what(position: Position) -> str:
    gap = position.budget - position.forecast
    short = not math.isnan(gap) and gap > ON_BUDGET * position.budget
    best = max(position.choices, key=lambda choice: choice.effect, default=None)
    if short and best is not None and best.effect > 0:
        return _closing(best, gap, position.currency)
    if position.gaps_open:
        worth = money_text(position.gaps_value, position.currency)
        verb = "is" if position.gaps_open == 1 else "are"
        return f"{count_text(position.gaps_open, 'supply gap')} worth {worth} {verb} open."
    if position.choices:
        return f"{count_text(len(position.choices), 'decision')} {'is' if len(position.choices) == 1 else 'are'} due."
    return "No decision proposed closes the gap." if short else "Nothing needs a decision."


def _closing(best: Choice, gap: float, currency: str) -> str:
    if best.effect >= gap:
        return f"{best.title} closes it."
    left = money_text(gap - best.effect, currency)
    return f"{best.title} adds {money_text(best.effect, currency)}; {left} stay open."
