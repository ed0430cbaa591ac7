"""Handing customers over inside a running cycle: lines move at once, numbers and names stay."""

from datetime import date, timedelta

import pytest

from cycles.models import Contribution, Cycle, How
from cycles.services import cycle_advance
from demand.models import Change, CycleLine, Stage
from demand.selectors.lines import cycle_lines
from demand.selectors.owned import owned
from demand.selectors.sheet import sheet
from demand.selectors.versions import stage_plan
from demand.services.entries import CellEdit, cells_save
from demand.services.hand_over import HandedOver, customers_hand_over_now
from demand.services.submissions import submission_send, submissions_expect
from jobs.errors import NotYours, Refused
from masterdata.models import Customer, Person, RowChange
from tests.cast import Cast
from tests.stages import ENTRY, REVIEW

NOV = date(2026, 11, 1)
TODAY = ENTRY.date()
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def expected(cycle: Cycle) -> None:
    submissions_expect(cycle=cycle)


def hand_over(cast: Cast, *codes: str, to: Person | None = None, by: Person | None = None, at=ENTRY) -> HandedOver:
    ids = [cast.customers[code].pk for code in codes]
    return customers_hand_over_now(
        customers=ids, to=to or cast.other_rep, on=TODAY, today=TODAY, by=by or cast.leader, at=at
    )


def write(cycle: Cycle, cast: Cast, by: Person, value: float) -> None:
    edits = [CellEdit(cast.line("ALPHA", "NORTH").pk, NOV, value)]
    cells_save(cycle=cycle, stage=Stage.SALES, person=by, edits=edits, at=ENTRY)


def stakes(cycle: Cycle) -> dict[str, float]:
    return dict(Contribution.objects.filter(cycle=cycle).values_list("person__username", "value"))


def test_the_lines_move_at_once_and_the_others_stay(cast: Cast, cycle: Cycle) -> None:
    before = cycle_lines(cycle)  # kept by the process
    assert set(before[before["customer"] == "NORTH"]["rep"]) == {"rita"}
    assert hand_over(cast, "NORTH") == HandedOver(1, 4)
    after = cycle_lines(cycle)
    assert set(after[after["customer"] == "NORTH"]["rep"]) == {"rob"}
    assert set(after[after["customer"] == "SOUTH"]["rep"]) == {"rita"}
    assert Customer.objects.get(code="NORTH").owner == cast.other_rep


def test_the_move_is_seen_even_without_a_record(cast: Cast, cycle: Cycle) -> None:
    assert len(owned(cycle, [cast.rep.pk]).frame) == 8
    CycleLine.objects.filter(cycle=cycle, line__customer__code="NORTH").update(owner=cast.other_rep)
    assert len(owned(cycle, [cast.rep.pk]).frame) == 4


def test_it_is_recorded_per_customer_with_who_and_what_was(cast: Cast, cycle: Cycle) -> None:
    hand_over(cast, "NORTH", "SOUTH")
    rows = RowChange.objects.filter(table="demand_cycleline").order_by("key")
    assert [(row.key, row.before, row.after, row.by) for row in rows] == [
        (
            f"2026-11 {code}",
            {"owner_id": cast.rep.pk, "lines": None},
            {"owner_id": cast.other_rep.pk, "lines": 4},
            cast.leader,
        )
        for code in ("NORTH", "SOUTH")
    ]


def test_numbers_stay_with_the_name_of_who_entered_them(cast: Cast, cycle: Cycle) -> None:
    write(cycle, cast, cast.rep, 77.0)
    hand_over(cast, "NORTH")
    line = cast.line("ALPHA", "NORTH").pk
    assert stage_plan(cycle, Stage.SALES).for_lines([line]).quantity[0, 0] == 77.0
    assert Change.objects.get().by == cast.rep
    entered = sheet(cycle, cast.other_rep, cast.other_rep).entered_for
    assert [(each.name, each.lines) for each in entered] == [("Rita Rep", 1)]
    with pytest.raises(NotYours, match="belongs to Rob Rep"):
        write(cycle, cast, cast.rep, 78.0)
    write(cycle, cast, cast.other_rep, 79.0)
    assert [change.by for change in Change.objects.order_by("id")] == [cast.rep, cast.other_rep]


def test_what_is_at_stake_moves_with_the_lines(cast: Cast, cycle: Cycle) -> None:
    before = stakes(cycle)
    hand_over(cast, "NORTH")
    after = stakes(cycle)
    assert after["rob"] > before["rob"]
    assert after["rita"] < before["rita"]
    assert sum(after.values()) == pytest.approx(sum(before.values()))


def test_the_new_owner_is_expected_and_who_has_nothing_left_is_not(cast: Cast, cycle: Cycle) -> None:
    hand_over(cast, "NORTH", "SOUTH", to=cast.manager)
    assert set(stakes(cycle)) == {"mona", "rob"}
    assert submission_send(cycle=cycle, person=cast.manager, at=ENTRY).lines == 8


def test_an_answer_given_before_stays_on_record(cast: Cast, cycle: Cycle) -> None:
    submission_send(cycle=cycle, person=cast.rep, at=ENTRY)
    hand_over(cast, "NORTH", "SOUTH", at=ENTRY + timedelta(hours=1))
    row = Contribution.objects.get(person=cast.rep.user)
    assert (row.how, row.answered_at, row.value) == (How.ALL_FINE, ENTRY, 0)


def test_it_is_refused_when_entry_is_closed_and_nothing_moves(cast: Cast, cycle: Cycle) -> None:
    cycle_advance(cycle=cycle, at=REVIEW)
    with pytest.raises(Refused, match="Hand over for the next cycle instead"):
        hand_over(cast, "NORTH", at=REVIEW)
    assert Customer.objects.get(code="NORTH").owner == cast.rep
    assert set(cycle_lines(cycle)["rep"]) == {"rita", "rob"}


def test_only_who_sets_people_up_and_nothing_moves_otherwise(cast: Cast, cycle: Cycle) -> None:
    for who in ("manager", "rep", "demand_planner", "ceo"):
        with pytest.raises(NotYours):
            hand_over(cast, "NORTH", by=getattr(cast, who))
    assert not RowChange.objects.filter(table="demand_cycleline").exists()
    assert CycleLine.objects.filter(cycle=cycle, owner=cast.rep).count() == 8
