"""What a decision promised and what came of it, in units and money: plain arithmetic and plain words."""

from collections.abc import Mapping
from typing import Final

from supply.wording import count_text, signed_money_text

Amounts = Mapping[str, float]
# what is compared, in this order, with its name
COMPARED: Final = {"units": "Units", "revenue": "Revenue", "margin": "Margin", "inventory": "Stock"}


def came(promised: Amounts, planned: Amounts, actual: Amounts) -> dict[str, float]:
    """The effect that came, by name: promised + (actual - planned), over the months that are closed.

    `planned` is the plan with the decision, `actual` what was booked, shipped or lay in stock. So what came is measured
    against the plan without the decision, as the promise was. Names that one of the three lacks are left out.

    >>> came({"units": -100.0}, {"units": 900.0}, {"units": 860.0})
    {'units': -140.0}
    """
    return {
        name: promised[name] + actual[name] - planned[name]
        for name in COMPARED
        if name in promised and name in planned and name in actual
    }


def difference(promised: Amounts, arrived: Amounts) -> dict[str, float]:
    """What came minus what was promised, by name, where both are known."""
    return {name: arrived[name] - promised[name] for name in COMPARED if name in promised and name in arrived}


def promise_sentence(promised: Amounts, arrived: Amounts, currency: str = "", months: str = "") -> str:
    """`Promised: −100 units, revenue USD −50 k. Came: −140 units, revenue USD −70 k. Difference: −40 units, ...`"""
    parts = (("Promised", promised), ("Came", arrived), ("Difference", difference(promised, arrived)))
    told = " ".join(f"{word}: {_amounts(values, currency)}." for word, values in parts)
    return f"{told} {months}".strip()


def _amounts(values: Amounts, currency: str) -> str:
    units = [_signed_units(values["units"])] if "units" in values else []
    money = [
        f"{COMPARED[name].lower()} {signed_money_text(values[name], currency)}"
        for name in COMPARED
        if name != "units" and name in values
    ]
    return ", ".join([*units, *money]) or "nothing in numbers"


def _signed_units(units: float) -> str:
    plus = "+" if units > 0 and round(units, 1) else ""
    return plus + count_text(units)
