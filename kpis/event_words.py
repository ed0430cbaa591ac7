"""What an event promised and what came, in one sentence; a shortfall is told as plainly as a success."""

from collections.abc import Sequence

from supply.wording import count_text, money_text

Amount = tuple[float, float]


def event_sentence(
    name: str, month: str, promised: Amount, came: Amount, currency: str = "", others: Sequence[str] = ()
) -> str:
    """`promised` and `came` are (units, money at price) in the month: what the event was to add, and what came above
    (negative: below) the plan without events on the same lines. `others` are events on those lines too."""
    to_add = f"{name}: {_size(promised, currency)} {'more' if promised[0] >= 0 else 'less'} promised for {month}"
    side = "above" if came[0] >= 0 else "below"
    shared = f" Shared with {', '.join(others)}." if others else ""
    return f"{to_add}; its lines came {_size(came, currency)} {side} the plan without events.{shared}"


def _size(amount: Amount, currency: str) -> str:
    return f"{count_text(abs(amount[0]))} ({money_text(abs(amount[1]), currency)})"
