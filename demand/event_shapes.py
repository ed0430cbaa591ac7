"""How an event spreads over its months, in plain words."""

from datetime import date

from cycles.periods import add_months, months_between
from demand.event_effects import DIP, DIP_SHARE, FRONT, month_weights


def shape_words(shape: str, first: date, last: date) -> str:
    """What a shape does over an event's months; '' where every month is alike."""
    months = months_between(first, last) + 1
    if shape == DIP:
        return f"a dip in {add_months(last, 1):%b %Y}: {DIP_SHARE:.0%} of a month's uplift is missing".replace(
            "%", " %"
        )
    if shape == FRONT and months > 1:
        top, rest = (f"{weight * 100:g} %" for weight in month_weights(shape, months)[[0, -1]])
        return f"most at first: {top} of the uplift in {first:%b %Y}, {rest} in {last:%b %Y}"
    return ""


def shape_in_month(shape: str, first: date, last: date, month: date) -> str:
    """What a shape says of one month the event touches, to stand behind its units; '' when it says nothing."""
    months, at = months_between(first, last) + 1, months_between(first, month)
    if shape == DIP:
        return (
            "the dip after it, customers bought ahead"
            if at == months
            else f"a dip follows in {add_months(last, 1):%b %Y}"
        )
    if shape == FRONT and months > 1:
        return f"most at first: this month gets {month_weights(shape, months)[at] * 100:.0f} % of its uplift"
    return ""
