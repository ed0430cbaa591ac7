"""What one cell of a file may say, and what to write instead when it says something else.

Every parser takes the trimmed text of a filled cell and returns its value, or raises ValueError with a sentence
that names the text and what would be right. The same parsers serve CSV, XLSX and whatever else reads a cell.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from difflib import get_close_matches
from zoneinfo import available_timezones

LARGEST = 1e12
FIRST_YEAR, LAST_YEAR = 1990, 2099
SHOWN = 80

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_SERIAL = re.compile(r"[2-7][0-9]{4}(\.[0-9]+)?")
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_AMBIGUOUS = re.compile(r"[+-]?[0-9]{1,3},[0-9]{3}")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_POINT_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]*")
# A day a spreadsheet counts from, so that its day 45992 is a date.
_SERIAL_ZERO = date(1899, 12, 30)
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def shown(text: str) -> str:
    """The text as an error shows it: quoted, at most `SHOWN` characters."""
    return repr(text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")


def number(text: str) -> float:
    """A finite number with a point, smaller than 1e12 in size: `'-12.50'` -> -12.5."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(_no_number(text))
    value = float(text)
    if not abs(value) < LARGEST:
        raise ValueError(f"{shown(text)} is too large. Numbers stay below 1,000,000,000,000 in size.")
    return value + 0.0  # -0.0 would be another value to the database's text form


def integer(text: str) -> float:
    """A whole number; `'3.0'` counts, since spreadsheets write it."""
    value = number(text)
    if not value.is_integer():
        raise ValueError(f"{shown(text)} is not a whole number.")
    return value


def _no_number(text: str) -> str:
    for found, meaning in (
        (_AMBIGUOUS, "could be {without} or {point}. Write it without a comma"),
        (_POINT_THOUSANDS, "mixes points and commas. Write {german}"),
        (_THOUSANDS, "has separators. Write {without}"),
        (_DECIMAL_COMMA, "has a decimal comma. Write {point}"),
    ):
        if found.fullmatch(text):
            without, point = text.replace(",", ""), text.replace(",", ".")
            german = text.replace(".", "").replace(",", ".")
            return f"{shown(text)} {meaning.format(without=without, point=point, german=german)}."
    plain = _plain_digits(text)
    if plain:
        return f"{shown(text)} is not written plainly. Write {plain}."
    return f"{shown(text)} is not a number. Write digits and a point, for example 1250.5."


def _plain_digits(text: str) -> str:
    """The number that fullwidth or other digits, underscores, blanks or a unit sign hide; '' when none."""
    digits = "".join(str(unicodedata.digit(sign)) if sign.isdigit() else sign for sign in text)
    plain = re.sub(r"[_\s'%$€£]", "", unicodedata.normalize("NFKC", digits)).replace("\u2212", "-")
    return plain if _NUMBER.fullmatch(plain) else ""


def month(text: str) -> date:
    """`'2026-11'` -> `date(2026, 11, 1)`."""
    found = _MONTH.fullmatch(text)
    if not found:
        raise ValueError(_no_month(text))
    if not 1 <= int(found[2]) <= 12:
        raise ValueError(f"{shown(text)} is not a month: the months are 01 to 12.")
    _check_year(int(found[1]), text)
    return date(int(found[1]), int(found[2]), 1)


def _no_month(text: str) -> str:
    if _DAY.fullmatch(text):
        return f"{shown(text)} is a day. Write the month: {text[:7]}."
    if _SERIAL.fullmatch(text):
        day = _SERIAL_ZERO + timedelta(days=int(float(text)))
        return f"{shown(text)} is a spreadsheet's number for {day}. Write the month: {day:%Y-%m}."
    return f"{shown(text)} is not a month. Write it as YYYY-MM, for example 2026-11."


def day(text: str) -> date:
    """`'2026-11-22'` -> that date."""
    found = _DAY.fullmatch(text)
    if not found:
        raise ValueError(_no_day(text))
    _check_year(int(found[1]), text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise ValueError(f"{shown(text)} is not in the calendar.") from None


def _no_day(text: str) -> str:
    if _SERIAL.fullmatch(text):
        found = _SERIAL_ZERO + timedelta(days=int(float(text)))
        return f"{shown(text)} is a spreadsheet's number for a day. Write {found}."
    return f"{shown(text)} is not a date. Write it as YYYY-MM-DD, for example 2026-11-22."


def day_or_month(text: str) -> date:
    """A date, or a month that stands for its first day."""
    return month(text) if _MONTH.fullmatch(text) else day(text)


def _check_year(year: int, text: str) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"{shown(text)} lies outside {FIRST_YEAR} to {LAST_YEAR}.")


def code(text: str) -> str:
    """A code as it stands: a string, leading zeros included; no invisible characters."""
    for sign in text:
        if sign != " " and unicodedata.category(sign) in ("Cc", "Cf", "Zs", "Zl", "Zp"):
            raise ValueError(f"{shown(text)} has an invisible character (U+{ord(sign):04X}) in it. Take it out.")
    return text


def plain_text(text: str) -> str:
    """One line of text without control characters."""
    for sign in text:
        if sign in _BIDI or unicodedata.category(sign) in ("Cc", "Zl", "Zp", "Cs"):
            raise ValueError(f"{shown(text)} has a control character (U+{ord(sign):04X}) in it. Take it out.")
    return text


def email(text: str) -> str:
    if not _EMAIL.fullmatch(plain_text(text)):
        raise ValueError(f"{shown(text)} is not a mail address. Write it as name@company.example.")
    return text


def timezone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError(
            f"{shown(text)} is not a time zone. Write it as Europe/Berlin.{hint(text, available_timezones())}"
        )
    return text


def letters(text: str, count: int) -> str:
    """An upper-case code of `count` letters, as currencies (3) and countries (2) have."""
    if not (len(text) == count and text.isascii() and text.isalpha() and text.isupper()):
        example = {2: "US", 3: "USD"}[count]
        raise ValueError(f"{shown(text)} is not a code of {count} capital letters such as {example}.")
    return text


def choice(text: str, choices: Mapping[str, str]) -> str:
    """The stored value of one of the accepted words."""
    if text not in choices:
        raise ValueError(f"{shown(text)} is none of: {', '.join(choices)}.{hint(text, choices)}")
    return choices[text]


def hint(text: str, known: object) -> str:
    """' Did you mean …?' when something known is close to the text, else ''."""
    words = list(known) if isinstance(known, Mapping | set | frozenset | list | tuple) else []
    by_case = {word.casefold(): word for word in words}
    close = get_close_matches(text.casefold(), list(by_case), n=1, cutoff=0.75) if len(words) <= 5000 else []
    return f" Did you mean {by_case[close[0]]!r}?" if close else ""
