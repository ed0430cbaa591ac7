"""Looking back at decisions: when a month they touch has closed, what came is kept beside what was promised."""

from datetime import datetime

from django.db import transaction

from masterdata.selectors import company
from meetings.models import Decision, DecisionOutcome
from meetings.selectors.outcomes import Touched, outcome_of, outcomes_due


def outcomes_take(*, at: datetime) -> int:
    """Look at every decision whose months have closed further; returns how many. Safe to repeat."""
    closed = company().last_closed_month
    found = outcomes_due(closed) if closed else []
    for decision, what in found:
        outcome_take(decision=decision, what=what, at=at)
    return len(found)


@transaction.atomic
def outcome_take(*, decision: Decision, what: Touched, at: datetime) -> DecisionOutcome:
    """Keep what came up to the last closed month; an earlier look is replaced."""
    closed = company().last_closed_month
    if closed is None:
        raise LookupError("No month has closed.")
    found = outcome_of(decision, what, closed)
    facts = {
        "through": found.through,
        "months": found.months,
        "of_months": found.of_months,
        "promised": found.promised,
        "came": found.came,
        "at": at,
    }
    return DecisionOutcome.objects.update_or_create(decision=decision, defaults=facts)[0]
