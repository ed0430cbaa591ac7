"""What a rep's input did: private to the rep and the managers above."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from django.db.models import Q, QuerySet

from cycles.models import Cycle
from cycles.periods import add_months
from demand.models import CycleLine, OrderLine, Reason, Stage
from demand.selectors.cases import calibration_cases
from demand.selectors.people import managers_above, team_below
from demand.selectors.stages import StageNumbers, stage_numbers
from jobs.errors import NotYours
from kpis.feedback import (
    Effect,
    bias_sentence,
    effect_of_changes,
    error_sentence,
    service_sentence,
    survival_sentence,
)
from kpis.measures.measured import Measured
from kpis.measures.service import otif, whole_lines
from kpis.selectors.accuracy import closed_before
from masterdata.models import Person
from masterdata.roles import SALES_ROLES, Role
from masterdata.selectors import company, people
from supply.wording import count_text

LAGS = (0, 1, 2, 3)
CARD_LINES = 6


@dataclass(frozen=True)
class Feedback:
    """Sentences about the last closed month and about all known cases; `rows` are the biggest effects."""

    person: Person
    month: date | None
    sentences: list[str]
    rows: list[dict[str, Any]]
    simulated: bool


def may_see(viewer: Person, owner: Person) -> bool:
    """A track record is seen by its owner, the manager, and sales managers further up; by nobody else."""
    if viewer.pk in (owner.pk, owner.reports_to_id):
        return True
    return viewer.role == Role.SALES_MANAGER and viewer.pk in managers_above(owner)


def feedback_of(viewer: Person, username: str) -> Feedback | None:
    """Somebody's record; None when there is no such person as when it is private."""
    owner = people().filter(user__username=username, role__in=SALES_ROLES).first()
    return feedback(viewer, owner) if owner is not None and may_see(viewer, owner) else None


def people_below(viewer: Person) -> list[Person]:
    """Whose records the viewer may open: everybody in sales below a sales manager, else the direct reports."""
    below = team_below(viewer) if viewer.role == Role.SALES_MANAGER else people().filter(reports_to=viewer)
    return [person for person in below if person.pk != viewer.pk and person.role in SALES_ROLES]


def feedback(viewer: Person, owner: Person) -> Feedback:
    """Sentences and rows for a person who enters numbers; refused for anybody who may not see them."""
    if not may_see(viewer, owner):
        raise NotYours("A track record is seen only by its owner and the managers above.")
    until = closed_before()
    month = add_months(until, -1) if until else None
    if owner.role not in SALES_ROLES or until is None or month is None:
        return Feedback(owner, month, [], [], False)
    cases = _cases(owner, until)
    if cases.empty:
        following = f"The first result comes after {until:%B %Y} has closed."
        return Feedback(owner, month, [f"You changed nothing that has come in yet. {following}"], [], False)
    sentences = [*_sentences(cases, month), *_service(owner, month)]
    return Feedback(owner, month, sentences, _largest(_of(cases, month)), bool(cases["simulated"].any()))


def card(owner: Person) -> Feedback | None:
    """The sentences of the monthly card, for its owner only; None when nothing of theirs came in for the month.

    Only what people really entered: replayed cycles, and a demonstration's simulated deliveries, are not mailed.
    """
    until = closed_before()
    if owner.role not in SALES_ROLES or until is None:
        return None
    month, cases = add_months(until, -1), _cases(owner, until)
    real = cases[~cases["simulated"].astype(bool)] if len(cases) else cases
    if real.empty or _of(real, month).empty:
        return None
    service = [] if company().is_demonstration else _service(owner, month)
    return Feedback(owner, month, [*_sentences(real, month), *service][:CARD_LINES], [], False)


def _of(cases: pd.DataFrame, month: date) -> pd.DataFrame:
    return cases[cases["month"] == month]


def _sentences(cases: pd.DataFrame, month: date) -> list[str]:
    """What the changes did in the month and up to now."""
    last, whole = _of(cases, month), _effect(cases)
    sentences = [error_sentence(_effect(last), f"{month:%B %Y}", company().currency)]
    if not last.empty:
        sentences.append(survival_sentence(_effect(last).survived))
    return [*sentences, _share_sentence(whole), bias_sentence(whole.bias)]


def _share_sentence(whole: Effect) -> str:
    better = f"{whole.better} of your {count_text(whole.changed, 'change')} of earlier cycles"
    return f"Up to now {better} ended nearer to what came."


def _service(owner: Person, month: date) -> list[str]:
    """How the owner's customers were served in the month, against everybody's."""
    end = add_months(month, 1)
    rows = OrderLine.objects.filter(requested_on__gte=month, requested_on__lt=end)
    whole = _otif(rows, end)
    if not whole.n:
        return []
    mine = rows.filter(Q(customer__owner=owner) | Q(customer__plan_as__owner=owner))
    return [service_sentence(_otif(mine, end), whole, f"on time and in full in {month:%B}")]


def _otif(rows: QuerySet[OrderLine], end: date) -> Measured:
    fields = ("customer_id", "product_id", "qty", "ordered_on", "requested_on", "promised_on")
    names = ["customer", "product", *fields[2:], "shipped_on", "shipped_qty"]
    frame = pd.DataFrame.from_records(rows.values_list(*fields, "shipped_on", "shipped_qty"), columns=names)
    if frame.empty:
        return Measured(float("nan"), 0)
    frame["shipped_qty"] = frame["shipped_qty"].astype(float).fillna(0.0)
    whole = whole_lines(frame)
    dates = (whole["requested_on"], whole["completed_on"])
    return otif(*dates, whole["qty"], whole["shipped_qty"], as_of=end - timedelta(days=1))


def _cases(owner: Person, until: date) -> pd.DataFrame:
    """The owner's changed cells at lags 0 to 3 with price, actual, and what the company forecast made of them."""
    cases = calibration_cases(Cycle(month=until, horizon=24))
    cases = cases[(cases["rep"] == owner.pk) & cases["lag"].isin(LAGS)].reset_index(drop=True)
    if cases.empty:
        return cases
    lines, months = np.unique(cases["line"].to_numpy(dtype=np.int64)), sorted(set(cases["cycle"]))
    numbers = stage_numbers(months, lines, (Stage.COMPANY_FORECAST, Stage.DEMAND_PLAN))
    cases["final"] = [_final(numbers, row) for row in cases.to_dict("records")]
    rows = CycleLine.objects.filter(cycle__month__in=months, line_id__in=lines.tolist())
    facts = pd.DataFrame.from_records(
        rows.values_list("cycle__month", "line_id", "price", "cycle__simulated"),
        columns=["cycle", "line", "price", "simulated"],
    )
    return cases.merge(facts, on=["cycle", "line"])


def _final(numbers: StageNumbers, case: dict[str, Any]) -> float:
    """The company forecast of the cell; the demand plan, then the rep's own number, where there is none."""
    for stage in (Stage.COMPANY_FORECAST, Stage.DEMAND_PLAN):
        plan = numbers.finished.get((case["cycle"], stage))
        if plan is not None:
            return float(plan.quantity[np.searchsorted(plan.lines, case["line"]), int(case["lag"])])
    return float(case["after"])


def _effect(cases: pd.DataFrame) -> Effect:
    columns = (cases[name].to_numpy(dtype=float) for name in ("before", "after", "final", "actual", "price"))
    return effect_of_changes(*columns)


def _largest(cases: pd.DataFrame, most: int = 5) -> list[dict[str, Any]]:
    """The changes with the largest effect on the error, good and bad alike, with the line's names."""
    if cases.empty:
        return []
    removed = (cases["before"] - cases["actual"]).abs() - (cases["after"] - cases["actual"]).abs()
    top = cases.assign(removed=removed, money=removed * cases["price"])
    top = top.reindex(top["money"].abs().sort_values(ascending=False).index).head(most)
    names = {
        row.line_id: (row.line.customer.name, row.line.product.name)
        for row in CycleLine.objects.filter(line_id__in=top["line"].tolist()).select_related(
            "line__customer", "line__product"
        )
    }
    reasons = dict(Reason.choices)
    return [
        row | {"names": names.get(row["line"], ("", "")), "reason_words": reasons.get(row["reason"], "no reason given")}
        for row in top.to_dict("records")
    ]
