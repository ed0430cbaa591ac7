"""The pages: who sees what, who may send what, what was typed is kept, and no query per row."""

from datetime import UTC, date, datetime, timedelta

import pytest
import zeal
from django.test import Client

from cycles.models import Cycle, CycleState
from cycles.selectors import contributions, milestones_reached, step_of
from cycles.steps import Milestone, Step, StepState
from demand.selectors.owned import owned
from jobs.models import Message, MovedClock
from masterdata.models import Company, Person, Product
from meetings.models import Action, Decision, Meeting, MeetingKind, RiskOpportunity
from meetings.selectors.taking_part import taking_part
from meetings.services.actions import action_add
from tests.cast import Cast, small_company
from tests.meetings.journey import (
    APPROVED,
    ENTRY,
    FROZEN,
    MONEY,
    OPENED,
    approved,
    confirmed,
    frozen,
    in_entry,
    started,
    supply_is_signed,
)
from tests.meetings.test_decisions import brief, gap_of
from tests.meetings.test_rooms import shifts

pytestmark = pytest.mark.django_db
ROOM = "/meetings/2026-11/executive_sop/"


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def as_(client: Client):
    """`as_(person, at)`: the client signed in as this person at this time."""

    def sign_in(person: Person, at: datetime = OPENED) -> Client:
        MovedClock.objects.all().delete()
        MovedClock.objects.create(at=at)
        client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


# --- The control page ----------------------------------------------------------------


def test_without_a_cycle_the_leader_is_offered_to_open_the_current_month(cast: Cast, as_) -> None:
    assert "Open the cycle of November 2026" in text_of(as_(cast.leader).get("/cycle/"))
    assert "Open the cycle" not in text_of(as_(cast.rep).get("/cycle/"))
    answer = as_(cast.leader).post("/cycle/open/", {"month": "2026-11"})
    assert (answer.status_code, answer["Location"]) == (302, "/cycle/")
    assert Cycle.objects.get().code == "2026-11"


def test_only_the_leader_opens_a_cycle(cast: Cast, as_) -> None:
    answer = as_(cast.rep).post("/cycle/open/", {"month": "2026-11"})
    assert answer.status_code == 403
    assert "for the S&amp;OP leader" in text_of(answer)
    assert not Cycle.objects.exists()


def test_everybody_reads_where_the_cycle_stands(cast: Cast, as_) -> None:
    in_entry(cast)
    page = text_of(as_(cast.rep, ENTRY).get("/cycle/"))
    assert "On time: the pack is ready on Tue 17 Nov, the company forecast is expected on Fri 20 Nov." in page
    assert "2 more people have answered, or the deadline passes: nobody holds up the cycle" in page
    assert "Rita Rep" in page
    assert "The head of Sales has signed demand" in page
    assert "Move the date" not in page
    assert "Nudge" not in page


def test_the_leader_counts_the_lines_a_rep_is_asked_about(cast: Cast) -> None:
    Product.objects.filter(code="DELTA").update(phase_out_month=date(2026, 10, 1))
    cycle = in_entry(cast)
    rows = taking_part(cycle, list(contributions(cycle)), [], date(2026, 11, 4))
    asked = {row.person.username: row.lines for row in rows}
    assert asked == {"rita": 6, "rob": 3}
    assert asked == {p.username: len(owned(cycle, [p.pk]).frame) for p in (cast.rep, cast.other_rep)}


def test_a_working_day_is_the_companys(cast: Cast, as_) -> None:
    cycle = in_entry(cast)
    Company.objects.update(timezone="America/Los_Angeles")
    step = step_of(cycle, Step.PRE_SOP)
    step.opens_at, step.due_at = datetime(2026, 11, 17, 16, 0, tzinfo=UTC), datetime(2026, 11, 18, 1, 0, tzinfo=UTC)
    step.save()
    page = text_of(as_(cast.leader, ENTRY).get("/cycle/"))
    one_day = page.split('<span class="name">Pre-S&amp;OP</span>')[1].split("</li>")[0]
    assert ">Tue 17 Nov<" in one_day
    assert "18 Nov" not in one_day
    assert "–" not in one_day


def test_signing_in_leads_back_to_the_whole_address(client: Client, cast: Cast) -> None:
    answer = client.get("/forecast/?level=family&stage=baseline")
    assert answer["Location"] == "/login/?next=/forecast/%3Flevel%3Dfamily%26stage%3Dbaseline"


def test_the_participation_table_tells_reviewed_from_accepted(cast: Cast, as_) -> None:
    from cycles.models import How
    from cycles.services import contribution_answer, cycle_advance
    from tests.meetings.journey import ENTRY_CLOSED

    cycle = in_entry(cast)
    contribution_answer(cycle=cycle, step=Step.SALES_FORECAST, person=cast.rep.user, how=How.ALL_FINE, at=ENTRY)
    cycle_advance(cycle=cycle, at=ENTRY_CLOSED)
    page = text_of(as_(cast.manager, ENTRY_CLOSED).get("/cycle/"))
    assert "1 of 2 have answered" in page
    assert "All fine" in page
    assert "Accepted, not reviewed" in page


def test_moving_a_date_keeps_what_was_typed_when_it_is_refused(cast: Cast, as_) -> None:
    started(cast)
    typed = {"reason": "Fair in Bern", "due_at": "soon"}
    answer = as_(cast.leader).post("/cycle/steps/demand_review/move/", typed)
    assert answer.status_code == 422
    assert "give a day and time" in text_of(answer)
    assert 'value="Fair in Bern"' in text_of(answer)
    answer = as_(cast.leader).post(
        "/cycle/steps/demand_review/move/", {"reason": "Fair in Bern", "due_at": "2026-11-13T17:00"}
    )
    assert answer.status_code == 302
    page = text_of(as_(cast.leader).get("/cycle/"))
    assert "Demand review moved by Lena Leader: Fair in Bern" in page


def test_closing_and_reopening_from_the_page(cast: Cast, as_) -> None:
    cycle = in_entry(cast)
    later = ENTRY + timedelta(days=1)
    as_(cast.leader, later).post("/cycle/steps/sales_forecast/close/", {"reason": "All are in"})
    assert step_of(cycle, Step.SALES_FORECAST).state == StepState.CLOSED.value
    as_(cast.leader, later).post(
        "/cycle/steps/sales_forecast/reopen/", {"reason": "Large order", "due_at": "2026-11-12T17:00"}
    )
    assert step_of(cycle, Step.SALES_FORECAST).state == StepState.OPEN.value


@pytest.mark.parametrize("path", ["sales_forecast/burn", "lunch/close"])
def test_an_unknown_step_or_change_is_not_there(cast: Cast, as_, path: str) -> None:
    started(cast)
    assert as_(cast.leader).post(f"/cycle/steps/{path}/", {"reason": "x"}).status_code == 404


def test_links_never_act(cast: Cast, as_) -> None:
    in_entry(cast)
    for path in ("/cycle/open/", "/cycle/nudge/", "/cycle/steps/sales_forecast/close/", "/meetings/return/"):
        assert as_(cast.leader, ENTRY).get(path).status_code == 405


def test_the_nudge_is_shown_before_it_is_sent(cast: Cast, as_) -> None:
    in_entry(cast)
    look = text_of(as_(cast.leader, ENTRY).get("/cycle/nudge/preview/"))
    assert "Rita Rep" in look
    assert "Rob Rep" in look
    assert "second and last request" in look
    assert not Message.objects.filter(kind="input_nudge").exists()
    answer = as_(cast.leader, ENTRY).post("/cycle/nudge/", {"user": [str(cast.rep.user_id)]})
    assert answer.status_code == 302
    assert [m.recipient.username for m in Message.objects.filter(kind="input_nudge")] == ["rita"]
    assert as_(cast.rep, ENTRY).post("/cycle/nudge/", {"user": [str(cast.rep.user_id)]}).status_code == 403


# --- Meetings --------------------------------------------------------------------------


def test_an_executive_meeting_from_start_to_finish(cast: Cast, as_) -> None:
    cycle = frozen(cast)
    decision = shifts(cast, cycle)
    leader = as_(cast.leader, APPROVED)
    page = text_of(leader.get(ROOM))
    assert "Saturday shifts?" in page
    assert "cancel it" not in page
    leader.post(f"{ROOM}start/")
    people = [str(cast.ceo.pk), str(cast.leader.pk), str(cast.coo.pk)]
    leader.post(f"{ROOM}attendance/", {"present": people})
    leader.post(f"{ROOM}actions/", {"text": "Ask the union", "owner": "oscar", "due_on": "2026-11-27"})
    as_(cast.ceo, APPROVED).post(
        f"/meetings/decisions/{decision.code}/decide/", {"option": "b", "back": "room", "reason": "Cheapest"}
    )
    saved = as_(cast.leader, APPROVED).post(
        f"{ROOM}notes/0/", {"note": "Short and good", "seen": ""}, headers={"HX-Request": "true"}
    )
    assert "Saved" in text_of(saved)
    look = text_of(as_(cast.leader, APPROVED).get(f"{ROOM}preview/"))
    assert "Two Saturdays" in look
    as_(cast.leader, APPROVED).post(f"{ROOM}finish/")
    meeting = Meeting.objects.get(cycle=cycle, kind=MeetingKind.EXECUTIVE)
    assert meeting.state == Meeting.State.FINISHED
    page = text_of(as_(cast.rep, APPROVED).get(ROOM))
    assert "Ask the union" in page
    assert "Decided by Carla Chief: Two Saturdays" in page
    assert Message.objects.filter(kind="meeting_digest").count() == 11


def test_only_the_leader_runs_the_meeting_but_everybody_reads(cast: Cast, as_) -> None:
    frozen(cast)
    for person in (cast.rep, cast.ceo, cast.admin):
        assert as_(person, APPROVED).get(ROOM).status_code == 200
        assert as_(person, APPROVED).post(f"{ROOM}start/").status_code == 403


def test_nothing_to_decide_is_an_offer_to_cancel(cast: Cast, as_) -> None:
    cycle = frozen(cast)
    assert "Nothing to decide: cancel it" in text_of(as_(cast.leader, APPROVED).get(ROOM))
    as_(cast.leader, APPROVED).post(f"{ROOM}cancel/")
    assert Meeting.objects.get(cycle=cycle, kind=MeetingKind.EXECUTIVE).state == Meeting.State.CANCELLED


def test_a_refused_action_keeps_what_was_typed(cast: Cast, as_) -> None:
    frozen(cast)
    typed = {"text": "Ask the union", "owner": "oscar", "due_on": "2026-10-01"}
    answer = as_(cast.leader, APPROVED).post(f"{ROOM}actions/", typed)
    assert answer.status_code == 422
    assert "due today or later" in text_of(answer)
    assert 'value="Ask the union"' in text_of(answer)


def test_a_risk_goes_on_the_register_and_off_it(cast: Cast, as_) -> None:
    frozen(cast)
    typed = {"kind": "risk", "text": "A dealer may close", "value": "12,000", "probability": "25", "month": "2027-02"}
    manager = as_(cast.manager, APPROVED)
    refused = manager.post(f"{ROOM}risks/", typed | {"owner": "mona", "probability": "250"})
    assert refused.status_code == 422
    assert "A dealer may close" in text_of(refused)
    manager.post(f"{ROOM}risks/", typed | {"owner": "mona"})
    risk = RiskOpportunity.objects.get()
    assert (risk.value, risk.probability, risk.month) == (12_000.0, 0.25, date(2027, 2, 1))
    manager.post(f"/meetings/risks/{risk.pk}/settle/", {"state": "gone", "meeting": ""})
    risk.refresh_from_db()
    assert risk.state == RiskOpportunity.State.GONE


def test_the_list_of_meetings_leads_to_their_rooms(cast: Cast, as_) -> None:
    started(cast)
    page = text_of(as_(cast.rep).get("/meetings/"))
    for kind in MeetingKind:
        assert f"/meetings/2026-11/{kind.value}/" in page
    assert as_(cast.rep).get("/meetings/2026-12/pre_sop/").status_code == 404
    assert as_(cast.rep).get("/meetings/soon/pre_sop/").status_code == 404


# --- Decisions -------------------------------------------------------------------------


def typed_brief(**more: str) -> dict[str, str]:
    facts = {
        "question": "Delay the winter promotion?",
        "forum": "pre_sop",
        "decider": "carla",
        "decide_by": "2026-11-17",
        "a-label": "Do nothing",
        "b-label": "Delay it",
        "b-scope": "family:BIKES",
        "b-pct": "-10",
        "b-from": "2026-12",
        "b-to": "2027-01",
        "recommendation": "b",
    }
    return facts | more


def test_a_brief_is_written_decided_and_shown(cast: Cast, as_) -> None:
    supply_is_signed(cast)
    planner = as_(cast.demand_planner, MONEY)
    assert planner.get("/meetings/decisions/new/").status_code == 200
    answer = planner.post("/meetings/decisions/new/", typed_brief())
    assert (answer.status_code, answer["Location"]) == (302, "/meetings/decisions/D-1/")
    page = text_of(as_(cast.ceo, MONEY).get("/meetings/decisions/D-1/"))
    assert "BIKES −10 %, 2026-12 to 2027-01" in page
    assert "Delay it" in page
    as_(cast.ceo, MONEY).post("/meetings/decisions/D-1/decide/", {"option": "b", "reason": "Weak demand"})
    decision = Decision.objects.get()
    assert (decision.state, decision.chosen) == (Decision.State.DECIDED, "b")
    second = as_(cast.cfo, MONEY).post("/meetings/decisions/D-1/decide/", {"option": "a"})
    assert second.status_code == 409
    assert "Carla Chief has decided D-1 already: Delay it." in text_of(second)
    assert "Weak demand" in text_of(as_(cast.rep, MONEY).get("/meetings/decisions/"))


def test_an_incomplete_brief_comes_back_with_everything_that_was_typed(cast: Cast, as_) -> None:
    supply_is_signed(cast)
    answer = as_(cast.leader, MONEY).post("/meetings/decisions/new/", typed_brief(**{"b-pct": "", "b-text": "Later"}))
    page = text_of(answer)
    assert answer.status_code == 422
    assert "fill in its effect on revenue, margin or cost" in page
    assert "Delay the winter promotion?" in page
    assert "Later" in page


@pytest.mark.parametrize(
    ("change", "words"),
    [({"b-margin": "lots"}, "is not a number"), ({"decide_by": "friday"}, "give a day"), ({"decider": "x"}, "person")],
)
def test_what_cannot_be_read_is_named(cast: Cast, as_, change: dict[str, str], words: str) -> None:
    supply_is_signed(cast)
    answer = as_(cast.leader, MONEY).post("/meetings/decisions/new/", typed_brief(**change))
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert not Decision.objects.exists()


def test_reps_do_not_write_briefs(cast: Cast, as_) -> None:
    started(cast)
    assert as_(cast.rep).get("/meetings/decisions/new/").status_code == 403
    assert "New brief" not in text_of(as_(cast.rep).get("/meetings/decisions/"))


def test_a_gap_becomes_a_prefilled_brief(cast: Cast, as_) -> None:
    _, gap = gap_of(cast)
    page = text_of(as_(cast.supply_planner, MONEY).get(f"/meetings/decisions/new/?gap={gap.pk}"))
    assert "Welding cannot carry" in page
    assert 'value="do_nothing"' in page
    assert 'value="oscar" selected' in page


def test_margin_below_a_family_is_seen_only_by_those_who_may_see_cost(cast: Cast, as_) -> None:
    cycle = in_entry(cast)
    decision = brief(cast, cycle)
    for person, sees in ((cast.cfo, True), (cast.demand_planner, True), (cast.rep, False), (cast.marketing, False)):
        page = text_of(as_(person, ENTRY).get(f"/meetings/decisions/{decision.code}/"))
        assert ("+3.00k" in page) == sees, person
        assert ("+12.0k" in page) == sees, person


def test_deferring_and_sending_up_from_the_page(cast: Cast, as_) -> None:
    decision = brief(cast, in_entry(cast))
    coo = as_(cast.coo, ENTRY)
    refused = coo.post(f"/meetings/decisions/{decision.code}/defer/", {"to": "2026-11-30", "reason": ""})
    assert refused.status_code == 422
    coo.post(f"/meetings/decisions/{decision.code}/defer/", {"to": "2026-11-30", "reason": "Wait for the quote"})
    decision.refresh_from_db()
    assert decision.state == Decision.State.DEFERRED
    as_(cast.leader, ENTRY).post(f"/meetings/decisions/{decision.code}/escalate/")
    decision.refresh_from_db()
    assert decision.forum == MeetingKind.EXECUTIVE


# --- Actions ---------------------------------------------------------------------------


def test_my_actions_come_first_and_are_closed_with_an_outcome(cast: Cast, as_) -> None:
    started(cast)
    leader = as_(cast.leader)
    leader.post("/meetings/actions/add/", {"text": "Price list", "owner": "mona", "due_on": "2026-11-20"})
    leader.post("/meetings/actions/add/", {"text": "Calendar", "owner": "lena", "due_on": "2026-11-25"})
    page = text_of(leader.get("/meetings/actions/"))
    assert page.index("Calendar") < page.index("Everybody else") < page.index("Price list")
    code = Action.objects.get(text="Price list").code
    assert as_(cast.rep).post(f"/meetings/actions/{code}/close/", {"outcome": "Done"}).status_code == 403
    empty = as_(cast.manager).post(f"/meetings/actions/{code}/close/", {"outcome": ""})
    assert empty.status_code == 422
    as_(cast.manager).post(f"/meetings/actions/{code}/close/", {"outcome": "Agreed with all"})
    assert "Agreed with all" in text_of(as_(cast.rep).get("/meetings/actions/"))


def test_overdue_actions_are_marked_for_everybody(cast: Cast, as_) -> None:
    cycle = started(cast)
    action_add(
        cycle=cycle, text="Price list", owner=cast.manager, due_on=date(2026, 11, 5), by=cast.leader,
        on=date(2026, 11, 2), at=OPENED,
    )  # fmt: skip
    assert "Overdue since 5 Nov 2026" in text_of(as_(cast.rep, MONEY).get("/meetings/actions/"))


# --- Agreement -------------------------------------------------------------------------


def test_finance_confirms_on_its_panel(cast: Cast, as_) -> None:
    cycle = supply_is_signed(cast)
    panel = as_(cast.finance, MONEY).get("/meetings/confirm/", headers={"HX-Request": "true"})
    assert "Confirm the money view" in text_of(panel)
    assert "<html" not in panel.content.decode()
    assert "Confirm the money view" not in text_of(as_(cast.rep, MONEY).get("/meetings/confirm/"))
    answer = as_(cast.finance, MONEY).post("/meetings/confirm/", {"next": "/finance/"})
    assert (answer.status_code, answer["Location"]) == (302, "/finance/")
    assert Milestone.FINANCE_CONFIRMED in milestones_reached(cycle)


def test_where_a_panel_leads_back_stays_on_the_portal(cast: Cast, as_) -> None:
    supply_is_signed(cast)
    answer = as_(cast.finance, MONEY).post("/meetings/confirm/", {"next": "https://elsewhere.example/"})
    assert answer["Location"] == "/finance/"


def test_the_pack_is_frozen_from_the_panel(cast: Cast, as_) -> None:
    cycle = confirmed(cast)
    assert "Freeze the pack" in text_of(as_(cast.leader, FROZEN).get("/meetings/confirm/"))
    assert as_(cast.finance, FROZEN).post("/meetings/freeze/").status_code == 403
    as_(cast.leader, FROZEN).post("/meetings/freeze/", {"next": "/cycle/"})
    assert Milestone.PACK_FROZEN in milestones_reached(cycle)


def test_the_ceo_approves_or_returns_on_the_panel(cast: Cast, as_) -> None:
    cycle = frozen(cast)
    panel = text_of(as_(cast.ceo, APPROVED).get("/meetings/approve/", headers={"HX-Request": "true"}))
    assert "Approve the plan" in panel
    assert "Return it instead" in panel
    assert "Approve the plan" not in text_of(as_(cast.coo, APPROVED).get("/meetings/approve/"))
    assert as_(cast.coo, APPROVED).post("/meetings/approve/").status_code == 403
    refused = as_(cast.ceo, APPROVED).post("/meetings/return/", {"reason": " "})
    assert refused.status_code == 422
    as_(cast.ceo, APPROVED).post("/meetings/return/", {"reason": "Look at bikes again"})
    assert Milestone.PACK_FROZEN not in milestones_reached(cycle)


def test_approving_from_the_panel_says_what_comes_next(cast: Cast, as_) -> None:
    cycle = frozen(cast)
    answer = as_(cast.ceo, APPROVED).post("/meetings/approve/", {})
    assert (answer.status_code, answer["Location"]) == (302, "/executive/")
    assert Milestone.CEO_APPROVED in milestones_reached(cycle)
    assert "is being published" in text_of(as_(cast.rep, APPROVED).get("/meetings/approve/"))


# --- Cost ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/cycle/", "/meetings/", ROOM, "/meetings/decisions/", "/meetings/actions/", "/meetings/approve/"]
)
def test_a_page_costs_no_query_per_row(cast: Cast, as_, path: str, django_assert_max_num_queries) -> None:
    cycle = approved(cast)
    for _ in range(6):
        shifts(cast, cycle)
        action_add(
            cycle=cycle, text="Price list", owner=cast.manager, due_on=date(2026, 11, 30), by=cast.leader,
            on=date(2026, 11, 2), at=OPENED,
        )  # fmt: skip
    assert cycle.state == CycleState.OPEN
    client = as_(cast.leader, APPROVED)
    with django_assert_max_num_queries(45), zeal.zeal_context():
        assert client.get(path).status_code == 200


def test_the_register_is_a_page_and_a_panel_of_the_demand_review(cast: Cast, as_) -> None:
    frozen(cast)
    planner = as_(cast.demand_planner, APPROVED)
    typed = {
        "kind": "opportunity",
        "text": "A chain may list us",
        "units": "400",
        "value": "80,000",
        "month": "2027-03",
    }
    typed |= {"probability": "25", "owner": "dora", "family": "BIKES", "back": "demand"}
    refused = planner.post("/meetings/risks/add/", typed | {"units": "-4"})
    assert refused.status_code == 422
    assert "quantity, zero or more" in text_of(refused)
    assert 'value="A chain may list us"' in text_of(refused)
    answer = planner.post("/meetings/risks/add/", typed)
    assert answer["Location"] == "/demand/#risks"
    panel = planner.get("/meetings/risks/", headers={"HX-Request": "true"})
    assert "<html" not in text_of(panel)
    for words in ("A chain may list us", "Bikes", "400", "+20,000", 'value="demand"'):
        assert words in text_of(panel)
    assert "<h1>Risks and opportunities</h1>" in text_of(planner.get("/meetings/risks/"))
    settled = planner.post(f"/meetings/risks/{RiskOpportunity.objects.get().pk}/settle/", {"state": "came"})
    assert settled["Location"] == "/meetings/risks/#risks"
    assert "Nothing is on the register" in text_of(planner.get("/meetings/risks/"))
