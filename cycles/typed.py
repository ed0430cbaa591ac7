"""What people typed into a form, read the same way in every room."""

from datetime import date

from cycles.periods import parse_month
from jobs.errors import Invalid

LONGEST_COMMENT = 2000


def month_read(given: object) -> date:
    """`'2026-11'`; Invalid says what was read."""
    try:
        return parse_month(str(given or ""))
    except ValueError as error:
        raise Invalid(str(error)) from None


def words(given: object) -> str:
    """Text as typed, without characters that cannot be printed or stored."""
    text = given if isinstance(given, str) else ""
    clean = "".join(mark for mark in text if mark.isprintable() or mark == "\n").strip()
    if len(clean) > LONGEST_COMMENT:
        raise Invalid(f"A comment has at most {LONGEST_COMMENT:,} characters.")
    return clean
