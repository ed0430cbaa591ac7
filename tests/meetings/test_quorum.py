"""Without a quorum there are only proposals: the next meeting or the CEO's approval confirms them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cycles.models import Cycle
from jobs.errors import NotYours, Refused
from meetings.models import Decision, Meeting, MeetingKind
from meetings.quorum import quorum
from meetings.selectors.topics import decision_topics
from meetings.services.decisions import decision_confirm, decision_decide
from meetings.services.rooms import attendance_mark, may_cancel, meeting_finish, meeting_minutes, meeting_start
from tests.cast import Cast, small_company
from tests.meetings.journey import APPROVED, MONEY, approved, confirmed, frozen, supply_is_signed
from tests.meetings.test_decisions import brief

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


@given(st.lists(st.sampled_from([True, False, None])))
def test_one_more_who_is_there_never_takes_a_quorum_away(present: list[bool | None]) -> None:
    assert quorum([*present, True]) >= quorum(present)
    assert quorum([*present, True, None]) or not quorum(present)
    assert not quorum([*present, *[None] * (len(present) + 1)])


def held(cast: Cast, cycle: Cycle, kind: MeetingKind, *names: str) -> Meeting:
    meeting = Meeting.objects.get(cycle=cycle, kind=kind)
    meeting = meeting_start(meeting=meeting, by=cast.leader, on=MONEY.date(), at=MONEY)
    attendance_mark(meeting=meeting, by=cast.leader, present=[cast.people[name].pk for name in names])
    return meeting


def proposal(cast: Cast, cycle: Cycle) -> Decision:
    """The head of Operations decides a question of pre-S&OP with nobody else in the room."""
    decision = brief(cast, cycle)
    meeting = held(cast, cycle, MeetingKind.PRE_SOP, "oscar")
    decision = decision_decide(decision=decision, option="b", person=cast.coo, at=MONEY)
    assert "Proposed (no quorum; to be confirmed) by Oscar Operations" in meeting_minutes(meeting, MONEY).plain
    meeting_finish(meeting=meeting, by=cast.leader, at=MONEY)
    return decision


def test_a_small_meeting_only_proposes_and_the_next_one_has_it_on_its_agenda(cast: Cast) -> None:
    cycle = supply_is_signed(cast)
    decision = proposal(cast, cycle)
    assert decision.proposed
    executive = Meeting.objects.get(cycle=cycle, kind=MeetingKind.EXECUTIVE)
    assert [t.title for t in decision_topics(executive, MONEY.date())] == [
        f"Confirm: {decision.code} {decision.question}"
    ]
    assert not may_cancel(executive, MONEY.date())


def test_the_next_meeting_confirms_it_once_enough_are_there(cast: Cast) -> None:
    cycle = supply_is_signed(cast)
    decision = proposal(cast, cycle)
    with pytest.raises(Refused, match="at least half"):
        decision_confirm(decision=decision, person=cast.coo)
    meeting = held(cast, cycle, MeetingKind.EXECUTIVE, "oscar", "lena")
    with pytest.raises(Refused, match="at least half"):
        decision_confirm(decision=decision, person=cast.coo)
    attendance_mark(meeting=meeting, by=cast.leader, present=[p.pk for p in (cast.coo, cast.leader, cast.cfo)])
    with pytest.raises(NotYours):
        decision_confirm(decision=decision, person=cast.rep)
    assert not decision_confirm(decision=decision, person=cast.coo).proposed
    with pytest.raises(Refused, match="not a proposal"):
        decision_confirm(decision=decision, person=cast.coo)


def test_the_ceo_confirms_by_approving_the_plan(cast: Cast) -> None:
    cycle = supply_is_signed(cast)
    decision = proposal(cast, cycle)
    approved(cast, frozen(cast, confirmed(cast, cycle)))
    decision.refresh_from_db()
    assert (decision.state, decision.proposed) == (Decision.State.DECIDED, False)


def test_what_the_ceo_decides_holds_at_once_and_so_does_what_a_full_meeting_decides(cast: Cast) -> None:
    cycle = supply_is_signed(cast)
    first, second, third = brief(cast, cycle), brief(cast, cycle), brief(cast, cycle)
    assert not decision_decide(decision=first, option="b", person=cast.coo, at=MONEY).proposed  # outside a meeting
    meeting = held(cast, cycle, MeetingKind.PRE_SOP)
    assert not decision_decide(decision=second, option="b", person=cast.ceo, at=MONEY).proposed
    everybody = meeting.attendance.values_list("person_id", flat=True)
    attendance_mark(meeting=meeting, by=cast.leader, present=list(everybody))
    assert not decision_decide(decision=third, option="b", person=cast.coo, at=APPROVED).proposed
