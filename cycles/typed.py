"""What people typed into a form, read the same way in every room."""

import math
import re
from datetime import date

from cycles.periods import parse_month
from jobs.errors import Invalid

LONGEST_COMMENT = 2000
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
