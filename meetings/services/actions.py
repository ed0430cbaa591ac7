"""Actions, risks and opportunities: raised in a meeting or outside it, carried until somebody closes them."""

import math
from datetime import date, datetime

from django.db import transaction

from cycles.models import Cycle
from jobs.errors import Invalid, NotYours, Refused
from masterdata.models import Family, Person
from masterdata.selectors.absences import company_day
from meetings.models import Action, ActionComment, Meeting, RiskOpportunity, RiskReview
from meetings.policy import check_closes, check_takes_part
from meetings.selectors.rights import leads
from meetings.services.codes import next_code

LARGEST_VALUE = 1e12


@transaction.atomic
def action_add(
    *,
    cycle: Cycle,
    text: str,
    owner: Person,
    due_on: date,
    by: Person,
    on: date,
    at: datetime,
    meeting: Meeting | None = None,
    source: Action.Source = Action.Source.BY_HAND,
) -> Action:
    """Promise something: what, who, until when; `source` says what it comes from besides the meeting."""
    check_takes_part(by, "Adding an action")
    if not text.strip():
        raise Invalid("Write what is to be done.")
    if due_on < on:
        raise Invalid("An action is due today or later.")
    return Action.objects.create(
        code=next_code(Action),
        cycle=cycle,
        meeting=meeting,
        text=text.strip(),
        owner=owner,
        due_on=due_on,
        source=source,
        raised_by=by,
        raised_at=at,
    )


@transaction.atomic
def action_close(*, action: Action, by: Person, at: datetime, outcome: str, dropped: bool = False) -> Action:
    """Close an action with what came of it; `dropped` says that it is not needed any more."""
    action = Action.objects.select_for_update().select_related("owner__user").get(pk=action.pk)
    check_closes(by, action)
    if action.state != Action.State.OPEN:
        raise Refused("closed", f"{action.code} is closed already.")
    if not outcome.strip():
        raise Invalid("Say in a few words what came of it.")
    action.state = Action.State.DROPPED if dropped else Action.State.DONE
    action.outcome, action.closed_at = outcome.strip(), at
    action.save(update_fields=["state", "outcome", "closed_at"])
    return action


@transaction.atomic
def action_comment(*, action: Action, by: Person, at: datetime, text: str) -> ActionComment:
    """Say how it stands, for everybody to read; a closed action has its outcome instead."""
    check_takes_part(by, "Saying something about an action")
    if not text.strip():
        raise Invalid("Write what there is to say.")
    action = Action.objects.select_for_update().get(pk=action.pk)
    if action.state != Action.State.OPEN:
        raise Refused("closed", f"{action.code} is closed: {action.outcome}")
    return ActionComment.objects.create(action=action, by=by, at=at, text=text.strip())


@transaction.atomic
def risk_add(
    *,
    cycle: Cycle,
    kind: RiskOpportunity.Kind,
    text: str,
    value: float,
    probability: float,
    month: date,
    owner: Person,
    by: Person,
    at: datetime,
    family: Family | None = None,
    units: float | None = None,
    check_on: date | None = None,
) -> RiskOpportunity:
    """Put something that may come on the register: value in company currency, probability from 0 to 1.

    It is checked on `check_on`, when nothing is said on the first day of its month.
    """
    check_takes_part(by, "Adding a risk or an opportunity")
    if not text.strip():
        raise Invalid("Write what may happen.")
    _check_weight(value, probability)
    if units is not None and not (math.isfinite(units) and 0 <= units < LARGEST_VALUE):
        raise Invalid("The units are a quantity, zero or more.")
    risk = RiskOpportunity.objects.create(
        cycle=cycle,
        kind=kind,
        text=text.strip(),
        units=units,
        value=value,
        probability=probability,
        month=month,
        owner=owner,
        family=family,
        check_on=check_on or month,
        at=at,
    )
    _review_keep(risk, cycle, by, at)
    return risk


def _review_keep(risk: RiskOpportunity, cycle: Cycle, by: Person, at: datetime) -> None:
    """What it weighs from now on, beside what it weighed before."""
    RiskReview.objects.create(
        risk=risk,
        cycle=cycle,
        state=risk.state,
        value=risk.value,
        probability=risk.probability,
        check_on=risk.check_on,
        by=by,
        at=at,
    )


def _check_weight(value: float, probability: float) -> None:
    if not (math.isfinite(value) and 0 <= value < LARGEST_VALUE):
        raise Invalid("The value is an amount of money, zero or more.")
    if not (math.isfinite(probability) and 0 <= probability <= 1):
        raise Invalid("The probability lies between 0 and 100 %.")


@transaction.atomic
def risk_review(
    *,
    risk: RiskOpportunity,
    cycle: Cycle,
    by: Person,
    value: float,
    probability: float,
    check_on: date,
    at: datetime,
) -> RiskOpportunity:
    """Look at it again in a later cycle: what it weighs now, and when it is checked next."""
    risk = _risk_open(risk, by)
    _check_weight(value, probability)
    if check_on <= company_day(at):
        raise Invalid("Give a day to come on which it is checked again.")
    risk.value, risk.probability, risk.check_on, risk.reviewed_in = value, probability, check_on, cycle
    risk.save(update_fields=["value", "probability", "check_on", "reviewed_in"])
    _review_keep(risk, cycle, by, at)
    return risk


@transaction.atomic
def risk_settle(
    *, risk: RiskOpportunity, cycle: Cycle, by: Person, state: RiskOpportunity.State, at: datetime
) -> RiskOpportunity:
    """Say what became of a risk or opportunity."""
    risk = _risk_open(risk, by)
    if state == RiskOpportunity.State.OPEN:
        raise Invalid("Say whether it came true or did not.")
    risk.state = state
    risk.save(update_fields=["state"])
    _review_keep(risk, cycle, by, at)
    return risk


def _risk_open(risk: RiskOpportunity, by: Person) -> RiskOpportunity:
    """The row, locked, while it is open; Refused once it is settled."""
    risk = RiskOpportunity.objects.select_for_update(of=("self",)).select_related("owner__user").get(pk=risk.pk)
    if not (leads(by) or by.pk == risk.owner_id):
        raise NotYours(f"This is settled by {risk.owner.name} or the S&OP leader.")
    if risk.state != RiskOpportunity.State.OPEN:
        raise Refused("settled", f"It is settled already: {risk.get_state_display().lower()}.")
    return risk
