"""Counting what was in the way: by department, in a row, and asked once."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cycles.barriers import Part, departments, in_a_row, missed_in_a_row
from cycles.models import Contribution, Cycle, How
from cycles.services import barrier_tell
from cycles.steps import Step
from jobs.errors import Invalid, Refused
from tests.cast import small_company
from tests.stages import REVIEW, cycle_in_entry

SEP, OCT, NOV = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)
AT = datetime(2026, 11, 10, 9, tzinfo=UTC)
RITA, ROB = 1, 2


def part(month: date, person: int, barrier: str = "", *, missed: bool = True, away: bool = False) -> Part:
    return Part(month, "Sales", person, missed, away, barrier)


@pytest.mark.parametrize(
    ("met", "expected"),
    [([], 0), ([False, True], 0), ([True], 1), ([True, True, False, True], 2), ([True, True], 2)],
)
def test_in_a_row_ends_with_the_first_cycle_that_was_fine(met: list[bool], expected: int) -> None:
    assert in_a_row(met) == expected


def test_a_department_with_its_barriers() -> None:
    parts = [
        part(NOV, RITA, "no_time"), part(NOV, ROB, missed=False),
        part(OCT, RITA, "no_time"), part(OCT, ROB, "data_wrong"),
        part(SEP, RITA, missed=False), part(SEP, ROB, "data_wrong"),
    ]  # fmt: skip
    [sales] = departments(parts)
    assert (sales.name, sales.expected, sales.missed, sales.away, sales.in_a_row) == ("Sales", 2, 1, 0, 3)
    told = {each.barrier: (each.people, each.in_a_row, each.last) for each in sales.barriers}
    assert told == {"no_time": ((RITA,), 2, NOV), "data_wrong": ((), 0, OCT)}


def test_who_was_away_is_expected_but_is_no_barrier() -> None:
    [sales] = departments([part(NOV, RITA, away=True), part(NOV, ROB)])
    assert (sales.expected, sales.missed, sales.away) == (2, 1, 1)
    assert [(each.barrier, each.people) for each in sales.barriers] == [("", (ROB,))]
    assert departments([part(NOV, RITA, away=True)]) == []


def test_departments_where_everybody_took_part_are_left_out() -> None:
    marketing = Part(NOV, "Marketing", 3, missed=False)
    assert departments([marketing]) == []
    assert [each.name for each in departments([marketing, part(NOV, ROB)])] == ["Sales"]
    assert departments([]) == []


def test_being_away_breaks_no_row_of_a_person() -> None:
    parts = [part(NOV, RITA), part(OCT, RITA, away=True), part(SEP, RITA), part(NOV, ROB, missed=False), part(OCT, ROB)]
    assert missed_in_a_row(parts) == {RITA: 2, ROB: 0}


# --- Asked once --------------------------------------------------------------------------


@pytest.fixture
def missed(db: None) -> Contribution:
    cast = small_company()
    cycle = cycle_in_entry()
    return Contribution.objects.create(cycle=cycle, step=Step.SALES_FORECAST.value, person=cast.rep.user, how=How.AUTO)


def tell(row: Contribution, barrier: str, cycle: Cycle | None = None) -> None:
    barrier_tell(cycle=cycle or row.cycle, step=Step.SALES_FORECAST, person=row.person, barrier=barrier, at=AT)


@pytest.mark.parametrize("barrier", ["no_time", ""])
def test_an_answer_or_a_skip_is_the_last_word(missed: Contribution, barrier: str) -> None:
    tell(missed, barrier)
    missed.refresh_from_db()
    assert (missed.barrier, missed.barrier_asked_at) == (barrier, AT)
    with pytest.raises(Refused, match="answered this for 2026-11 already"):
        tell(missed, "other")
    missed.refresh_from_db()
    assert missed.barrier == barrier


def test_nothing_else_counts_as_a_barrier(missed: Contribution) -> None:
    with pytest.raises(Invalid, match="No time, No use to me, Data wrong, Was away, Other"):
        tell(missed, "lazy")


@pytest.mark.parametrize("how", [How.ALL_FINE, How.CHANGED, ""])
def test_nothing_is_asked_of_who_took_part_or_still_can(missed: Contribution, how: str) -> None:
    missed.how, missed.answered_at = how, REVIEW - timedelta(days=1) if how else None
    missed.save()
    with pytest.raises(Refused, match="Nothing is asked about 2026-11"):
        tell(missed, "no_time")
