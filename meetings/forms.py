"""What people send, read and checked for form; meaning is checked by the services."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from cycles.periods import parse_month
from cycles.typed import figure, whole_number
from jobs.errors import Invalid
from masterdata.models import Family, Person
from masterdata.selectors import company, people
from meetings.models import MeetingKind, RiskOpportunity
from meetings.services.decisions import OptionDraft

LONGEST = 4000
OPTION_KEYS = ("a", "b", "c")
EFFECTS = ("units", "revenue", "margin", "service", "capacity_hours", "inventory", "cost")
Given = Mapping[str, str]


def words_read(given: Given, name: str) -> str:
    """Text without control characters and surrounding space, at most 4,000 characters."""
    text = given.get(name, "").replace("\r\n", "\n")
    kept = "".join(c for c in text if c == "\n" or c.isprintable())
    return kept.strip()[:LONGEST]


def day_read(given: Given, name: str, what: str) -> date:
    try:
        return date.fromisoformat(given.get(name, "").strip())
    except ValueError:
        raise Invalid(f"{what}: give a day, for example 2026-11-27.") from None


def moment_read(given: Given, name: str, what: str) -> datetime:
    """A day and time in the company's zone, as the browser's field sends it."""
    try:
        read = datetime.fromisoformat(given.get(name, "").strip())
    except ValueError:
        raise Invalid(f"{what}: give a day and time, for example 2026-11-27 17:00.") from None
    return read.replace(tzinfo=ZoneInfo(company().timezone))


def hour_read(given: Given, name: str, what: str) -> time | None:
    """An hour of the day as the browser's field sends it; empty is None."""
    text = given.get(name, "").strip()
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None) if text else None
    except ValueError:
        raise Invalid(f"{what.capitalize()}: give an hour, for example 19:00.") from None


def month_read(given: Given, name: str, what: str) -> date:
    try:
        return parse_month(given.get(name, ""))
    except ValueError as error:
        raise Invalid(f"{what}: {error}") from None


def amount_read(given: Given, name: str, what: str) -> float | None:
    """A number, with grouping commas and a percent sign forgiven; empty is None."""
    text = given.get(name, "").strip()
    if not text:
        return None
    number = figure(text)
    if not abs(number) < 1e12:
        raise Invalid(f"{what}: {text[:40]!r} is not a number.")
    return number


def number_read(given: Given, name: str, what: str) -> float:
    number = amount_read(given, name, what)
    if number is None:
        raise Invalid(f"{what}: fill it in.")
    return number


def person_read(given: Given, name: str, what: str) -> Person:
    person = people().filter(user__username=given.get(name, "")).first()
    if person is None:
        raise Invalid(f"{what}: choose a person.")
    return person


def forum_read(given: Given) -> MeetingKind:
    try:
        return MeetingKind(given.get("forum", ""))
    except ValueError:
        raise Invalid("Choose the meeting that decides.") from None


def options_read(given: Given) -> list[OptionDraft]:
    """The options of a brief: `<key>-label`, `<key>-revenue` and so on; options without any words are left out.

    The first is to do nothing.
    """
    drafts = []
    for key in OPTION_KEYS:
        label = words_read(given, f"{key}-label")
        if not label and key == OPTION_KEYS[-1]:
            continue
        effects = {name: amount_read(given, f"{key}-{name}", f"{label or key}, {name}") for name in EFFECTS}
        if effects["service"] is not None:
            effects["service"] /= 100
        drafts.append(
            OptionDraft(
                key=key,
                label=label,
                do_nothing=key == OPTION_KEYS[0],
                text=words_read(given, f"{key}-text"),
                effects=effects,
                plan_effect=_plan_effect(given, key, label),
            )
        )
    return drafts


def _plan_effect(given: Given, key: str, label: str) -> dict[str, object]:
    if option := given.get(f"{key}-gap_option", ""):
        return {"gap_option": option}
    if (scenario := whole_number(given.get(f"{key}-scenario", ""))) is not None:
        return {"scenario": scenario}
    pct = amount_read(given, f"{key}-pct", f"{label or key}, change of the plan")
    if pct is None:
        return {}
    scope, _, code = given.get(f"{key}-scope", "all:").partition(":")
    first = given.get(f"{key}-from", "").strip()
    last = given.get(f"{key}-to", "").strip() or first
    return {"scope": scope, "code": code, "from": first, "to": last, "pct": pct}


def effect_read(given: Given) -> dict[str, object]:
    """What a correction changes: where, in which months, by per cent or by units a month."""
    scope, _, code = given.get("scope", "").partition(":")
    pct, quantity = amount_read(given, "pct", "Per cent"), amount_read(given, "quantity", "Units a month")
    if (pct is None) == (quantity is None):
        raise Invalid("Give either a per cent or units a month, and only one of them.")
    first = given.get("from", "").strip()
    months = {"from": first, "to": given.get("to", "").strip() or first}
    change = {"pct": pct} if quantity is None else {"quantity": quantity}
    return {"scope": scope, "code": code, **months, **change}


def risk_read(given: Given) -> dict[str, Any]:
    """A risk or opportunity as its form sends it: the arguments of `risk_add` that people give."""
    try:
        kind = RiskOpportunity.Kind(given.get("kind", ""))
    except ValueError:
        raise Invalid("Choose risk or opportunity.") from None
    return {
        "kind": kind,
        "text": words_read(given, "text"),
        "units": amount_read(given, "units", "Units"),
        "value": number_read(given, "value", "Value"),
        "probability": number_read(given, "probability", "Probability") / 100,
        "month": month_read(given, "month", "Month"),
        "owner": person_read(given, "owner", "Owner"),
        "check_on": day_read(given, "check_on", "Checked on") if given.get("check_on", "").strip() else None,
        "family": Family.objects.filter(code=given.get("family", "")).first(),
    }
