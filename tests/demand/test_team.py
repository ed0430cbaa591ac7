"""The manager's part: roll-up, accepting, adjusting in an own layer, nudging."""

from datetime import date, timedelta

import numpy as np
import pytest

from cycles.models import Contribution, Cycle
from cycles.periods import month_range
from cycles.services import cycle_advance
from demand.models import Change, LayerLine, Reason, Stage, TeamReview
from demand.selectors.owned import owned
from demand.selectors.team import team_changes, team_rollup
from demand.services.entries import CellEdit, cells_save
from demand.services.submissions import submission_send, submissions_expect
from demand.services.team import Scope, team_accept, team_adjust, team_adjust_undo, team_nudge
from jobs.errors import Invalid, NotYours, Refused
from tests.cast import Cast
from tests.stages import ENTRY, REVIEW, cycle_demand_signed

NOV, DEC, JAN = month_range(date(2026, 11, 1), 3)
pytestmark = pytest.mark.django_db


def adjust(cycle: Cycle, cast: Cast, entry: str, **more: object):
    scope = {"rep": cast.rep, "first": NOV, "last": JAN}
    scope |= {key: more.pop(key) for key in ("rep", "first", "last", "family", "line") if key in more}
    given = {"reason": Reason.PRICE_CHANGE, "comment": "list price up", "at": ENTRY, "manager": cast.manager} | more
    return team_adjust(cycle=cycle, scope=Scope(**scope), entry=entry, **given)


def near(cycle: Cycle, cast: Cast, stage: str = "team") -> float:
    return float(getattr(owned(cycle, [cast.rep.pk]), stage)[:, :3].sum())


# --- Roll-up -----------------------------------------------------------------------


def test_the_rows_add_up_to_the_total(cast: Cast, cycle: Cycle) -> None:
    team = team_rollup(cycle, cast.manager)
    assert {row.rep.username for row in team.rows} == {"rita", "rob"}
    for name in ("units_near", "units_far", "money_near", "money_far", "delta_baseline"):
        assert sum(getattr(row.totals, name) for row in team.rows) == pytest.approx(getattr(team.total, name))
    numbers = owned(cycle, [cast.rep.pk, cast.other_rep.pk])
    assert team.total.money_far == pytest.approx((numbers.team[:, :12] * numbers.price[:, None]).sum())
    assert team.total.delta_before is None


def test_a_row_names_the_change_that_moves_most_money(cast: Cast, cycle: Cycle) -> None:
    cheap, dear = cast.line("GAMMA", "NORTH").pk, cast.line("BETA", "NORTH").pk
    edits = [CellEdit(cheap, NOV, 300.0), CellEdit(dear, NOV, 100.0, reason=Reason.ORDER_CONFIRMED)]
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=edits, at=ENTRY)
    row = next(row for row in team_rollup(cycle, cast.manager).rows if row.rep == cast.rep)
    assert (row.changed, row.largest.line) == (2, dear)
    assert (row.largest.label, row.largest.reason) == ("North Stores, Beta", "Order or quote confirmed")


def test_the_status_follows_the_answer(cast: Cast, cycle: Cycle) -> None:
    submissions_expect(cycle=cycle)
    assert [row.status for row in team_rollup(cycle, cast.manager).rows] == ["Not yet", "Not yet"]
    submission_send(cycle=cycle, person=cast.rep, at=ENTRY)
    team = team_rollup(cycle, cast.manager)
    assert {row.rep.username: row.status for row in team.rows} == {"rita": "Submitted", "rob": "Not yet"}
    assert [row.rep for row in team.acceptable] == [cast.rep]
    cycle_advance(cycle=cycle, at=REVIEW)
    team = team_rollup(cycle, cast.manager)
    assert {row.rep.username: row.status for row in team.rows} == {
        "rita": "Submitted",
        "rob": "Accepted, not reviewed",
    }
    assert len(team.acceptable) == 2


def test_the_chief_sees_everybody_below(cast: Cast, cycle: Cycle) -> None:
    assert len(team_rollup(cycle, cast.ceo).rows) == 2
    assert team_rollup(cycle, cast.coo).rows == []


# --- Accepting ---------------------------------------------------------------------


def test_accepting_waits_for_the_answer_while_entry_is_open(cast: Cast, cycle: Cycle) -> None:
    with pytest.raises(Refused, match="Not submitted yet: Rita Rep"):
        team_accept(cycle=cycle, manager=cast.manager, reps=[cast.rep], at=ENTRY)
    cycle_advance(cycle=cycle, at=REVIEW)
    assert team_accept(cycle=cycle, manager=cast.manager, reps=[cast.rep, cast.other_rep], at=REVIEW) == 2


def test_a_change_after_accepting_shows_and_accepting_again_renews(cast: Cast, cycle: Cycle) -> None:
    submission_send(cycle=cycle, person=cast.rep, at=ENTRY)
    team_accept(cycle=cycle, manager=cast.manager, reps=[cast.rep], at=ENTRY)
    later = ENTRY + timedelta(hours=1)
    edit = CellEdit(cast.line("ALPHA", "NORTH").pk, NOV, 50.0)
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=[edit], at=later)
    row = next(row for row in team_rollup(cycle, cast.manager).rows if row.rep == cast.rep)
    assert row.changed_since
    assert not row.is_accepted
    team_accept(cycle=cycle, manager=cast.manager, reps=[cast.rep], at=later)
    assert TeamReview.objects.get().at == later


def test_only_the_own_manager_accepts(cast: Cast, cycle: Cycle) -> None:
    for who in (cast.rep, cast.demand_planner, cast.ceo):
        with pytest.raises(NotYours):
            team_accept(cycle=cycle, manager=who, reps=[cast.rep], at=ENTRY)
    cast.rep.reports_to = cast.ceo
    cast.rep.save()
    with pytest.raises(NotYours, match="not in your team"):
        team_accept(cycle=cycle, manager=cast.manager, reps=[cast.rep], at=ENTRY)


# --- Adjusting ---------------------------------------------------------------------


def test_a_new_total_is_spread_pro_rata_and_adds_up(cast: Cast, cycle: Cycle) -> None:
    numbers = owned(cycle, [cast.rep.pk])
    before = near(cycle, cast)
    done = adjust(cycle, cast, "+10%")
    after = owned(cycle, [cast.rep.pk])
    assert done.before == pytest.approx(before)
    assert done.lines == len(numbers.frame)
    assert after.team[:, :3].sum() == pytest.approx(done.after, abs=1e-9)
    changed = numbers.team[:, :3] > 0
    ratio = after.team[:, :3][changed] / numbers.team[:, :3][changed]
    np.testing.assert_allclose(ratio, done.after / before, rtol=1e-9)
    np.testing.assert_array_equal(after.sales, numbers.sales)
    np.testing.assert_array_equal(after.team[:, 3:], numbers.team[:, 3:])


def test_only_the_family_or_the_line_asked_for_moves(cast: Cast, cycle: Cycle) -> None:
    before = owned(cycle, [cast.rep.pk])
    adjust(cycle, cast, "+100", family="PARTS")
    after = owned(cycle, [cast.rep.pk])
    is_part = (after.frame["family"] == "PARTS").to_numpy()
    np.testing.assert_array_equal(after.team[~is_part], before.team[~is_part])
    assert (after.team - before.team)[is_part, :3].sum() == pytest.approx(100)
    line = cast.line("ALPHA", "NORTH").pk
    adjust(cycle, cast, "0", line=line, first=NOV, last=NOV)
    row = list(after.lines).index(line)
    assert owned(cycle, [cast.rep.pk]).team[row, 0] == 0


def test_the_record_names_the_manager_the_reason_and_the_words(cast: Cast, cycle: Cycle) -> None:
    adjust(cycle, cast, "+10%", family="BIKES")
    changes = Change.objects.filter(stage=Stage.TEAM)
    assert {(change.by, change.reason, change.comment) for change in changes} == {
        (cast.manager, Reason.PRICE_CHANGE, "list price up")
    }
    [shown] = team_changes(cycle, cast.manager)
    assert (shown.rep, shown.first, shown.last, shown.reason) == ("Rita Rep", NOV, JAN, "Price change")
    assert shown.units == pytest.approx(sum(change.after - change.before for change in changes))


def test_a_total_that_moved_meanwhile_is_not_overwritten(cast: Cast, cycle: Cycle) -> None:
    seen = near(cycle, cast)
    edit = CellEdit(cast.line("ALPHA", "NORTH").pk, NOV, 500.0)
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=[edit], at=ENTRY)
    with pytest.raises(Refused, match="has changed since you looked"):
        adjust(cycle, cast, "+10%", seen=seen)
    assert not LayerLine.objects.filter(stage=Stage.TEAM).exists()


def test_taking_back_lets_the_reps_number_stand_again(cast: Cast, cycle: Cycle) -> None:
    before = near(cycle, cast)
    adjust(cycle, cast, "+10%")
    assert team_adjust_undo(cycle=cycle, manager=cast.manager, rep=cast.rep, at=ENTRY) > 0
    assert near(cycle, cast) == pytest.approx(before)
    assert team_adjust_undo(cycle=cycle, manager=cast.manager, rep=cast.rep, at=ENTRY) == 0


@pytest.mark.parametrize(
    ("entry", "more", "says"),
    [
        ("12x", {}, "is not a number"),
        ("+10%", {"reason": ""}, "Say why"),
        ("+10%", {"reason": "because"}, "Say why"),
        ("+10%", {"reason": Reason.OTHER, "comment": " "}, "needs a few words"),
        ("+10%", {"family": "BOATS"}, "has no line there"),
        ("+10%", {"line": 999_999}, "has no line there"),
        ("+10%", {"first": JAN, "last": NOV}, "Choose months from 2026-11"),
        ("+10%", {"last": date(2028, 11, 1)}, "to 2028-10"),
    ],
)
def test_what_cannot_be_is_told(cast: Cast, cycle: Cycle, entry: str, more: dict, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        adjust(cycle, cast, entry, **more)


def test_after_signing_nothing_is_adjusted(cast: Cast, cycle: Cycle) -> None:
    cycle_demand_signed(cast, cycle)
    with pytest.raises(Refused, match="is signed"):
        adjust(cycle, cast, "+10%")


# --- Nudging -----------------------------------------------------------------------


def test_a_nudge_goes_once_and_not_to_those_who_answered(cast: Cast, cycle: Cycle) -> None:
    submissions_expect(cycle=cycle)
    team_nudge(cycle=cycle, manager=cast.manager, rep=cast.rep, at=ENTRY)
    assert Contribution.objects.get(person=cast.rep.user).nudged_at == ENTRY
    with pytest.raises(Refused, match="nudged already"):
        team_nudge(cycle=cycle, manager=cast.manager, rep=cast.rep, at=ENTRY)
    submission_send(cycle=cycle, person=cast.other_rep, at=ENTRY)
    with pytest.raises(Refused, match="answered already"):
        team_nudge(cycle=cycle, manager=cast.manager, rep=cast.other_rep, at=ENTRY)


def test_nobody_is_nudged_when_entry_is_closed_or_from_another_team(cast: Cast, cycle: Cycle) -> None:
    submissions_expect(cycle=cycle)
    with pytest.raises(NotYours):
        team_nudge(cycle=cycle, manager=cast.marketing, rep=cast.rep, at=ENTRY)
    cycle_advance(cycle=cycle, at=REVIEW)
    with pytest.raises(Refused, match="ask for nothing"):
        team_nudge(cycle=cycle, manager=cast.manager, rep=cast.rep, at=REVIEW)
