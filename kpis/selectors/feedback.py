"""What a person's input did: private to the person and the managers above."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd
from django.db.models import Q, QuerySet

from cycles.periods import add_months
from demand.models import OrderLine
from demand.policy import may_see_record
from demand.selectors.people import team_below
from jobs.errors import NotYours
from kpis.feedback import (
    Effect,
    bias_sentence,
    effect_of_changes,
    error_sentence,
    reserved_sentence,
    service_sentence,
    survival_sentence,
)
from kpis.measures.measured import Measured
from kpis.measures.service import otif, whole_lines
from kpis.selectors.accuracy import closed_before
from kpis.selectors.own_cases import own_cases
from kpis.selectors.stage_input import marketing_sentences, review_sentences
from masterdata.models import Person
from masterdata.roles import SALES_ROLES, Role
from masterdata.selectors import company, people
from supply.models import Reserved
from supply.wording import count_text

CARD_LINES = 6
INPUT_ROLES = (*SALES_ROLES, Role.MARKETING)


@dataclass(frozen=True)
class Feedback:
    """Sentences about the last closed month and about all known cases; `rows` are the biggest effects.

    `reviewed`: the first sentences tell of a manager's changes of team numbers.
    """

    person: Person
    month: date | None
    sentences: list[str]
    rows: list[dict[str, Any]]
    simulated: bool
    reviewed: bool = False


def may_see(viewer: Person, owner: Person) -> bool:
    """A track record is seen by its owner, the manager, and sales managers further up; by nobody else."""
    return may_see_record(viewer, owner)


def owner_named(viewer: Person, username: str) -> Person | None:
    """Whose record it is; None when there is no such person just as when it is private."""
    owner = people().filter(user__username=username, role__in=INPUT_ROLES).first()
    return owner if owner is not None and may_see(viewer, owner) else None


def people_below(viewer: Person) -> list[Person]:
    """Whose records the viewer may open: everybody in sales below a sales manager, else the direct reports."""
    below = team_below(viewer) if viewer.role == Role.SALES_MANAGER else people().filter(reports_to=viewer)
    return [person for person in below if person.pk != viewer.pk and person.role in SALES_ROLES]


def feedback(viewer: Person, owner: Person) -> Feedback:
    """What a person's input did, in sentences and rows; refused for anybody who may not see it."""
    check_may_see(viewer, owner)
    until = closed_before()
    if owner.role in SALES_ROLES and until is not None:
        return told(owner, own_cases(owner, until), until)
    month = add_months(until, -1) if until else None
    if owner.role == Role.MARKETING and month is not None:
        sentences, simulated = marketing_sentences(month)
        return Feedback(owner, month, sentences or [f"No event was planned for {month:%B %Y}."], [], simulated)
    return Feedback(owner, month, [], [], False)


def check_may_see(viewer: Person, owner: Person) -> None:
    if not may_see(viewer, owner):
        raise NotYours("A track record is seen only by its owner and the managers above.")


def told(owner: Person, cases: pd.DataFrame, until: date) -> Feedback:
    """A manager's review first; then the cases: the last closed month, then all of them."""
    month = add_months(until, -1)
    review, simulated = review_sentences(owner, month)
    if cases.empty:
        following = f"The first result comes after {until:%B %Y} has closed."
        own = [f"You changed nothing that has come in yet. {following}"]
        return Feedback(owner, month, review or own, [], simulated, bool(review))
    own = [*_sentences(cases, month), *reserved_for(owner), *_service(owner, month)]
    simulated |= bool(cases["simulated"].any())
    return Feedback(owner, month, [*review, *own], _largest(_of(cases, month)), simulated, bool(review))


def card(owner: Person) -> Feedback | None:
    """The sentences of the monthly card, for its owner only; None when nothing of theirs came in for the month.

    Only what people really entered: replayed cycles, and a demonstration's simulated deliveries, are not mailed.
    """
    until = closed_before()
    if owner.role not in SALES_ROLES or until is None:
        return None
    month, cases = add_months(until, -1), own_cases(owner, until)
    real = cases[~cases["simulated"].astype(bool)] if len(cases) else cases
    if real.empty or _of(real, month).empty:
        return None
    service = [] if company().is_demonstration else _service(owner, month)
    sentences = [*_sentences(real, month), *reserved_for(owner, simulated=False), *service]
    return Feedback(owner, month, sentences[:CARD_LINES], [], False)


def reserved_for(owner: Person, *, simulated: bool = True) -> list[str]:
    """What the newest supply plan commits to the owner's customers because of the input; nothing without input."""
    rows = Reserved.objects.filter(person=owner).order_by("-version__cycle__month").select_related("version__cycle")
    row = (rows if simulated else rows.filter(version__cycle__simulated=False)).first()
    if row is None:
        return []
    return [reserved_sentence(row.units, row.value, f"{row.version.cycle.month:%B %Y}", company().currency)]


def _of(cases: pd.DataFrame, month: date) -> pd.DataFrame:
    return cases[cases["month"] == month]


def _sentences(cases: pd.DataFrame, month: date) -> list[str]:
    """What the changes did in the month and up to now."""
    last, whole = _of(cases, month), effect_of(cases)
    sentences = [error_sentence(effect_of(last), f"{month:%B %Y}", company().currency)]
    if not last.empty:
        sentences.append(survival_sentence(effect_of(last).survived))
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


def effect_of(cases: pd.DataFrame) -> Effect:
    """What the changes of a frame of `own_cases` did; nothing for an empty one."""
    if cases.empty:
        return effect_of_changes([], [], [], [])
    columns = (cases[name].to_numpy(dtype=float) for name in ("before", "after", "final", "actual", "price"))
    return effect_of_changes(*columns)


def _largest(cases: pd.DataFrame, most: int = 5) -> list[dict[str, Any]]:
    """The changes with the largest effect on the error, good and bad alike."""
    if cases.empty:
        return []
    top = cases.reindex(cases["money"].abs().sort_values(ascending=False, kind="stable").index).head(most)
    return top.to_dict("records")
