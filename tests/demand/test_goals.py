"""Team goals: only with consent, a count and never names, no mail, over with the cycle."""

from datetime import date, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from cycles.models import Cycle, CycleState
from cycles.services import cycle_advance
from demand.goals import LEAST, standing
from demand.models import GoalAnswer, TeamGoal
from demand.selectors.goals import goal_days, goal_of_manager, goal_of_member
from demand.services.goals import goal_answer, goal_propose, goal_withdraw
from demand.services.hand_over import customers_hand_over_now
from demand.services.submissions import submission_send, submission_withdraw, submissions_expect
from jobs.errors import Invalid, NotYours, Refused
from jobs.models import Message, MovedClock
from masterdata.models import Person
from masterdata.roles import Role
from tests.cast import Cast
from tests.stages import ENTRY, REVIEW

TODAY = ENTRY.date()
DUE = TODAY + timedelta(days=2)
DAYS = st.none() | st.dates(date(2026, 11, 1), date(2026, 11, 30))

# --- Where a goal stands ------------------------------------------------------------


@pytest.mark.parametrize(
    ("answered", "today", "text"),
    [
        ([None, None, None], TODAY, "0 of 3 in"),
        ([TODAY, DUE, None, None], DUE, "2 of 4 in"),
        ([TODAY, TODAY, DUE], DUE, "All 3 in"),
        ([TODAY, DUE, DUE + timedelta(days=1)], DUE + timedelta(days=1), "2 of 3 were in"),
        ([TODAY, TODAY, TODAY], DUE + timedelta(days=1), "All 3 were in"),
    ],
)
def test_a_goal_in_words(answered: list[date | None], today: date, text: str) -> None:
    assert standing(answered, DUE, today).text == text


def test_a_count_is_told_from_three_people_on() -> None:
    assert [standing([TODAY] * n, DUE, TODAY).is_told for n in range(5)] == [False, False, False, True, True]
    assert not standing([], DUE, TODAY).is_reached


@given(st.lists(DAYS, max_size=12), st.dates(date(2026, 11, 1), date(2026, 11, 30)))
def test_the_count_never_exceeds_who_joined_and_one_more_answer_adds_at_most_one(
    answered: list[date | None], due: date
) -> None:
    found = standing(answered, due, due)
    assert 0 <= found.in_time <= found.joined == len(answered)
    assert standing([*answered, due], due, due).in_time == found.in_time + 1
    assert standing([*answered, due + timedelta(days=1)], due, due).in_time == found.in_time
    assert found.is_reached == (found.joined >= LEAST and all(day and day <= due for day in answered))


# --- Proposing, joining, counting ----------------------------------------------------


@pytest.fixture
def rosa(cast: Cast, cycle: Cycle) -> Person:
    """A third rep under Mona, with South Stores; everybody is asked for a forecast."""
    MovedClock.objects.create(at=ENTRY)
    user = get_user_model().objects.create(username="rosa", first_name="Rosa Rep")
    person = Person.objects.create(user=user, role=Role.SALES_REP, department="Sales", reports_to=cast.manager)
    submissions_expect(cycle=cycle)
    south = [cast.customers["SOUTH"].pk]
    customers_hand_over_now(customers=south, to=person, on=TODAY, today=TODAY, by=cast.leader, at=ENTRY)
    return person


@pytest.fixture
def goal(cast: Cast, cycle: Cycle, rosa: Person) -> TeamGoal:
    return goal_propose(cycle=cycle, manager=cast.manager, due_on=DUE, at=ENTRY)


@pytest.fixture
def joined(cast: Cast, goal: TeamGoal, rosa: Person) -> TeamGoal:
    for person in (cast.rep, cast.other_rep, rosa):
        goal_answer(goal=goal, person=person, joins=True, at=ENTRY)
    return goal


@pytest.mark.django_db
def test_there_is_no_goal_until_a_manager_proposes_one(cast: Cast, cycle: Cycle, rosa: Person) -> None:
    assert goal_of_member(cycle, cast.rep, TODAY) is None
    assert "Team goal" not in home(cast.rep)
    assert "Propose a team goal" in page(cast.manager, "/team/")


@pytest.mark.django_db
def test_nobody_is_in_a_goal_before_joining(cast: Cast, cycle: Cycle, goal: TeamGoal) -> None:
    seen = goal_of_manager(cycle, cast.manager, TODAY)
    assert seen is not None
    assert (seen.members, seen.standing.joined) == (3, 0)
    assert goal_of_member(cycle, cast.rep, TODAY).joins is None
    assert goal_of_member(cycle, cast.manager, TODAY) is None


@pytest.mark.django_db
def test_only_who_joined_is_counted_and_an_answer_may_change(cast: Cast, cycle: Cycle, joined: TeamGoal) -> None:
    submission_send(cycle=cycle, person=cast.rep, at=ENTRY)
    assert goal_of_member(cycle, cast.other_rep, TODAY).standing.text == "1 of 3 in"
    goal_answer(goal=joined, person=cast.rep, joins=False, at=ENTRY)
    left = goal_of_member(cycle, cast.rep, TODAY)
    assert (left.joins, left.standing.joined, left.standing.in_time) == (False, 2, 0)


@pytest.mark.django_db
def test_taking_a_forecast_back_takes_it_out_of_the_count(cast: Cast, cycle: Cycle, joined: TeamGoal) -> None:
    submission_send(cycle=cycle, person=cast.rep, at=ENTRY)
    submission_withdraw(cycle=cycle, person=cast.rep, at=ENTRY)
    assert goal_of_member(cycle, cast.rep, TODAY).standing.text == "0 of 3 in"


@pytest.mark.django_db
def test_after_the_day_late_answers_do_not_count(cast: Cast, cycle: Cycle, joined: TeamGoal) -> None:
    submission_send(cycle=cycle, person=cast.rep, at=ENTRY)
    submission_send(cycle=cycle, person=cast.other_rep, at=ENTRY + timedelta(days=3))
    assert goal_of_member(cycle, cast.rep, DUE + timedelta(days=1)).standing.text == "1 of 3 were in"


@pytest.mark.django_db
def test_who_moves_to_another_team_is_out_of_it(cast: Cast, cycle: Cycle, joined: TeamGoal) -> None:
    cast.rep.reports_to = cast.ceo
    cast.rep.save()
    assert goal_of_member(cycle, cast.rep, TODAY) is None
    seen = goal_of_manager(cycle, cast.manager, TODAY)
    assert (seen.members, seen.standing.joined) == (2, 2)


@pytest.mark.django_db
def test_no_mail_comes_of_a_goal(cast: Cast, cycle: Cycle, rosa: Person) -> None:
    before = Message.objects.count()
    goal = goal_propose(cycle=cycle, manager=cast.manager, due_on=DUE, at=ENTRY)
    goal_answer(goal=goal, person=cast.rep, joins=True, at=ENTRY)
    goal_withdraw(cycle=cycle, manager=cast.manager)
    assert Message.objects.count() == before


@pytest.mark.django_db
def test_withdrawing_takes_everybodys_answer_along(cast: Cast, cycle: Cycle, joined: TeamGoal) -> None:
    assert goal_withdraw(cycle=cycle, manager=cast.manager)
    assert not goal_withdraw(cycle=cycle, manager=cast.manager)
    assert not GoalAnswer.objects.exists()
    again = goal_propose(cycle=cycle, manager=cast.manager, due_on=TODAY, at=ENTRY)
    assert goal_of_member(cycle, cast.rep, TODAY).joins is None
    assert again.due_on == TODAY


@pytest.mark.django_db
def test_it_ends_with_the_cycle(cast: Cast, cycle: Cycle, joined: TeamGoal) -> None:
    Cycle.objects.filter(pk=cycle.pk).update(state=CycleState.PUBLISHED)
    assert goal_of_member(cycle, cast.rep, TODAY) is None
    assert goal_of_manager(cycle, cast.manager, TODAY) is None


# --- Who may, and until when ----------------------------------------------------------


@pytest.mark.django_db
def test_a_day_lies_between_today_and_the_deadline(cast: Cast, cycle: Cycle, rosa: Person) -> None:
    days = goal_days(cycle, TODAY)
    assert (days[0], days[-1]) == (TODAY, date(2026, 11, 9))
    for day in (TODAY - timedelta(days=1), date(2026, 11, 10)):
        with pytest.raises(Invalid, match="Choose a day from 4 Nov to the deadline on 9 Nov"):
            goal_propose(cycle=cycle, manager=cast.manager, due_on=day, at=ENTRY)


@pytest.mark.django_db
def test_a_team_of_two_is_too_small(cast: Cast, cycle: Cycle) -> None:
    submissions_expect(cycle=cycle)
    with pytest.raises(Refused, match="at least 3 people") as refused:
        goal_propose(cycle=cycle, manager=cast.manager, due_on=DUE, at=ENTRY)
    assert "here are 2" in refused.value.detail


@pytest.mark.django_db
def test_one_goal_a_cycle(cast: Cast, cycle: Cycle, goal: TeamGoal) -> None:
    with pytest.raises(Refused, match="Withdraw it to propose another"):
        goal_propose(cycle=cycle, manager=cast.manager, due_on=DUE, at=ENTRY)


@pytest.mark.django_db
def test_only_a_sales_manager_proposes_and_only_the_team_answers(cast: Cast, cycle: Cycle, goal: TeamGoal) -> None:
    for person in (cast.rep, cast.leader, cast.ceo):
        with pytest.raises(NotYours):
            goal_propose(cycle=cycle, manager=person, due_on=DUE, at=ENTRY)
        with pytest.raises(NotYours):
            goal_withdraw(cycle=cycle, manager=person)
    for person in (cast.manager, cast.leader, cast.marketing):
        with pytest.raises(NotYours, match="report to Mona Manager"):
            goal_answer(goal=goal, person=person, joins=True, at=ENTRY)


@pytest.mark.django_db
def test_after_the_deadline_nothing_changes_but_those_who_joined_read_the_end(
    cast: Cast, cycle: Cycle, joined: TeamGoal
) -> None:
    submission_send(cycle=cycle, person=cast.rep, at=ENTRY)
    cycle_advance(cycle=cycle, at=REVIEW)
    for act in (
        lambda: goal_answer(goal=joined, person=cast.rep, joins=False, at=REVIEW),
        lambda: goal_propose(cycle=cycle, manager=cast.manager, due_on=DUE, at=REVIEW),
    ):
        with pytest.raises(Refused, match="not open"):
            act()
    MovedClock.objects.update(at=REVIEW)
    assert "<strong>1 of 3 were in</strong> by Fri 6 Nov" in home(cast.rep)
    assert "Leave the goal" not in home(cast.rep)


# --- The pages -----------------------------------------------------------------------


def as_(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def page(person: Person, path: str) -> str:
    return " ".join(as_(person).get(path).content.decode().split())


def home(person: Person) -> str:
    return page(person, "/")


@pytest.mark.django_db
def test_a_goal_from_proposal_to_count_by_its_pages(cast: Cast, cycle: Cycle, rosa: Person) -> None:
    manager = as_(cast.manager)
    answer = manager.post("/team/goal/", {"due_on": f"{DUE:%Y-%m-%d}"}, follow=True)
    assert "0 of 3 have joined. The count shows once three have." in " ".join(answer.content.decode().split())
    goal = TeamGoal.objects.get()
    assert "Mona Manager proposes it." in home(cast.rep)
    for person in (cast.rep, cast.other_rep, rosa):
        as_(person).post(f"/team/goal/{goal.pk}/", {"joins": "yes"})
    submission_send(cycle=cycle, person=rosa, at=ENTRY)
    assert "<strong>1 of 3 in</strong>" in home(cast.rep)
    assert "3 of 3 have joined. <strong>1 of 3 in</strong>" in page(cast.manager, "/team/")
    as_(cast.rep).post(f"/team/goal/{goal.pk}/", {"joins": "no"})
    assert "You are not in it." in home(cast.rep)
    manager.post("/team/goal/withdraw/")
    assert "Team goal" not in home(cast.other_rep)


@pytest.mark.django_db
def test_neither_peers_nor_the_manager_read_who_joined_or_is_missing(
    cast: Cast, cycle: Cycle, joined: TeamGoal, rosa: Person
) -> None:
    submission_send(cycle=cycle, person=rosa, at=ENTRY)
    html = home(cast.rep)
    shown = html[html.index('id="goal-head"') :].split("</section>")[0]
    assert not any(name in shown for name in ("Rosa", "Rob", "Mona"))
    with_all = page(cast.manager, "/team/")
    GoalAnswer.objects.filter(person=rosa).update(joins=False)
    assert with_all.count("Rosa Rep") == page(cast.manager, "/team/").count("Rosa Rep")


@pytest.mark.django_db
def test_who_did_not_join_reads_no_count(cast: Cast, cycle: Cycle, joined: TeamGoal) -> None:
    GoalAnswer.objects.filter(person=cast.rep).delete()
    html = home(cast.rep)
    assert "proposes it" in html
    assert " of 2 in" not in html


@pytest.mark.django_db
@pytest.mark.parametrize(("day", "status"), [("", 422), ("soon", 422), ("2026-02-30", 422), ("2027-01-01", 422)])
def test_a_bad_day_is_answered_in_words(cast: Cast, cycle: Cycle, rosa: Person, day: str, status: int) -> None:
    answer = as_(cast.manager).post("/team/goal/", {"due_on": day})
    assert answer.status_code == status
    assert not TeamGoal.objects.exists()


@pytest.mark.django_db
def test_a_goal_that_is_gone_is_not_found(cast: Cast, cycle: Cycle, goal: TeamGoal) -> None:
    assert as_(cast.rep).post(f"/team/goal/{goal.pk + 1}/", {"joins": "yes"}).status_code == 404
    assert as_(cast.people["sam"]).post(f"/team/goal/{goal.pk}/", {"joins": "yes"}).status_code == 403


@pytest.mark.django_db
def test_the_first_pages_queries_do_not_grow_with_those_who_joined(cast: Cast, cycle: Cycle, goal: TeamGoal) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            home(cast.rep)
        return len(queries)

    goal_answer(goal=goal, person=cast.rep, joins=True, at=ENTRY)
    asked()
    one = asked()
    for person in Person.objects.filter(reports_to=cast.manager, role=Role.SALES_REP):
        goal_answer(goal=goal, person=person, joins=True, at=ENTRY)
    assert asked() == one
