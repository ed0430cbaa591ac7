"""A meeting from its agenda to the mails after it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail

from cycles.models import Cycle
from demand.models import Assumption, Stage
from demand.services.entries import CellEdit, cells_save
from jobs.errors import Invalid, NotYours, Refused
from jobs.models import Message
from jobs.services.messages import messages_due_send
from masterdata.models import Product
from meetings.agenda import Section
from meetings.models import Action, Meeting, MeetingKind, RiskOpportunity
from meetings.selectors.topics import topics_of
from meetings.selectors.we_review import we_review
from meetings.services.actions import action_add, action_close, risk_add, risk_settle
from meetings.services.decisions import OptionDraft, decision_decide, decision_defer, decision_raise
from meetings.services.rooms import (
    agenda_items,
    attendance_mark,
    may_cancel,
    meeting_cancel,
    meeting_finish,
    meeting_start,
    note_save,
)
from tests.cast import Cast, small_company
from tests.meetings.journey import (
    APPROVED,
    DEMAND,
    ENTRY,
    MONEY,
    approved,
    demand_is_signed,
    do_job,
    frozen,
    in_entry,
    started,
    supply_is_signed,
)

NOV = date(2026, 11, 1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


def meeting_of(cycle: Cycle, kind: MeetingKind) -> Meeting:
    return Meeting.objects.get(cycle=cycle, kind=kind)


def add_action(cast: Cast, cycle: Cycle, due_on: date, meeting: Meeting | None = None) -> Action:
    return action_add(
        cycle=cycle, text="Agree the price list", owner=cast.manager, due_on=due_on, by=cast.leader,
        on=date(2026, 11, 2), at=ENTRY, meeting=meeting,
    )  # fmt: skip


def shifts(cast: Cast, cycle: Cycle, forum: MeetingKind = MeetingKind.EXECUTIVE) -> object:
    return decision_raise(
        cycle=cycle,
        forum=forum,
        question="Saturday shifts?",
        options=[
            OptionDraft("a", "Do nothing", do_nothing=True),
            OptionDraft("b", "Two Saturdays", effects={"revenue": 40_000.0, "margin": 9_000.0}),
        ],
        recommendation="b",
        decider=cast.ceo,
        decide_by=date(2026, 11, 19),
        by=cast.supply_planner,
        at=MONEY,
    )


def test_the_demand_review_talks_about_what_is_open(cast: Cast) -> None:
    cycle = in_entry(cast)
    cells_save(
        cycle=cycle, stage=Stage.SALES, person=cast.rep, at=ENTRY,
        edits=[CellEdit(cast.line("ALPHA", "NORTH").pk, NOV, 90.0)],
    )  # fmt: skip
    Product.objects.filter(code="BETA").update(phase_out_month=date(2027, 2, 1))
    Assumption.objects.create(
        cycle=cycle, text="No price change before May", owner=cast.manager, check_on=date(2026, 11, 1),
        by=cast.demand_planner, at=ENTRY,
    )  # fmt: skip
    action = add_action(cast, cycle, date(2026, 11, 5))
    topics = topics_of(meeting_of(cycle, MeetingKind.DEMAND_REVIEW), date(2026, 11, 11))
    assert [t.code for t in topics[Section.ACTIONS]] == [action.code]
    assert topics[Section.ACTIONS][0].overdue
    assert [t.title for t in topics[Section.PORTFOLIO]] == ["Beta ends in Feb 2027"]
    assert topics[Section.EXCEPTIONS][0].title.startswith("North Stores, Alpha: team ")
    assert "No price change before May (Mona Manager)" in topics[Section.ASSUMPTIONS][0].title
    items = agenda_items(meeting_of(cycle, MeetingKind.DEMAND_REVIEW), date(2026, 11, 11))
    assert items[0]["section"] == Section.ACTIONS
    assert sum(item["minutes"] for item in items) <= 75


def test_open_actions_come_back_until_they_are_closed(cast: Cast) -> None:
    cycle = started(cast)
    review = meeting_of(cycle, MeetingKind.DEMAND_REVIEW)
    action = add_action(cast, cycle, date(2026, 11, 20), meeting=review)
    supply = meeting_of(cycle, MeetingKind.SUPPLY_REVIEW)
    on = date(2026, 11, 16)
    assert Section.ACTIONS in topics_of(review, on)
    assert Section.ACTIONS not in topics_of(supply, on)
    assert Section.ACTIONS in topics_of(supply, date(2026, 11, 23))  # overdue: everywhere
    action_close(action=action, by=cast.manager, at=MONEY, outcome="Agreed with all dealers")
    assert Section.ACTIONS not in topics_of(review, on)


def test_with_nothing_to_decide_the_meeting_can_be_cancelled(cast: Cast) -> None:
    cycle = frozen(cast)
    meeting, on = meeting_of(cycle, MeetingKind.EXECUTIVE), date(2026, 11, 19)
    assert may_cancel(meeting, on)
    with pytest.raises(NotYours):
        meeting_cancel(meeting=meeting, by=cast.ceo, on=on, at=APPROVED)
    cancelled = meeting_cancel(meeting=meeting, by=cast.leader, on=on, at=APPROVED)
    assert cancelled.state == Meeting.State.CANCELLED
    told = Message.objects.filter(kind="meeting_cancelled")
    assert sorted(m.recipient.username for m in told) == ["carla", "fiona", "mark", "mona", "oscar"]
    approved(cast, cycle)


def test_with_something_to_decide_it_cannot(cast: Cast) -> None:
    cycle = frozen(cast)
    shifts(cast, cycle)
    meeting, on = meeting_of(cycle, MeetingKind.EXECUTIVE), date(2026, 11, 19)
    assert not may_cancel(meeting, on)
    with pytest.raises(Refused, match="something to decide"):
        meeting_cancel(meeting=meeting, by=cast.leader, on=on, at=APPROVED)


def test_from_the_start_the_agenda_stays_and_notes_are_kept(cast: Cast) -> None:
    cycle = frozen(cast)
    decision = shifts(cast, cycle)
    meeting = meeting_of(cycle, MeetingKind.EXECUTIVE)
    on = date(2026, 11, 19)
    with pytest.raises(NotYours):
        meeting_start(meeting=meeting, by=cast.ceo, on=on, at=APPROVED)
    with pytest.raises(Refused, match="is planned"):
        note_save(meeting=meeting, by=cast.leader, item=0, text="x", seen="")
    meeting = meeting_start(meeting=meeting, by=cast.leader, on=on, at=APPROVED)
    decision_decide(decision=decision, option="b", person=cast.ceo, at=APPROVED)
    items = agenda_items(meeting, on)
    position = next(i for i, item in enumerate(items) if item["codes"] == [decision.code])
    note_save(meeting=meeting, by=cast.leader, item=position, text="Only in December", seen="")
    with pytest.raises(Refused, match="It says now: Only in December"):
        note_save(meeting=meeting, by=cast.leader, item=position, text="Mine", seen="")
    note_save(meeting=meeting, by=cast.leader, item=position, text="December only", seen="Only in December")
    with pytest.raises(Invalid, match="no item 100"):
        note_save(meeting=meeting, by=cast.leader, item=99, text="x", seen="")
    meeting.refresh_from_db()
    assert meeting.agenda[position]["note"] == "December only"


def test_its_end_writes_the_minutes_and_mails_everybody_their_part_first(cast: Cast) -> None:
    cycle = frozen(cast)
    decision = shifts(cast, cycle)
    later = shifts(cast, cycle)
    on = date(2026, 11, 19)
    meeting = meeting_start(meeting=meeting_of(cycle, MeetingKind.EXECUTIVE), by=cast.leader, on=on, at=APPROVED)
    present = [cast.ceo.pk, cast.coo.pk, cast.leader.pk]
    attendance_mark(meeting=meeting, by=cast.leader, present=present)
    decision_decide(decision=decision, option="b", person=cast.ceo, at=APPROVED, reason="Cheapest way")
    decision_defer(
        decision=later, person=cast.ceo, to=date(2026, 12, 10), on=on, at=APPROVED, reason="Ask the union first"
    )
    add_action(cast, cycle, date(2026, 11, 27), meeting=meeting)
    note_save(meeting=meeting, by=cast.leader, item=0, text="Well prepared", seen="")
    approved(cast, cycle)
    end = APPROVED + timedelta(hours=1)
    mail.outbox.clear()
    messages_due_send(at=end)
    mail.outbox.clear()
    meeting = meeting_finish(meeting=meeting, by=cast.leader, at=end)
    text = meeting.minutes_text
    assert text.startswith("Executive S&OP, cycle 2026-11, 19 Nov 2026")
    assert "Carla Chief, Lena Leader, Oscar Operations" in text
    assert "Not there: Fiona Funds, Mark Marketing, Mona Manager" in text
    assert f"{decision.code} Saturday shifts? Decided by Carla Chief: Two Saturdays (revenue EUR +40 k)" in text
    assert "Deferred to 10 Dec 2026. Reason: Ask the union first" in text
    assert "Mona Manager: Agree the price list, by 27 Nov 2026." in text
    assert "Well prepared" in text
    assert "The CEO has approved: Carla Chief." in text
    assert "margin" not in text  # an option about less than a family
    messages_due_send(at=end)
    told = {m.to[0].split("<")[1].split("@")[0]: m for m in mail.outbox if "minutes" in m.subject}
    assert set(told) == set(cast.people) - {"erp", "adam"}
    mona = told["mona"]
    assert mona.subject == "2026-11: Executive S&OP: minutes and actions"
    assert mona.body.index("For you") < mona.body.index("Agree the price list, due 27 Nov") < mona.body.index("Present")
    assert "For you" in told["sam"].body  # who raised the question
    assert "For you" not in told["rita"].body
    assert "http://127.0.0.1:8000/meetings/2026-11/executive_sop/" in mona.body


def test_who_was_not_invited_hears_of_a_small_meeting_only_when_named(cast: Cast) -> None:
    cycle = supply_is_signed(cast)
    meeting = meeting_start(
        meeting=meeting_of(cycle, MeetingKind.SUPPLY_REVIEW), by=cast.leader, on=date(2026, 11, 16), at=MONEY
    )
    add_action(cast, cycle, date(2026, 11, 27), meeting=meeting)
    meeting_finish(meeting=meeting, by=cast.leader, at=MONEY)
    told = Message.objects.filter(kind="meeting_digest").values_list("recipient__username", flat=True)
    assert sorted(told) == ["dora", "lena", "mona", "oscar", "sam"]


def test_a_meeting_held_again_keeps_the_earlier_minutes(cast: Cast) -> None:
    cycle = demand_is_signed(cast)
    review = meeting_of(cycle, MeetingKind.DEMAND_REVIEW)
    on = date(2026, 11, 11)
    meeting_finish(meeting=meeting_start(meeting=review, by=cast.leader, on=on, at=DEMAND), by=cast.leader, at=DEMAND)
    Meeting.objects.filter(pk=review.pk).update(state=Meeting.State.PLANNED)
    review.refresh_from_db()
    later = DEMAND + timedelta(days=1)
    again = meeting_finish(
        meeting=meeting_start(meeting=review, by=cast.leader, on=on, at=later), by=cast.leader, at=later
    )
    assert again.minutes_text.count("Demand review, cycle 2026-11") == 2
    assert Message.objects.filter(kind="meeting_digest", recipient=cast.leader.user).count() == 2


def test_we_review_looks_at_last_month_together(cast: Cast) -> None:
    from masterdata.models import Company

    cycle = approved(cast)
    from jobs.models import Job

    do_job(Job.objects.get(kind="publish"), APPROVED)
    assert we_review(cycle) is None  # nothing was published before October
    december = Cycle(month=date(2026, 12, 1), horizon=24, opened_at=APPROVED)
    assert we_review(december) is None  # November is not closed
    Company.objects.update(last_closed_month=NOV)
    review = we_review(december)
    assert review is not None
    assert (review.month, review.cycle) == (NOV, "2026-11")
    assert {row.name for row in review.families} == {"Bikes", "Parts"}
    assert review.wape is None  # no booking of November is in: nothing to divide by


# --- Actions and risks ---------------------------------------------------------------


def test_an_action_is_closed_with_its_outcome_by_those_it_concerns(cast: Cast) -> None:
    cycle = started(cast)
    action = add_action(cast, cycle, date(2026, 11, 20))
    with pytest.raises(NotYours, match="Mona Manager"):
        action_close(action=action, by=cast.rep, at=MONEY, outcome="Done")
    with pytest.raises(Invalid, match="what came of it"):
        action_close(action=action, by=cast.manager, at=MONEY, outcome="")
    closed = action_close(action=action, by=cast.manager, at=MONEY, outcome="Agreed")
    assert (closed.state, closed.closed_at) == (Action.State.DONE, MONEY)
    with pytest.raises(Refused, match="closed already"):
        action_close(action=action, by=cast.manager, at=MONEY, outcome="Again")


@pytest.mark.parametrize(
    ("text", "due_on", "words"), [(" ", date(2026, 11, 20), "what is to be done"), ("x", date(2026, 11, 1), "today")]
)
def test_an_action_needs_words_and_a_day_ahead(cast: Cast, text: str, due_on: date, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        action_add(
            cycle=started(cast), text=text, owner=cast.rep, due_on=due_on, by=cast.leader, on=date(2026, 11, 2),
            at=datetime(2026, 11, 2, tzinfo=UTC),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"text": ""}, "what may happen"),
        ({"value": float("nan")}, "amount of money"),
        ({"value": -1.0}, "amount of money"),
        ({"probability": 1.2}, "between 0 and 100"),
    ],
)
def test_a_risk_needs_words_value_and_probability(cast: Cast, change: dict[str, object], words: str) -> None:
    facts = {"text": "A dealer may close", "value": 9_000.0, "probability": 0.2}
    with pytest.raises(Invalid, match=words):
        risk_add(
            cycle=started(cast), kind=RiskOpportunity.Kind.RISK, month=NOV, owner=cast.rep, by=cast.rep, at=ENTRY,
            **(facts | change),
        )  # fmt: skip


def test_a_risk_is_settled_by_its_owner_or_the_leader(cast: Cast) -> None:
    risk = risk_add(
        cycle=started(cast), kind=RiskOpportunity.Kind.OPPORTUNITY, text="New chain", value=5_000.0, probability=0.5,
        month=NOV, owner=cast.rep, by=cast.manager, at=ENTRY,
    )  # fmt: skip
    with pytest.raises(NotYours):
        risk_settle(risk=risk, cycle=risk.cycle, by=cast.other_rep, state=RiskOpportunity.State.CAME, at=MONEY)
    assert (
        risk_settle(risk=risk, cycle=risk.cycle, by=cast.rep, state=RiskOpportunity.State.CAME, at=MONEY).state
        == RiskOpportunity.State.CAME
    )
