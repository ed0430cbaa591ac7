"""A person's track record as a page: three facts with a picture each, best call and biggest miss; private."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from cycles.calendar_days import working_day
from cycles.periods import add_months, month_range
from cycles.selectors.calendar import company_holidays
from demand.accuracy import FEWEST_CASES
from demand.call_outcomes import Calibrated, CallCase, calibration
from demand.selectors.call_cases import call_cases
from demand.selectors.history import history
from kpis.feedback import Effect
from kpis.measures.measured import Measured, pooled
from kpis.selectors.accuracy import closed_before
from kpis.selectors.feedback import Feedback, check_may_see, effect_of, feedback, told
from kpis.selectors.own_cases import own_cases
from kpis.selectors.team_band import bias_of_team, team_of
from kpis.team_band import band_fact
from kpis.track_record import (
    bias_fact,
    call_sentence,
    calls_fact,
    effect_sentence,
    helped_fact,
    monthly_bias,
    reason_sentence,
)
from masterdata.models import Person
from masterdata.roles import SALES_ROLES
from masterdata.selectors import company

MONTHS = 6
RESULT_DAY = 2
LEAST_UNITS = 0.5


@dataclass(frozen=True)
class Told:
    """One change with what was known when it was made; `last_year` = the same month a year before."""

    row: dict[str, Any]
    last_year: float
    effect: str


@dataclass(frozen=True)
class Shown:
    """One kind of change or call in words, with the picture of its share; None while there are too few."""

    sentence: str
    bullet: dict[str, Any] | None


@dataclass(frozen=True)
class Choice:
    """A filter: what can be chosen, and what is."""

    values: list[tuple[str, str]]
    chosen: str


@dataclass(frozen=True)
class Team:
    """The comparison with the team: whether there is one to offer, and its band in words when asked for."""

    offered: bool = False
    band: str = ""


@dataclass(frozen=True)
class TrackRecord:
    """What the page shows; `waits` says when the first result comes while there is none."""

    feedback: Feedback
    waits: str
    reasons: Choice
    customers: Choice
    bias: str
    bias_chart: dict[str, Any] | None
    helped: str
    helped_bar: dict[str, Any] | None
    reason_rows: list[Shown]
    calls: str
    call_rows: list[Shown]
    calls_simulated: bool
    best: Told | None
    miss: Told | None
    team: Team = Team()

    @property
    def is_filtered(self) -> bool:
        return bool(self.reasons.chosen or self.customers.chosen)


def track_record(
    viewer: Person, owner: Person, *, reason: str = "", customer: str = "", team: bool = False
) -> TrackRecord:
    """The record of a person who enters numbers; a reason or customer that is not in it filters nothing.

    The band of the `team` is told when asked for, over all reasons and customers.
    """
    check_may_see(viewer, owner)
    until = closed_before()
    if owner.role not in SALES_ROLES or until is None:
        return _nothing(feedback(viewer, owner))
    cases, calls = own_cases(owner, until), call_cases(owner)
    reasons = _choice(zip(cases["reason"], cases["reason_words"], strict=True) if len(cases) else (), reason)
    names = [*(cases["customer"] if len(cases) else ()), *(call.customer for call in calls)]
    customers = _choice(((name, name) for name in names if name), customer)
    whole = told(owner, cases, until)
    if cases.empty and not any(call.spoke_of < until for call in calls):
        return _nothing(whole, "" if whole.reviewed else _first_result(until))
    record = _record(whole, _kept(cases, reasons, customers), _of_customer(calls, customers), until, reasons, customers)
    return record if record.is_filtered else replace(record, team=_team(owner, until, asked=team))


def _team(owner: Person, until: date, *, asked: bool) -> Team:
    team = team_of(owner)
    if not (team and asked):
        return Team(bool(team))
    months = month_range(add_months(until, -MONTHS), MONTHS)
    return Team(offered=True, band=band_fact(bias_of_team(team, months, until)))


def _record(
    whole: Feedback,
    cases: pd.DataFrame,
    calls: list[CallCase],
    until: date,
    reasons: Choice,
    customers: Choice,
) -> TrackRecord:
    bias, chart = _bias(cases, until)
    helped, bar = _helped(cases)
    rows = calibration(calls, until=until)
    best, miss = _extremes(cases)
    return TrackRecord(
        feedback=whole,
        waits="",
        reasons=reasons,
        customers=customers,
        bias=bias,
        bias_chart=chart,
        helped=helped,
        helped_bar=bar,
        reason_rows=_by_reason(cases),
        calls=calls_fact(rows),
        call_rows=[_call_row(row) for row in rows if row.n],
        calls_simulated=any(call.simulated and call.spoke_of < until for call in calls),
        best=best,
        miss=miss,
    )


def _nothing(whole: Feedback, waits: str = "") -> TrackRecord:
    nobody = Choice([], "")
    return TrackRecord(whole, waits, nobody, nobody, "", None, "", None, [], "", [], False, None, None)


def _first_result(until: date) -> str:
    """When the first open month closes: after its end, on the day by which the actuals are in."""
    following = add_months(until, 1)
    day = working_day(following, RESULT_DAY, holidays=company_holidays(company().country, (following.year,)))
    return f"First result after {until:%B} closes, about {day.day} {day:%b}."


def _choice(values: Iterable[tuple[str, str]], chosen: str) -> Choice:
    found = sorted(set(values), key=lambda pair: pair[1])
    return Choice(found, chosen if chosen in dict(found) else "")


def _kept(cases: pd.DataFrame, reasons: Choice, customers: Choice) -> pd.DataFrame:
    if reasons.chosen:
        cases = cases[cases["reason"] == reasons.chosen]
    return cases[cases["customer"] == customers.chosen] if customers.chosen else cases


def _of_customer(calls: list[CallCase], customers: Choice) -> list[CallCase]:
    return [call for call in calls if customers.chosen in ("", call.customer)]


def _bias(cases: pd.DataFrame, until: date) -> tuple[str, dict[str, Any] | None]:
    months = month_range(add_months(until, -MONTHS), MONTHS)
    if cases.empty:
        return bias_fact(Measured(float("nan"), 0), MONTHS), None
    by_month = monthly_bias(months, cases["month"], cases["after"], cases["actual"])
    if not any(part.is_known for part in by_month):
        return bias_fact(pooled(by_month), MONTHS), None
    shown = [part.value if part.is_known else None for part in by_month]
    chart = {"months": months, "bias": shown, "measure": "Bias of changed numbers", "unit": "%", "width": 340}
    return bias_fact(pooled(by_month), MONTHS), chart


def _helped(cases: pd.DataFrame) -> tuple[str, dict[str, Any] | None]:
    effect = effect_of(cases)
    title = f"{effect.better} of {effect.changed} changes improved the number; the tick is half"
    return helped_fact(effect), _share_bar(effect, title, width=320) if effect.changed else None


def _by_reason(cases: pd.DataFrame) -> list[Shown]:
    """How often the changes of each reason helped, most used first."""
    if cases.empty:
        return []
    groups = [(str(words), effect_of(part)) for words, part in cases.groupby("reason_words")]
    groups.sort(key=lambda group: (-group[1].changed, group[0]))
    return [_reason_row(words, effect) for words, effect in groups if effect.changed]


def _reason_row(words: str, effect: Effect) -> Shown:
    sentence = reason_sentence(words, effect)
    if effect.changed < FEWEST_CASES:
        return Shown(sentence, None)
    return Shown(sentence, _share_bar(effect, f"{sentence[:-1]}; the tick is half", width=160))


def _share_bar(effect: Effect, title: str, width: int) -> dict[str, Any]:
    share = effect.better / effect.changed
    return {"value": share, "target": 0.5, "maximum": 1, "good": "up", "width": width, "title": title}


def _call_row(row: Calibrated) -> Shown:
    sentence = call_sentence(row)
    if not row.is_known:
        return Shown(sentence, None)
    title = f"{sentence[:-1]}; the tick is what was said"
    picture = {"value": row.share, "target": row.chance, "maximum": 1, "good": "none", "width": 160, "title": title}
    return Shown(sentence, picture)


def _extremes(cases: pd.DataFrame) -> tuple[Told | None, Told | None]:
    """The change that took most error away at price, and the one that added most; at least half a unit each."""
    if cases.empty:
        return None, None
    ranked = cases[cases["removed"].abs() >= LEAST_UNITS].sort_values("money", kind="stable")
    if ranked.empty:
        return None, None
    worst, best = ranked.iloc[0].to_dict(), ranked.iloc[-1].to_dict()
    chosen = [row for row, side in ((best, 1), (worst, -1)) if row["money"] * side > 0]
    currency = company().currency
    found = {
        row["money"] > 0: Told(row, past, effect_sentence(row["removed"], row["money"], currency))
        for row, past in zip(chosen, last_year_of(chosen), strict=True)
    }
    return found.get(True), found.get(False)


def last_year_of(rows: list[dict[str, Any]]) -> list[float]:
    """What came in the same month a year before, for each row; one query."""
    if not rows:
        return []
    lines = np.unique(np.array([row["line"] for row in rows], dtype=np.int64))
    months = [add_months(row["month"], -12) for row in rows]
    start = min(months)
    past = history(lines, start=start, before=add_months(max(months), 1)).quantity
    column = [(month.year - start.year) * 12 + month.month - start.month for month in months]
    return [float(past[np.searchsorted(lines, row["line"]), at]) for row, at in zip(rows, column, strict=True)]
