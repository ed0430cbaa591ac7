"""A rep's answer to the cycle: who is expected, sending, taking back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import connection, transaction

from cycles.models import Contribution, Cycle, How
from cycles.periods import add_months
from cycles.selectors import step_of
from cycles.services import contribution_answer, contribution_withdraw, contributions_expect
from cycles.steps import Step
from demand.models import Reason, Stage
from demand.policy import check_answers_for, check_role, check_sales_open
from demand.selectors.lines import line_labels
from demand.selectors.owned import Owned, owned, reasons_missing
from demand.services.entries import CellEdit, cells_save
from jobs.errors import Invalid, Refused
from masterdata.models import Person
from masterdata.roles import SALES_ROLES, Role

AT_STAKE_MONTHS = 3
LONGEST_ACTIVE = 8 * 3600.0
# every owner in Sales of a living line, with the baseline's revenue of the next months
EXPECTED = """
SELECT p.user_id, coalesce(sum(cl.price * (SELECT sum(q) FROM unnest(f.quantity[1:%s]) q)), 0)
FROM demand_cycleline cl
JOIN masterdata_person p ON p.id = cl.owner_id AND p.role = ANY(%s)
JOIN auth_user u ON u.id = p.user_id AND u.is_active
JOIN demand_line l ON l.id = cl.line_id
JOIN masterdata_product product ON product.id = l.product_id
LEFT JOIN demand_forecastversion v ON v.cycle_id = cl.cycle_id AND v.stage = 'baseline' AND v.state = 'current'
LEFT JOIN demand_forecastline f ON f.version_id = v.id AND f.line_id = cl.line_id
WHERE cl.cycle_id = %s
  AND (product.phase_out_month IS NULL OR product.phase_out_month >= %s)
  AND (product.launch_month IS NULL OR product.launch_month < %s)
GROUP BY p.user_id
"""


@dataclass(frozen=True)
class ReasonGiven:
    """Why a line was changed, in one of the nine reasons and, where wanted, in words."""

    reason: str
    note: str = ""


@dataclass(frozen=True)
class Submission:
    """What was sent: all lines, how many of them changed, when, and until when it may be changed."""

    lines: int
    changed: int
    at: datetime
    closes_at: datetime


@transaction.atomic
def submissions_expect(*, cycle: Cycle) -> int:
    """Expect an answer from every owner of living lines in Sales; returns how many. Known answers stay."""
    roles = [Role(role).value for role in SALES_ROLES]
    after = add_months(cycle.month, cycle.horizon)
    with connection.cursor() as cursor:
        cursor.execute(EXPECTED, [AT_STAKE_MONTHS, roles, cycle.pk, cycle.month, after])
        expected = {user: float(value) for user, value in cursor.fetchall()}
    contributions_expect(cycle=cycle, step=Step.SALES_FORECAST, expected=expected)
    return len(expected)


@transaction.atomic
def submission_send(
    *,
    cycle: Cycle,
    person: Person,
    at: datetime,
    active_seconds: float | None = None,
    reasons: Mapping[int, ReasonGiven] | None = None,
    by: Person | None = None,
) -> Submission:
    """Send all of a person's lines as they stand; what was not changed goes in at the baseline.

    `by` sends for a person who is away and has named them; it is recorded.
    Refused when entry is closed, and when large changes have no reason: `lines` then names all of them at once.
    """
    by = by or person
    check_role(person, *SALES_ROLES, what="Sending a forecast")
    check_answers_for(by, person, at)
    check_sales_open(cycle, [])
    numbers = _numbers(cycle, person, by)
    if reasons:
        _reasons_save(cycle, by, numbers, reasons, at)
        numbers = _numbers(cycle, person, by)
    _check_reasons(numbers)
    changed = int(numbers.changed.any(axis=1).sum())
    contribution_answer(
        cycle=cycle,
        step=Step.SALES_FORECAST,
        person=person.user,
        how=How.CHANGED if changed else How.ALL_FINE,
        at=at,
        active_seconds=_plausible(active_seconds),
        by=by.user,
    )
    return Submission(len(numbers.frame), changed, at, step_of(cycle, Step.SALES_FORECAST).due_at)


def _numbers(cycle: Cycle, person: Person, by: Person) -> Owned:
    numbers = owned(cycle, [person.pk])
    if not len(numbers.frame):
        whose = "you" if by.pk == person.pk else person.name
        raise Refused("no_lines", f"No customers are linked to {whose}, so there is nothing to send.")
    return numbers


def _check_reasons(numbers: Owned) -> None:
    missing = reasons_missing(numbers)
    if missing:
        count = len(missing)
        raise Refused(
            "reasons_missing",
            f"{count} large change{'s have' if count > 1 else ' has'} no reason yet. "
            "Say why in one click each; everything else is ready.",
            status=422,
            lines=missing,
        )


def _reasons_save(
    cycle: Cycle, person: Person, numbers: Owned, reasons: Mapping[int, ReasonGiven], at: datetime
) -> None:
    """Each reason is written on the changed cells of its line, so that it stands beside every change."""
    edits, labels = [], line_labels(numbers.frame)
    position = {int(line): row for row, line in enumerate(numbers.lines)}
    for line, given in reasons.items():
        if line not in position:
            raise Invalid("A reason was given for a line that is not yours.")
        if given.reason not in Reason.values:
            raise Invalid(f"Choose a reason for {labels[line]}.")
        if given.reason == Reason.OTHER and not given.note.strip():
            raise Invalid(f"{labels[line]}: “Other” needs a few words.")
        row = position[line]
        edits += [
            CellEdit(
                line,
                add_months(cycle.month, int(month)),
                float(numbers.sales[row, month]),
                reason=given.reason,
                comment=given.note.strip(),
            )
            for month in np.flatnonzero(numbers.changed[row])
        ]
    if edits:
        cells_save(cycle=cycle, stage=Stage.SALES, person=person, edits=edits, at=at)


def _plausible(seconds: float | None) -> float | None:
    """The browser's count of active seconds, kept out when it cannot be one."""
    return seconds if seconds is not None and 0 <= seconds <= LONGEST_ACTIVE else None


@transaction.atomic
def submission_withdraw(*, cycle: Cycle, person: Person, at: datetime, by: Person | None = None) -> None:
    """Take one's answer back while entry is open; the numbers stay saved. `by` takes it back for who is away."""
    check_answers_for(by or person, person, at)
    answered = Contribution.objects.filter(
        cycle=cycle, step=Step.SALES_FORECAST.value, person=person.user, answered_at__isnull=False
    )
    if not answered.exists():
        raise Refused("not_sent", "You have not submitted yet, so there is nothing to take back.")
    contribution_withdraw(cycle=cycle, step=Step.SALES_FORECAST, person=person.user)
