"""How numbers are said in a generated sentence: short, exact, with a true minus sign.

One place, so that options, minutes, digests and the executive message say a number the same way.
"""

import math
from collections.abc import Sequence
from typing import Final

MINUS: Final = "\u2212"
NOT_KNOWN: Final = "n/a"


def count_text(number: float, noun: str = "unit", plural: str = "") -> str:
    """`count_text(1204)` -> `'1,204 units'`; one is singular, a fraction keeps one decimal."""
    if math.isnan(number):
        return f"{NOT_KNOWN} {plural or noun + 's'}"
    shown = round(number) if abs(number) >= 10 or abs(number - round(number)) < 0.05 else round(number, 1)
    word = noun if shown == 1 else plural or f"{noun}s"
    return f"{_minus(f'{shown:,}')} {word}"


def money_text(value: float, currency: str = "") -> str:
    """Three significant digits with k, m or bn: `money_text(312345, 'USD')` -> `'USD 312 k'`."""
    if math.isnan(value):
        return NOT_KNOWN
    scaled, unit = _scale(value)
    return " ".join(part for part in (currency, _minus(scaled), unit) if part)


def signed_money_text(value: float, currency: str = "") -> str:
    """`money_text` with a plus sign where it is positive, for a difference."""
    if math.isnan(value):
        return NOT_KNOWN
    scaled, unit = _scale(value)
    sign = "+" if value > 0 and scaled != "0" else ""
    return " ".join(part for part in (currency, sign + _minus(scaled), unit) if part)


def percent_text(fraction: float, decimals: int = 0) -> str:
    """`percent_text(0.843)` -> `'84 %'`."""
    if math.isnan(fraction):
        return NOT_KNOWN
    return f"{_minus(f'{round(fraction * 100, decimals) + 0.0:.{decimals}f}')} %"


def list_text(words: Sequence[str], most: int = 3) -> str:
    """`'a, b and c'`; beyond `most` the rest are counted: `'a, b, c and 4 others'`."""
    shown, rest = list(words[:most]), len(words) - most
    if rest > 0:
        shown.append(f"{rest} other{'s' if rest > 1 else ''}")
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _scale(value: float) -> tuple[str, str]:
    for size, unit in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(value) >= 0.9995 * size:
            return _three_digits(value / size), unit
    return _three_digits(value), ""


def _three_digits(number: float) -> str:
    decimals = 0 if abs(number) >= 99.95 else 1 if abs(number) >= 9.995 else 2
    text = f"{number:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def _minus(text: str) -> str:
    return text.replace("-", MINUS)
