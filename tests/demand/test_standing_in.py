"""The substitute writes the number of who is away, under their own name, and nobody else gains anything."""

import json
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from cycles.models import Contribution, Cycle, How
from cycles.services import cycle_advance
from demand.models import Change, LayerLine, Stage
from demand.selectors.sheet import sheet
from demand.selectors.sheet_lines import Layer
from demand.selectors.standing_in import entering_for, stood_in
from demand.selectors.team import team_rollup
from demand.services.comments import question_ask
from demand.services.entries import CellEdit, cells_save
from demand.services.submissions import ReasonGiven, submission_send, submission_withdraw, submissions_expect
from demand.services.team import team_accept, team_nudge
from jobs.errors import NotYours, Refused
from jobs.models import MovedClock
from masterdata.models import Absence, Person
from tests.cast import Cast
from tests.stages import ENTRY, REVIEW

NOV = date(2026, 11, 1)
TODAY = ENTRY.date()
AFTER = ENTRY + timedelta(days=3)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_entry(cycle: Cycle) -> None:
    at_time(ENTRY)
    submissions_expect(cycle=cycle)


def at_time(at: datetime) -> None:
    MovedClock.objects.all().delete()
    MovedClock.objects.create(at=at)


def leave(person: Person, substitute: Person | None, days: int = 2) -> Absence:
    return Absence.objects.create(
        person=person,
        first_day=TODAY,
        last_day=TODAY + timedelta(days=days),
        substitute=substitute,
        entered_by=person,
        entered_at=ENTRY,
    )


def write(cycle: Cycle, cast: Cast, by: Person, value: float = 60.0, at: datetime = ENTRY, **more: str) -> int:
    line = cast.line("ALPHA", "NORTH").pk
    edits = [CellEdit(line, NOV, value, **more)]
    cells_save(cycle=cycle, stage=Stage.SALES, person=by, edits=edits, at=at)
    return line


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def page(person: Person, path: str, status: int = 200) -> str:
    answer = signed_in(person).get(path)
    assert answer.status_code == status, answer.content[:2000]
    return answer.content.decode()


def answer_of(person: Person) -> Contribution:
    return Contribution.objects.get(person=person.user)


# --- Writing -------------------------------------------------------------------------


def test_the_substitute_writes_the_owners_number_under_their_own_name(cast: Cast, cycle: Cycle) -> None:
    leave(cast.rep, cast.other_rep)
    line = write(cycle, cast, cast.other_rep, 75.0)
    layer = LayerLine.objects.get(cycle=cycle, line=line)
    assert (layer.stage, layer.quantity[0], layer.changed_by) == (Stage.SALES, 75.0, cast.other_rep)
    assert Change.objects.get().by == cast.other_rep
    assert [(each.name, each.lines) for each in sheet(cycle, cast.rep, cast.rep).entered_for] == [("Rob Rep", 1)]
    assert sheet(cycle, cast.other_rep, cast.other_rep).entered_for == []


@pytest.mark.parametrize("who", ["manager", "ceo", "leader", "demand_planner", "marketing", "admin", "other_rep"])
def test_nobody_else_gains_anything(cast: Cast, cycle: Cycle, who: str) -> None:
    leave(cast.rep, cast.manager if who == "other_rep" else cast.other_rep)
    with pytest.raises(NotYours, match="belongs to Rita Rep"):
        write(cycle, cast, getattr(cast, who))
    with pytest.raises(NotYours):
        submission_send(cycle=cycle, person=cast.rep, by=getattr(cast, who), at=ENTRY)
    with pytest.raises(NotYours):
        submission_withdraw(cycle=cycle, person=cast.rep, by=getattr(cast, who), at=ENTRY)


def test_the_right_is_for_this_owner_these_days_and_the_sales_number_only(cast: Cast, cycle: Cycle) -> None:
    leave(cast.rep, cast.other_rep)
    with pytest.raises(NotYours):
        write(cycle, cast, cast.other_rep, at=AFTER)
    line = cast.line("ALPHA", "EAST").pk
    with pytest.raises(NotYours, match="belongs to Rob Rep"):
        cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=[CellEdit(line, NOV, 1.0)], at=ENTRY)
    for stage in (Stage.TEAM, Stage.DEMAND_PLAN):
        edits = [CellEdit(cast.line("ALPHA", "NORTH").pk, NOV, 1.0)]
        with pytest.raises((NotYours, Refused)):
            cells_save(cycle=cycle, stage=stage, person=cast.other_rep, edits=edits, at=ENTRY)
    assert not Change.objects.exists()


def test_the_owner_can_still_write(cast: Cast, cycle: Cycle) -> None:
    leave(cast.rep, cast.other_rep)
    write(cycle, cast, cast.other_rep, 60.0)
    write(cycle, cast, cast.rep, 61.0)
    assert [change.by for change in Change.objects.order_by("id")] == [cast.other_rep, cast.rep]
    assert sheet(cycle, cast.rep, cast.rep).entered_for == []


# --- Sending -------------------------------------------------------------------------


def test_sending_for_somebody_is_recorded_as_that(cast: Cast, cycle: Cycle) -> None:
    leave(cast.rep, cast.other_rep)
    line = write(cycle, cast, cast.other_rep, 900.0)
    with pytest.raises(Refused, match="no reason yet"):
        submission_send(cycle=cycle, person=cast.rep, by=cast.other_rep, at=ENTRY)
    reasons = {line: ReasonGiven("customer_told")}
    sent = submission_send(cycle=cycle, person=cast.rep, by=cast.other_rep, at=ENTRY, reasons=reasons)
    assert (sent.lines, sent.changed) == (8, 1)
    answer = answer_of(cast.rep)
    assert (answer.how, answer.answered_at, answer.answered_by) == (How.CHANGED, ENTRY, cast.other_rep.user)
    assert answer_of(cast.other_rep).answered_at is None
    assert Change.objects.last().by == cast.other_rep


def test_the_owner_sends_again_in_their_own_name(cast: Cast, cycle: Cycle) -> None:
    leave(cast.rep, cast.other_rep)
    submission_send(cycle=cycle, person=cast.rep, by=cast.other_rep, at=ENTRY)
    submission_send(cycle=cycle, person=cast.rep, at=ENTRY)
    assert answer_of(cast.rep).answered_by is None
    submission_send(cycle=cycle, person=cast.rep, by=cast.other_rep, at=ENTRY)
    submission_withdraw(cycle=cycle, person=cast.rep, by=cast.other_rep, at=ENTRY)
    assert (answer_of(cast.rep).answered_at, answer_of(cast.rep).answered_by) == (None, None)


def test_the_right_to_send_ends_with_the_last_day(cast: Cast, cycle: Cycle) -> None:
    leave(cast.rep, cast.other_rep)
    submission_send(cycle=cycle, person=cast.rep, by=cast.other_rep, at=ENTRY + timedelta(days=2))
    with pytest.raises(NotYours, match="named while Rita Rep is away"):
        submission_send(cycle=cycle, person=cast.rep, by=cast.other_rep, at=AFTER)


def test_a_line_sent_back_is_open_to_the_substitute_too(cast: Cast, cycle: Cycle) -> None:
    leave(cast.rep, cast.other_rep, days=20)
    cycle_advance(cycle=cycle, at=REVIEW)
    with pytest.raises(Refused, match="is closed"):
        write(cycle, cast, cast.other_rep, at=REVIEW)
    question_ask(cycle=cycle, line=cast.line("ALPHA", "NORTH"), month=NOV, by=cast.manager, text="Why?", at=REVIEW)
    write(cycle, cast, cast.other_rep, at=REVIEW)
    assert Change.objects.get().by == cast.other_rep


# --- What people see -------------------------------------------------------------------


def test_the_sheet_is_the_owners_layer_for_the_substitute(cast: Cast, cycle: Cycle) -> None:
    absence = leave(cast.rep, cast.other_rep)
    assert entering_for(cast.other_rep, cast.rep, TODAY, wanted=False) == absence
    assert entering_for(cast.rep, cast.rep, TODAY, wanted=True) is None
    assert entering_for(cast.manager, cast.rep, TODAY, wanted=True) is None
    assert entering_for(cast.other_rep, cast.rep, AFTER.date(), wanted=True) is None
    shown = sheet(cycle, cast.rep, cast.other_rep, enters=True)
    assert shown.layer is Layer.SALES
    assert all(line.is_open for line in shown.lines)


def test_a_manager_keeps_the_own_layer_and_enters_only_when_wanted(cast: Cast, cycle: Cycle) -> None:
    absence = leave(cast.rep, cast.manager)
    assert entering_for(cast.manager, cast.rep, TODAY, wanted=False) is None
    assert entering_for(cast.manager, cast.rep, TODAY, wanted=True) == absence
    assert "in your own layer" in page(cast.manager, "/sheet/rita/")
    assert "You enter for Rita Rep" in page(cast.manager, "/sheet/rita/?layer=sales")


def test_the_substitute_finds_the_sheet_and_sends_it(cast: Cast, cycle: Cycle) -> None:
    leave(cast.rep, cast.other_rep)
    home = page(cast.other_rep, "/")
    assert "Rita Rep is away until 6 Nov. You enter the forecast meanwhile." in home
    assert 'href="/sheet/rita/?layer=sales"' in home
    html = page(cast.other_rep, "/sheet/rita/")
    assert "You enter for Rita Rep" in html
    assert '<input type="hidden" name="for" value="rita">' in html
    assert 'data-editable="true"' in html
    assert "Start a line" in html
    assert 'href="/orders/?for=rita"' in html
    assert 'href="/orders/?for=rita"' in home
    answer = signed_in(cast.other_rep).post("/sheet/submit/", {"for": "rita"}, follow=True)
    assert "For Rita Rep: submitted 8 lines." in answer.content.decode()
    assert "by Rob Rep" in page(cast.other_rep, "/sheet/rita/")
    assert "by Rob Rep for you" in page(cast.rep, "/")
    assert "by Rob Rep for Rita Rep" in page(cast.manager, "/team/")
    back = signed_in(cast.other_rep).post("/sheet/withdraw/", {"for": "rita"}, follow=True)
    assert "Taken back for Rita Rep." in back.content.decode()


def test_saving_and_reasons_through_the_page(cast: Cast, cycle: Cycle) -> None:
    leave(cast.rep, cast.other_rep)
    edit = {"line": cast.line("ALPHA", "NORTH").pk, "month": "2026-11", "value": 900}
    body = json.dumps({"token": str(uuid4()), "edits": [edit]})
    saved = signed_in(cast.other_rep).post("/sheet/save/", body, content_type="application/json")
    assert saved.status_code == 200
    asked = signed_in(cast.other_rep).post("/sheet/submit/", {"for": "rita"})
    html = asked.content.decode()
    assert asked.status_code == 422
    assert 'name="for" value="rita"' in html
    assert "Sheet of Rita Rep" in html
    given = {"for": "rita", f"reason-{edit['line']}": "customer_told"}
    assert signed_in(cast.other_rep).post("/sheet/submit/", given).status_code == 302
    assert "Rob Rep entered 1 of your lines" in page(cast.rep, "/sheet/")
    assert answer_of(cast.rep).answered_by == cast.other_rep.user


def test_without_the_name_the_sheet_is_to_read_and_sending_is_refused(cast: Cast, cycle: Cycle) -> None:
    for path in ("/sheet/rita/", "/sheet/rita/?layer=sales"):
        html = page(cast.other_rep, path)
        assert "You enter for" not in html
        assert 'data-editable="false"' in html
    assert signed_in(cast.other_rep).post("/sheet/submit/", {"for": "rita"}).status_code == 403
    assert signed_in(cast.other_rep).post("/sheet/withdraw/", {"for": "rita"}).status_code == 403
    assert signed_in(cast.other_rep).post("/sheet/submit/", {"for": "nobody"}).status_code == 404
    assert answer_of(cast.rep).answered_at is None


def test_the_page_closes_with_the_last_day(cast: Cast, cycle: Cycle) -> None:
    leave(cast.rep, cast.other_rep)
    at_time(AFTER)
    assert 'data-editable="false"' in page(cast.other_rep, "/sheet/rita/")
    assert "You enter" not in page(cast.other_rep, "/")


def test_the_track_record_stays_private(cast: Cast, cycle: Cycle) -> None:
    before = signed_in(cast.other_rep).get("/feedback/rita/").status_code
    leave(cast.rep, cast.other_rep)
    assert signed_in(cast.other_rep).get("/feedback/rita/").status_code == before == 404


# --- The manager -------------------------------------------------------------------------


def test_the_team_page_says_who_is_away_and_who_enters(cast: Cast, cycle: Cycle) -> None:
    leave(cast.rep, cast.other_rep)
    assert "away until 6 Nov, Rob Rep enters" in page(cast.manager, "/team/")
    rows = {row.rep: row for row in team_rollup(cycle, cast.manager, on=TODAY).rows}
    assert rows[cast.rep].can_nudge
    assert rows[cast.other_rep].away is None


def test_nobody_is_nudged_who_is_away_without_a_substitute(cast: Cast, cycle: Cycle) -> None:
    leave(cast.rep, None)
    rows = {row.rep: row for row in team_rollup(cycle, cast.manager, on=TODAY).rows}
    assert not rows[cast.rep].can_nudge
    with pytest.raises(Refused, match=r"Rita Rep is away until 6 Nov\. Name somebody"):
        team_nudge(cycle=cycle, manager=cast.manager, rep=cast.rep, at=ENTRY)


def test_what_a_substitute_changes_marks_the_owner_as_changed_since_accepted(cast: Cast, cycle: Cycle) -> None:
    leave(cast.rep, cast.other_rep)
    for person in (cast.rep, cast.other_rep):
        submission_send(cycle=cycle, person=person, at=ENTRY)
    team_accept(cycle=cycle, manager=cast.manager, reps=[cast.rep, cast.other_rep], at=ENTRY)
    write(cycle, cast, cast.other_rep, at=ENTRY + timedelta(hours=1))
    rows = {row.rep: row for row in team_rollup(cycle, cast.manager).rows}
    assert rows[cast.rep].changed_since
    assert not rows[cast.other_rep].changed_since


def test_several_absences_cost_no_more(cast: Cast, cycle: Cycle, no_repeated_queries: None) -> None:
    leave(cast.rep, cast.manager)
    leave(cast.other_rep, cast.manager)
    found = stood_in(cycle, cast.manager, TODAY)
    assert [(one.absence.person.name, one.lines) for one in found] == [("Rita Rep", 8), ("Rob Rep", 3)]


def test_who_is_away_reads_so_and_is_back_in_one_click(cast: Cast, cycle: Cycle) -> None:
    absence = leave(cast.rep, cast.other_rep)
    html = page(cast.rep, "/")
    assert "You are entered as away until 6 Nov, Rob Rep enters." in html
    signed_in(cast.rep).post(f"/away/{absence.pk}/end/")
    assert "You are entered as away" not in page(cast.rep, "/")
    assert "You enter the forecast meanwhile" not in page(cast.other_rep, "/")
