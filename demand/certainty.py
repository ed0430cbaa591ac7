"""How sure a number is: its firm part, the likely rest, and upside that never enters the plan."""

from typing import NamedTuple


class Parts(NamedTuple):
    """Firm and likely add up to the number; upside stands beside it. None = nobody has said."""

    firm: float | None
    likely: float
    upside: float | None


def parts_of(number: float, firm: float | None, upside: float | None) -> Parts:
    """The parts of a number of 0 or more; a firm part that the number has fallen below is cut to the number.

    >>> parts_of(75, 50, 12)
    Parts(firm=50, likely=25, upside=12)
    >>> parts_of(40, 50, None)
    Parts(firm=40, likely=0, upside=None)
    """
    held = None if firm is None else min(firm, number)
    return Parts(held, number - (held or 0), upside)
