"""What a person types into a forecast cell, turned into a number.

    75  set · +15 -15  add, subtract · +10% -5%  percent of the cell · *1.2  multiply
    1.2k 3m  thousands, millions · =bl =ly =prev =avg3  take a reference · empty  back to the baseline

A leading sign is always a change. A forecast is never negative. Results are rounded half up to the
product's decimals; ``=bl`` is taken exactly, so that it is no change. Whatever could mean two
numbers (``1.000``, ``1,000``) is refused with a question instead of a guess. The browser's twin of
this module is held to the same table, ``tests/demand/cell_grammar_cases.json``.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

LARGEST = 1_000_000_000
MOST_DECIMALS = 6
CLIPPED = "A forecast is never negative, so this is 0."

_NUMBER = r"(\d+(?:\.\d+)?|\.\d+)"
_SET = re.compile(rf"^{_NUMBER}\s*([km])?$", re.ASCII)
_CHANGE = re.compile(rf"^([+-])\s*{_NUMBER}\s*([km%])?$", re.ASCII)
_TIMES = re.compile(rf"^\*\s*{_NUMBER}$", re.ASCII)
_BARE_PERCENT = re.compile(rf"^{_NUMBER}\s*%$", re.ASCII)
_TWO_MEANINGS = re.compile(r"^([+-]?)\s*([1-9]\d{0,2})([.,])(\d{3})\s*([km]?)$", re.ASCII)
_DECIMAL_COMMA = re.compile(r"^([+-]?\d*),(\d+)$", re.ASCII)
_SEPARATED = re.compile(r"^[+-]?\d{1,3}(?:[,.'’_ \u00a0\u202f]\d{3})+$", re.ASCII)
_LEADING_NUMBER = re.compile(r"^[+*-]?\s*(\d{1,9}(?:\.\d+)?)(?!\d)", re.ASCII)
_SCALE = {"k": 3, "m": 6}
_REFERENCES = {
    "bl": "baseline",
    "ly": "last year's number",
    "prev": "earlier number of yours",
    "avg3": "three-month average",
}


class EntryError(ValueError):
    """What was typed is not an entry; the message says what to type instead."""


@dataclass(frozen=True)
class Entry:
    """A parsed entry. ``reset`` = back to the baseline (``value`` is then the baseline)."""

    value: float
    reset: bool = False
    note: str = ""


def parse_entry(
    text: str,
    *,
    current: float,
    baseline: float,
    last_year: float | None = None,
    previous: float | None = None,
    average3: float | None = None,
    decimals: int = 0,
) -> Entry:
    """Turn ``text`` into an :class:`Entry`, seen from a cell that now holds ``current``.

    All numbers are in the product's unit; a reference that does not exist is None or NaN.
    Raises EntryError with a plain sentence; ValueError when ``decimals`` is not 0 to 6.

    >>> parse_entry("+10%", current=75, baseline=60).value
    83.0
    """
    if decimals not in range(MOST_DECIMALS + 1):
        raise ValueError(f"decimals must be 0 to {MOST_DECIMALS}, not {decimals!r}")
    if not math.isfinite(current):
        raise ValueError(f"current must be a finite number, not {current!r}")
    typed = _cleaned(text)
    if not typed:
        return Entry(value=_reference("bl", {"bl": baseline}, text), reset=True)
    if typed.startswith("="):
        references = {"bl": baseline, "ly": last_year, "prev": previous, "avg3": average3}
        name = typed[1:].strip()
        value = _reference(name, references, text)
        return _bounded(value, text, None if name == "bl" else decimals)
    return _bounded(_amount(typed, current, decimals, text), text, decimals)


def _cleaned(text: str) -> str:
    if not isinstance(text, str):
        raise EntryError("An entry is text. Try 75, +15 or +10%.")
    return text.strip().replace("\u2212", "-").lower()


def _amount(typed: str, current: float, decimals: int, text: str) -> float:
    _refuse_two_meanings(typed, decimals, text)
    if match := _TIMES.match(typed):
        return current * float(match[1])
    if match := _CHANGE.match(typed):
        sign = -1 if match[1] == "-" else 1
        if match[3] == "%":
            return current + sign * current * float(match[2]) / 100
        return current + sign * _plain(match[2], match[3], decimals, text)
    if match := _SET.match(typed):
        return _plain(match[1], match[2], decimals, text)
    raise EntryError(_why_not(typed, text))


def _plain(number: str, suffix: str | None, decimals: int, text: str) -> float:
    """A written number times its k or m; refuses decimals the product does not have."""
    zeros = _SCALE.get(suffix or "", 0)
    written = len(number.partition(".")[2].rstrip("0")) - zeros
    if written > decimals:
        raise EntryError(f"`{_shown(text)}` has too many decimals. {_grain(decimals)}")
    return float(number) * 10**zeros


def _grain(decimals: int) -> str:
    if decimals == 0:
        return "This line is planned in whole units."
    return f"This line is planned with {decimals} decimal{'s' if decimals > 1 else ''}."


def _reference(name: str, references: Mapping[str, float | None], text: str) -> float:
    if name not in references:
        raise EntryError(f"`{_shown(text)}` is not known. Try =bl, =ly, =prev or =avg3.")
    value = references[name]
    if value is None or not math.isfinite(value):
        raise EntryError(f"There is no {_REFERENCES[name]} for this cell. Type a number.")
    return float(value)


def _refuse_two_meanings(typed: str, decimals: int, text: str) -> None:
    match = _TWO_MEANINGS.match(typed)
    if match and not (match[3] == "." and decimals >= 3):
        sign, whole, _, rest, suffix = match.groups()
        thousands = f"{sign}{whole}{rest}{suffix}"
        point = sign + f"{whole}.{rest}".rstrip("0").rstrip(".") + suffix
        raise EntryError(f"`{_shown(text)}` could mean {thousands} or {point}. Type {thousands} or {point}.")


def _why_not(typed: str, text: str) -> str:
    """The sentence for an entry no rule understands: what is wrong and what to type."""
    shown = f"`{_shown(text)}`"
    if any(mark.isdigit() and not mark.isascii() for mark in typed):
        return f"{shown} has digits that cannot be read here. Use 0 to 9."
    if match := _BARE_PERCENT.match(typed):
        return f"{shown} needs a sign. Try +{match[1]}% or -{match[1]}%."
    if match := _DECIMAL_COMMA.match(typed):
        return f"{shown} has a comma. Use a point for decimals: {match[1] or '0'}.{match[2]}."
    if _SEPARATED.match(typed) and len(typed) <= 15:
        return f"{shown} has separators. Type {re.sub(r'[^0-9+-]', '', typed)}."
    if match := _LEADING_NUMBER.match(typed):
        return f"{shown} is not a number. Try {match[1]} or +{match[1]}%."
    return f"{shown} is not a number. Try 75, +15 or +10%."


def _bounded(value: float, text: str, decimals: int | None) -> Entry:
    """Inside 0 to LARGEST, rounded half up (None = as it is)."""
    if not math.isfinite(value) or value > LARGEST:
        raise EntryError(f"`{_shown(text)}` is too large. A cell holds at most {LARGEST:,}.")
    if value < 0:
        return Entry(value=0.0, note=CLIPPED)
    if decimals is None:
        return Entry(value=value)
    return Entry(value=math.floor(value * 10**decimals + 0.5) / 10**decimals)


def _shown(text: str) -> str:
    """What was typed, safe to repeat: printable and short."""
    marks = (" " if mark.isspace() else mark for mark in text.strip())
    printable = "".join(mark if mark.isprintable() else "?" for mark in marks)
    return printable if len(printable) <= 20 else printable[:19] + "…"
