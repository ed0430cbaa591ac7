"""Who is expected to answer, sending a forecast, reasons, and taking it back."""

from datetime import date, timedelta

import pytest

from cycles.models import Contribution, Cycle, How
from cycles.selectors import contributions
from cycles.services import cycle_advance
from demand.models import Change, Reason, Stage
from demand.selectors.month import month_of_person
from demand.selectors.owned import owned, reasons_missing
from demand.services.entries import CellEdit, cells_save
from demand.services.submissions import ReasonGiven, submission_send, submission_withdraw, submissions_expect
from jobs.errors import Invalid, NotYours, Refused
from tests.cast import Cast
from tests.stages import ENTRY, ENTRY_CLOSES, REVIEW

OCT = date(2026, 10, 1)
NOV, DEC = date(2026, 11, 1), date(2026, 12, 1)
pytestmark = pytest.mark.django_db


def change(cycle: Cycle, cast: Cast, value: float, reason: str = "", month: date = NOV) -> int:
    line = cast.line("ALPHA", "NORTH").pk
    edit = CellEdit(line, month, value, reason=reason)
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=[edit], at=ENTRY)
    return line


def test_every_owner_of_living_lines_is_expected_with_the_value_at_stake(cast: Cast, cycle: Cycle) -> None:
    assert submissions_expect(cycle=cycle) == 2
    expected = {row.person.username: row.value for row in contributions(cycle)}
    for person in (cast.rep, cast.other_rep):
        numbers = owned(cycle, [person.pk])
        value = (numbers.baseline[:, :3] * numbers.price[:, None]).sum()
        assert expected[person.username] == pytest.approx(value)
    assert expected["rita"] > expected["rob"] > 0


def test_expecting_again_keeps_an_answer(cast: Cast, cycle: Cycle) -> None:
    submissions_expect(cycle=cycle)
    submission_send(cycle=cycle, person=cast.rep, at=ENTRY)
    submissions_expect(cycle=cycle)
    assert Contribution.objects.get(person=cast.rep.user).answered_at == ENTRY


def test_an_owner_without_a_living_line_is_not_expected(cast: Cast, cycle: Cycle) -> None:
    for product in cast.products.values():
        product.phase_out_month = OCT
        product.save()
    assert submissions_expect(cycle=cycle) == 0


def test_nothing_to_change_is_one_call(cast: Cast, cycle: Cycle) -> None:
    sent = submission_send(cycle=cycle, person=cast.rep, at=ENTRY, active_seconds=12.5)
    assert (sent.lines, sent.changed, sent.at, sent.closes_at) == (8, 0, ENTRY, ENTRY_CLOSES)
    answer = Contribution.objects.get(person=cast.rep.user)
    assert (answer.how, answer.answered_at, answer.active_seconds) == (How.ALL_FINE, ENTRY, 12.5)


def test_a_changed_line_counts_as_changed(cast: Cast, cycle: Cycle) -> None:
    change(cycle, cast, 500.0, Reason.CUSTOMER_TOLD)
    assert submission_send(cycle=cycle, person=cast.rep, at=ENTRY).changed == 1
    assert Contribution.objects.get(person=cast.rep.user).how == How.CHANGED


@pytest.mark.parametrize("seconds", [-1.0, 9 * 3600.0])
def test_seconds_that_cannot_be_are_left_out(cast: Cast, cycle: Cycle, seconds: float) -> None:
    submission_send(cycle=cycle, person=cast.rep, at=ENTRY, active_seconds=seconds)
    assert Contribution.objects.get(person=cast.rep.user).active_seconds is None


def test_all_missing_reasons_are_asked_at_once_and_nothing_is_sent(cast: Cast, cycle: Cycle) -> None:
    line = change(cycle, cast, 500.0)
    other = cast.line("BETA", "NORTH").pk
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=[CellEdit(other, DEC, 900.0)], at=ENTRY)
    with pytest.raises(Refused, match="2 large changes have no reason") as refused:
        submission_send(cycle=cycle, person=cast.rep, at=ENTRY)
    assert (refused.value.code, refused.value.status) == ("reasons_missing", 422)
    assert refused.value.extra["lines"] == sorted([line, other])
    assert not Contribution.objects.filter(answered_at__isnull=False).exists()


def test_reasons_given_with_the_submission_stand_beside_every_changed_cell(cast: Cast, cycle: Cycle) -> None:
    line = change(cycle, cast, 500.0)
    change(cycle, cast, 400.0, month=DEC)
    reasons = {line: ReasonGiven(Reason.LOST_BUSINESS, "went to a rival")}
    submission_send(cycle=cycle, person=cast.rep, at=ENTRY, reasons=reasons)
    given = Change.objects.filter(reason=Reason.LOST_BUSINESS, comment="went to a rival")
    assert sorted(given.values_list("month", "after")) == [(NOV, 500.0), (DEC, 400.0)]
    assert month_of_person(cycle, cast.rep).missing == 0


def test_other_needs_words(cast: Cast, cycle: Cycle) -> None:
    line = change(cycle, cast, 500.0)
    with pytest.raises(Invalid, match="needs a few words"):
        submission_send(cycle=cycle, person=cast.rep, at=ENTRY, reasons={line: ReasonGiven(Reason.OTHER, "  ")})
    change(cycle, cast, 501.0, Reason.OTHER)
    assert reasons_missing(owned(cycle, [cast.rep.pk])) == [line]


def test_a_reason_for_a_foreign_line_or_an_unknown_reason_is_refused(cast: Cast, cycle: Cycle) -> None:
    foreign = cast.line("ALPHA", "EAST").pk
    with pytest.raises(Invalid, match="not yours"):
        submission_send(cycle=cycle, person=cast.rep, at=ENTRY, reasons={foreign: ReasonGiven("customer_told")})
    line = change(cycle, cast, 500.0)
    with pytest.raises(Invalid, match="Choose a reason for North Stores, Alpha"):
        submission_send(cycle=cycle, person=cast.rep, at=ENTRY, reasons={line: ReasonGiven("because")})


def test_a_small_change_needs_no_reason(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("GAMMA", "NORTH")
    numbers = owned(cycle, [cast.rep.pk])
    base = numbers.baseline[list(numbers.lines).index(line.pk), 0]
    edit = CellEdit(line.pk, NOV, base * 1.05)
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=[edit], at=ENTRY)
    assert submission_send(cycle=cycle, person=cast.rep, at=ENTRY).changed == 1


def test_taking_back_keeps_the_numbers(cast: Cast, cycle: Cycle) -> None:
    change(cycle, cast, 500.0, Reason.CUSTOMER_TOLD)
    submission_send(cycle=cycle, person=cast.rep, at=ENTRY)
    submission_withdraw(cycle=cycle, person=cast.rep, at=ENTRY)
    month = month_of_person(cycle, cast.rep)
    assert (month.submitted_at, month.changed) == (None, 1)
    with pytest.raises(Refused, match="nothing to take back"):
        submission_withdraw(cycle=cycle, person=cast.rep, at=ENTRY)


def test_after_the_deadline_nothing_is_sent_or_taken_back(cast: Cast, cycle: Cycle) -> None:
    submission_send(cycle=cycle, person=cast.rep, at=ENTRY)
    cycle_advance(cycle=cycle, at=REVIEW)
    with pytest.raises(Refused, match="is closed"):
        submission_send(cycle=cycle, person=cast.other_rep, at=REVIEW)
    with pytest.raises(Refused, match="not open any more"):
        submission_withdraw(cycle=cycle, person=cast.rep, at=ENTRY)


def test_the_unanswered_are_accepted_not_reviewed(cast: Cast, cycle: Cycle) -> None:
    submissions_expect(cycle=cycle)
    cycle_advance(cycle=cycle, at=ENTRY_CLOSES + timedelta(minutes=1))
    assert month_of_person(cycle, cast.rep).answer.how == How.AUTO


@pytest.mark.parametrize("who", ["demand_planner", "ceo", "admin", "marketing"])
def test_only_sales_sends(cast: Cast, cycle: Cycle, who: str) -> None:
    with pytest.raises(NotYours):
        submission_send(cycle=cycle, person=getattr(cast, who), at=ENTRY)


def test_somebody_without_customers_has_nothing_to_send(cast: Cast, cycle: Cycle) -> None:
    with pytest.raises(Refused, match="No customers are linked to you"):
        submission_send(cycle=cycle, person=cast.manager, at=ENTRY)
