"""What people typed into a form, read the same way in every room."""

import math
import re
import sys
from collections.abc import Iterable
from datetime import date
from typing import TypeGuard

from cycles.periods import parse_month
from jobs.errors import Invalid

LONGEST_COMMENT = 2000
# What a column of whole numbers holds, and how many digits of it are looked at.
LARGEST_WHOLE = 2**63 - 1
MOST_DIGITS = 19
_FIGURE = re.compile(r"[+-]?(?:(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)")
_BLANKS = re.compile(r"[ \u00a0\u202f]")


def month_read(given: object) -> date:
    """`'2026-11'`; Invalid says what was read."""
    try:
        return parse_month(str(given or ""))
    except ValueError as error:
        raise Invalid(str(error)) from None


def figure(text: str) -> float:
    """A number as the portal shows it, commas by thousands, blanks and a percent sign included; NaN when it is none.

    `1,234.5` is 1234.5. `12,5` is no number: with its comma left out it would be ten times what was meant.
    """
    clean = _BLANKS.sub("", text.strip()).replace("\u2212", "-").removesuffix("%")
    return float(clean.replace(",", "")) if _FIGURE.fullmatch(clean) else math.nan


def words(given: object) -> str:
    """Text as typed, without characters that cannot be printed or stored."""
    text = given if isinstance(given, str) else ""
    clean = "".join(mark for mark in text if mark.isprintable() or mark == "\n").strip()
    if len(clean) > LONGEST_COMMENT:
        raise Invalid(f"A comment has at most {LONGEST_COMMENT:,} characters.")
    return clean


def whole_number(text: str, largest: int = LARGEST_WHOLE) -> int | None:
    """The number from 0 to `largest` that a text of ASCII digits says; None where it says none.

    >>> whole_number("12"), whole_number("-1"), whole_number("²"), whole_number("9" * 5000)
    (12, None, None, None)
    """
    if not (text.isascii() and text.isdigit()) or len(text) > MOST_DIGITS:
        return None
    number = int(text)
    return number if number <= largest else None


def whole_numbers(texts: Iterable[str]) -> list[int]:
    """Those of the texts that say one."""
    return [number for number in map(whole_number, texts) if number is not None]


def is_number(given: object) -> TypeGuard[int | float]:
    """Whether a value of JSON is a number that can be reckoned with: finite, and no endless whole number either."""
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        return False
    return abs(given) <= sys.float_info.max
