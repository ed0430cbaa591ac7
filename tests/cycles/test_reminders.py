from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cycles.calendar_days import holiday_dates
from cycles.reminders import (
    ActionFacts,
    CheckFacts,
    CycleFacts,
    Due,
    Kind,
    PersonFacts,
    StepFacts,
    due_messages,
)
from cycles.steps import Step, StepState

ZONE = ZoneInfo("America/Los_Angeles")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


AMY = PersonFacts("amy", manager="brian")
JOSE = PersonFacts("jose", manager="brian")
BRIAN = PersonFacts("brian", manager="head")
# Entry is open from Wed 4 to Tue 10 November 17:00; Wed 11 is Veterans Day.
FACTS = CycleFacts(
    cycle="2026-11",
    opened_at=at(4, 9),
    deadline=at(10, 17),
    zone=ZONE,
    leader="leader",
    people=(AMY, JOSE),
    holidays=holiday_dates("US", [2026]),
)


def kinds(facts: CycleFacts, moment: datetime) -> set[tuple[str, str]]:
    return {(m.kind.value, m.person) for m in due_messages(facts, moment)}


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(4, 8, 59), set()),
        (at(4, 9), {("input_opened", "amy"), ("input_opened", "jose")}),
        (at(9, 7, 59), {("input_opened", "amy"), ("input_opened", "jose")}),
        (at(9, 8), {("input_last_day", "amy"), ("input_last_day", "jose")}),
        (at(10, 16, 59), {("input_last_day", "amy"), ("input_last_day", "jose")}),
        (at(10, 17), {("escalation_manager", "brian")}),
        (at(12, 7, 59), {("escalation_manager", "brian")}),  # the 11th is a holiday
        (at(12, 8), {("escalation_manager", "brian"), ("escalation_leader", "leader")}),
    ],
)
def test_requests_then_escalation(moment: datetime, expected: set[tuple[str, str]]) -> None:
    assert kinds(FACTS, moment) == expected


def test_who_answered_or_is_away_is_left_alone() -> None:
    people = (replace(AMY, answered_at=at(5, 10)), replace(JOSE, absent=True))
    facts = replace(FACTS, people=people)
    for moment in (at(4, 9), at(9, 8), at(10, 17), at(12, 8)):
        assert due_messages(facts, moment) == []


def test_escalation_names_only_those_missing() -> None:
    facts = replace(FACTS, people=(AMY, replace(JOSE, answered_at=at(5, 10)), BRIAN))
    found = {m.person: m for m in due_messages(facts, at(12, 8))}
    assert found["brian"].about == ("amy",)
    assert found["head"].about == ("brian",)
    assert found["leader"].about == ("amy", "brian")


def test_a_nudge_takes_the_place_of_the_second_request() -> None:
    facts = replace(FACTS, people=(replace(AMY, nudged=True), JOSE))
    assert kinds(facts, at(9, 8)) == {("input_last_day", "jose")}
    assert ("input_opened", "amy") in kinds(facts, at(5, 8))


def test_no_escalation_without_a_manager_or_after_demand_is_signed() -> None:
    alone = replace(FACTS, people=(replace(AMY, manager=None),))
    assert kinds(alone, at(10, 17)) == set()
    assert kinds(alone, at(12, 8)) == {("escalation_leader", "leader")}
    assert kinds(replace(FACTS, demand_signed=True), at(12, 8)) == set()


def test_nothing_before_entry_opened() -> None:
    closed = replace(FACTS, opened_at=None)
    assert kinds(closed, at(9, 8)) == set()
    assert kinds(closed, at(12, 8)) == set()


def test_a_window_opened_on_its_last_day_asks_once() -> None:
    facts = replace(FACTS, opened_at=at(10, 9), people=(AMY,))
    assert kinds(facts, at(10, 9)) == {("input_opened", "amy")}
    assert kinds(facts, at(10, 16)) == {("input_opened", "amy")}


@given(
    st.lists(st.integers(0, 12 * 24 * 4), min_size=1, max_size=40),
    st.booleans(),
    st.integers(0, 12 * 24 * 4),
)
def test_at_most_two_requests_and_none_after_the_answer(ticks: list[int], nudged: bool, answer: int) -> None:
    start = at(3, 0)
    answered = start + timedelta(minutes=15 * answer)
    sent: dict[tuple[str, str, str, str], Due] = {}
    for tick in sorted(ticks):
        now = start + timedelta(minutes=15 * tick)
        person = replace(AMY, nudged=nudged, answered_at=answered if now >= answered else None)
        for message in due_messages(replace(FACTS, people=(person,)), now):
            if message.key not in sent and message.person == "amy":
                assert now < answered
                sent[message.key] = message
    assert len(sent) <= (1 if nudged else 2)


ACTION = ActionFacts("17", "2026-10", "amy", date(2026, 11, 13), owner_manager="brian")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(9, 7, 59), set()),
        (at(9, 8), {("action_soon", "amy")}),  # 9, 10, 12 November: the 11th is a holiday
        (at(13, 8), {("action_due", "amy")}),
        (at(15, 8), {("action_due", "amy")}),
        (at(16, 8), {("action_escalated", "brian")}),
    ],
)
def test_actions(moment: datetime, expected: set[tuple[str, str]]) -> None:
    facts = replace(FACTS, people=(), actions=(ACTION,))
    assert kinds(facts, moment) == expected


def test_one_message_a_day_for_everything_somebody_watches() -> None:
    checks = [CheckFacts(key, who, date(2026, 11, day)) for key, who, day in WATCHED]
    facts = replace(FACTS, people=(), checks=tuple(checks))
    assert due_messages(facts, at(12, 7, 59)) == []
    told = {(one.person, one.step): one.about for one in due_messages(facts, at(13, 8))}
    assert told == {
        ("amy", "check:20261112"): ("assumption:3", "risk:1"),
        ("jose", "check:20261112"): ("risk:2",),
        ("amy", "check:20261113"): ("risk:4",),
    }
    [fewer] = due_messages(replace(facts, checks=(checks[0],)), at(13, 8))
    assert fewer.key in {one.key for one in due_messages(facts, at(13, 8))}


WATCHED = [("risk:1", "amy", 12), ("assumption:3", "amy", 12), ("risk:2", "jose", 12), ("risk:4", "amy", 13)]


def test_an_actions_message_belongs_to_the_cycle_that_made_it() -> None:
    facts = replace(FACTS, people=(), actions=(ACTION,))
    [message] = due_messages(facts, at(13, 8))
    assert message.key == ("2026-10", "action:17", "amy", "action_due")
    [same] = due_messages(replace(facts, cycle="2026-12"), at(13, 9))
    assert same.key == message.key


def test_closed_actions_are_silent_and_ownerless_bosses_fall_to_the_leader() -> None:
    facts = replace(FACTS, people=(), actions=(replace(ACTION, closed=True),))
    assert due_messages(facts, at(20, 8)) == []
    facts = replace(FACTS, people=(), actions=(replace(ACTION, owner_manager=None),))
    assert kinds(facts, at(20, 8)) == {("action_escalated", "leader")}


def test_a_late_step_goes_to_who_must_finish_it_then_to_the_leader() -> None:
    review = StepFacts(Step.DEMAND_REVIEW, StepState.OPEN, at(12, 17), "head")
    facts = replace(FACTS, people=(), steps=(review,))
    assert kinds(facts, at(12, 17)) == set()
    assert kinds(facts, at(12, 18)) == {("step_late", "head")}
    assert kinds(facts, at(13, 8)) == {("step_late", "head"), ("step_late_leader", "leader")}
    done = replace(facts, steps=(replace(review, state=StepState.CLOSED),))
    assert kinds(done, at(13, 8)) == set()


def test_keys_are_unique_and_the_answer_is_repeatable() -> None:
    actions = tuple(replace(ACTION, key=str(i)) for i in range(3))
    facts = replace(FACTS, people=(AMY, JOSE, BRIAN), actions=actions)
    found = due_messages(facts, at(16, 8))
    assert len({m.key for m in found}) == len(found) == 6
    assert due_messages(facts, at(16, 8)) == found


def test_times_need_a_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        due_messages(FACTS, at(9, 8).replace(tzinfo=None))


def test_company_time_decides_across_the_end_of_daylight_saving() -> None:
    # Clocks go back on 1 November; a deadline on Monday the 2nd is asked again on Friday, 08:00.
    deadline = datetime(2026, 11, 2, 17, tzinfo=ZONE)
    opened = datetime(2026, 10, 26, 9, tzinfo=ZONE)
    facts = replace(FACTS, opened_at=opened, deadline=deadline, people=(AMY,))
    friday = datetime(2026, 10, 30, 15, tzinfo=ZoneInfo("UTC"))  # 08:00 in Los Angeles
    assert kinds(facts, friday - timedelta(minutes=1)) == {("input_opened", "amy")}
    assert kinds(facts, friday) == {("input_last_day", "amy")}
    assert kind_of(due_messages(facts, friday)) is Kind.INPUT_LAST_DAY


def kind_of(messages: list[Due]) -> Kind:
    [message] = messages
    return message.kind


@given(
    st.lists(
        st.builds(
            PersonFacts,
            st.sampled_from(["amy", "jose", "pam", "tete"]),
            manager=st.sampled_from(["brian", "pam", None]),
            answered_at=st.sampled_from([None, at(5, 10)]),
            nudged=st.booleans(),
            absent=st.booleans(),
        ),
        max_size=4,
        unique_by=lambda p: p.person,
    ),
    st.integers(1, 28),
    st.integers(0, 23),
)
def test_messages_speak_only_of_people_who_are_missing(people: list[PersonFacts], day: int, hour: int) -> None:
    found = due_messages(replace(FACTS, people=tuple(people)), at(day, hour))
    missing = {p.person for p in people if p.answered_at is None and not p.absent}
    for message in found:
        assert message.due_at <= at(day, hour)
        assert set(message.about) <= missing
        if message.kind in (Kind.INPUT_OPENED, Kind.INPUT_LAST_DAY):
            assert message.person in missing
            assert at(day, hour) < FACTS.deadline
    assert len({m.key for m in found}) == len(found)


@given(st.integers(0, 40), st.integers(1, 40))
def test_an_outage_sends_the_latest_kind_only(start: int, length: int) -> None:
    """However long nothing ran, the first run after it finds one request per person at most."""
    now = at(4, 9) + timedelta(hours=4 * (start + length))
    requests = [m for m in due_messages(FACTS, now) if m.person == "amy"]
    assert len(requests) == (1 if now < FACTS.deadline else 0)
    if requests:
        latest = Kind.INPUT_LAST_DAY if now >= at(9, 8) else Kind.INPUT_OPENED
        assert requests[0].kind is latest


@pytest.mark.parametrize(
    ("person", "moment", "expected"),
    [
        (replace(AMY, absent=True, substitute="jose"), at(4, 9), {("input_opened", "jose", "amy")}),
        (replace(AMY, absent=True, substitute="jose"), at(9, 8), {("input_last_day", "jose", "amy")}),
        (replace(AMY, absent=True, substitute="jose", nudged=True), at(9, 8), set()),
        (replace(AMY, absent=True, substitute="jose", answered_at=at(5, 10)), at(9, 8), set()),
        (replace(AMY, absent=True, substitute="jose"), at(10, 17), set()),
        (replace(AMY, absent=True, substitute="jose"), at(12, 8), set()),
        (replace(AMY, absent=True), at(4, 9), set()),
        (replace(AMY, substitute="jose"), at(4, 9), {("input_opened", "amy", "")}),  # back, or not gone yet
        (replace(AMY, excused=True), at(12, 8), set()),  # away at the deadline, back the day after
        (replace(AMY, excused=True), at(4, 9), {("input_opened", "amy", "")}),  # leaves before the deadline
    ],
)
def test_who_is_away_is_asked_through_the_substitute(
    person: PersonFacts, moment: datetime, expected: set[tuple[str, str, str]]
) -> None:
    found = due_messages(replace(FACTS, people=(person,)), moment)
    assert {(m.kind.value, m.person, m.for_whom) for m in found} == expected


def test_a_request_has_one_key_whoever_gets_it() -> None:
    away = replace(AMY, absent=True, substitute="jose")
    [own] = due_messages(replace(FACTS, people=(AMY,)), at(4, 9))
    through, joses = due_messages(replace(FACTS, people=(away, JOSE)), at(4, 9))
    assert own.key == through.key == ("2026-11", "sales_forecast", "amy", "input_opened")
    assert (through.person, joses.person) == ("jose", "jose")
    assert through.key != joses.key


@given(st.lists(st.tuples(st.integers(0, 12 * 24 * 4), st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_two_requests_stay_the_limit_however_somebody_comes_and_goes(ticks: list[tuple[int, bool, bool]]) -> None:
    """With the key kept once, as the store does: leaving, coming back and changing substitutes add no third."""
    sent: dict[tuple[str, str, str, str], Due] = {}
    for tick, absent, first in sorted(ticks):
        person = replace(AMY, absent=absent, substitute="jose" if first else "brian")
        for message in due_messages(replace(FACTS, people=(person,)), at(3, 0) + timedelta(minutes=15 * tick)):
            sent.setdefault(message.key, message)
    requests = [m for m in sent.values() if m.kind in (Kind.INPUT_OPENED, Kind.INPUT_LAST_DAY)]
    assert len(requests) <= 2
