"""How numbers, months and money are written: true minus, sign on variances, unit in the header.

Every function takes a plain number (int, float, Decimal, numpy scalar) and returns text.
Missing (None, NaN, infinite) is "–", never 0. Percent functions take ratios: 0.12 is "12%".
"""

import math
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

MINUS = "\u2212"
MISSING = "\u2013"
SCALES = ((1_000_000_000, "bn"), (1_000_000, "m"), (1_000, "k"))
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Scale:
    """A common factor for the numbers of one table or chart, named once in its header."""

    divisor: int
    prefix: str
    decimals: int

    def unit(self, unit: str) -> str:
        """The header's unit: "mUSD" for a currency code, "k units" for a word."""
        joint = "" if unit.isupper() and len(unit) == 3 else " "
        return f"{self.prefix}{joint}{unit}" if self.prefix else unit


def finite(value: Any) -> float | None:
    """The value as a float, or None where there is no number."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        result = float(value)
    except (TypeError, ValueError):
        return None
    return result if math.isfinite(result) else None


def number(value: Any, decimals: int = 0) -> str:
    """Grouped and rounded half away from zero: 1450 -> "1,450", -3 -> "−3", None -> "–"."""
    result = finite(value)
    if result is None:
        return MISSING
    text = f"{_rounded(result, decimals):,.{decimals}f}"
    return text.replace("-", MINUS) if text.strip("-0.,") else text.lstrip("-")


def signed(value: Any, decimals: int = 0) -> str:
    """A variance: 15 -> "+15", -140 -> "−140"; what rounds to nothing is "0" without a sign."""
    text = number(value, decimals)
    result = finite(value)
    if result is None or not text.strip("0.,"):
        return text if result is None else "0"
    return text if result < 0 else f"+{text}"


def percent(ratio: Any, decimals: int = 0) -> str:
    """0.123 -> "12%"; None -> "–"."""
    result = finite(ratio)
    return MISSING if result is None else f"{number(result * 100, decimals)}%"


def signed_percent(ratio: Any, decimals: int = 0) -> str:
    """0.06 -> "+6%", -0.04 -> "−4%", 0 -> "0%"."""
    result = finite(ratio)
    return MISSING if result is None else f"{signed(result * 100, decimals)}%"


def points(ratio: Any, decimals: int = 1) -> str:
    """A difference of two ratios in percentage points: 0.021 -> "+2.1 pp"."""
    result = finite(ratio)
    return MISSING if result is None else f"{signed(result * 100, decimals)} pp"


def money(value: Any, currency: str = "", decimals: int = 0) -> str:
    """Written "USD 1,234"; without a currency just the number (the unit stands in the header)."""
    text = number(value, decimals)
    return text if text == MISSING or not currency else f"{currency} {text}"


def short(value: Any, digits: int = 3) -> str:
    """A number in running text with its own factor: 12_340_000 -> "12.3m", 950 -> "950"."""
    result = finite(value)
    if result is None:
        return MISSING
    scale = scale_for([result], digits)
    return f"{number(result / scale.divisor, scale.decimals)}{scale.prefix}"


def scale_for(values: Any, digits: int = 4) -> Scale:
    """The factor under which the largest of `values` needs at most `digits` significant digits."""
    known = [abs(v) for v in (finite(value) for value in values) if v is not None]
    largest = max(known, default=0.0)
    divisor, prefix = 1, ""
    if largest >= 10**digits:
        divisor, prefix = next((f, p) for f, p in SCALES if largest >= f)
    whole = len(str(int(largest / divisor))) if largest else 1
    whole_numbers = divisor == 1 and all(v == int(v) for v in known)
    return Scale(divisor, prefix, 0 if whole_numbers else max(0, min(2, digits - whole)))


def scaled(value: Any, scale: Scale) -> str:
    """The value under a common factor, without the factor's name."""
    result = finite(value)
    return MISSING if result is None else number(result / scale.divisor, scale.decimals)


def month(value: date | None) -> str:
    """Short, as in a table's header: "Nov 26"."""
    return MISSING if value is None else f"{MONTHS[value.month - 1]} {value.year % 100:02d}"


def month_long(value: date | None) -> str:
    """Long, as in a heading: "November 2026"."""
    return MISSING if value is None else f"{value:%B} {value.year}"


def tone(value: Any, good: str = "up") -> str:
    """Colour class of a variance: "good", "bad" or "zero". `good` is "up", "down" or "none"."""
    if good not in ("up", "down", "none"):
        raise ValueError(f"good must be 'up', 'down' or 'none', not {good!r}")
    result = finite(value)
    if not result or good == "none":
        return "zero" if not result else ""
    return "good" if (result > 0) == (good == "up") else "bad"


def _rounded(value: float, decimals: int) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
