"""The question on the first page, and the leader's panel of barriers with what was done about each."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cycles.models import Contribution, Cycle, How
from cycles.services import cycle_advance
from cycles.steps import Step
from demand.selectors.barriers import barrier_question
from jobs.errors import Invalid, NotYours
from jobs.models import MovedClock
from masterdata.models import Absence, Person
from meetings.models import Action, BarrierRemedy
from meetings.selectors.barriers import barrier_rows, names_shown
from meetings.services.barriers import barrier_remedy_add
from tests.cast import Cast, small_company
from tests.meetings.journey import ENTRY, ENTRY_CLOSED, in_entry
from tests.meetings.test_reminders import answer

pytestmark = pytest.mark.django_db
TODAY = ENTRY_CLOSED.date()


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    """Entry of November has closed; Rob has answered, Rita has not."""
    cycle = in_entry(cast)
    answer(cycle, cast.other_rep, ENTRY)
    cycle_advance(cycle=cycle, at=ENTRY_CLOSED)
    MovedClock.objects.create(at=ENTRY_CLOSED)
    return cycle


def past_cycle(cast: Cast, month: date, barrier: str) -> Cycle:
    """An earlier cycle in which Rita did not take part."""
    times = (
        datetime(month.year, month.month, 3, tzinfo=ENTRY.tzinfo),
        datetime(month.year, month.month, 9, tzinfo=ENTRY.tzinfo),
    )
    cycle = Cycle.objects.create(month=month, state="published", simulated=True, opened_at=times[0], ended_at=times[1])
    cycle.steps.create(step=Step.SALES_FORECAST.value, opens_at=times[0], due_at=times[1], state="closed")
    for person, how in ((cast.rep, How.ABSENT), (cast.other_rep, How.CHANGED)):
        Contribution.objects.create(
            cycle=cycle,
            step=Step.SALES_FORECAST.value,
            person=person.user,
            how=how,
            barrier=barrier if how == How.ABSENT else "",
        )
    return cycle


def away(person: Person) -> Absence:
    return Absence.objects.create(
        person=person, first_day=date(2026, 11, 9), last_day=TODAY, entered_by=person, entered_at=ENTRY
    )


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def page(person: Person, path: str) -> str:
    answer = signed_in(person).get(path)
    assert answer.status_code == 200, answer.content[:2000]
    return answer.content.decode()


def remedy(cast: Cast, cycle: Cycle, **changed: object) -> BarrierRemedy:
    given = {
        "cycle": cycle, "department": "Sales", "barrier": "no_time", "text": "Twelve flagged lines at most",
        "by": cast.leader, "on": TODAY, "at": ENTRY_CLOSED,
    } | changed  # fmt: skip
    return barrier_remedy_add(**given)


# --- The question ------------------------------------------------------------------------


def test_after_the_deadline_it_is_asked_once_in_one_tap(cast: Cast, cycle: Cycle) -> None:
    html = page(cast.rep, "/")
    assert "You did not take part in November. What was in the way?" in html
    for words in ("No time", "No use to me", "Data wrong", "Was away", "Other", "Skip"):
        assert f">{words}</button>" in html
    answer = signed_in(cast.rep).post("/taking-part/", {"cycle": "2026-11", "barrier": "data_wrong"}, follow=True)
    html = answer.content.decode()
    assert "Thank you." in html
    assert "What was in the way?" not in html
    assert Contribution.objects.get(cycle=cycle, person=cast.rep.user).barrier == "data_wrong"


def test_a_skip_is_not_asked_again(cast: Cast, cycle: Cycle) -> None:
    answer = signed_in(cast.rep).post("/taking-part/", {"cycle": "2026-11", "barrier": ""}, follow=True)
    assert "What was in the way?" not in answer.content.decode()
    assert Contribution.objects.get(cycle=cycle, person=cast.rep.user).barrier == ""
    assert barrier_question(cast.rep) is None


def test_it_is_not_asked_of_who_took_part_was_away_or_still_can(cast: Cast, cycle: Cycle) -> None:
    assert barrier_question(cast.other_rep) is None
    assert barrier_question(cast.finance) is None
    assert barrier_question(cast.rep) is not None
    away(cast.rep)
    assert barrier_question(cast.rep) is None
    Absence.objects.all().delete()
    cycle.steps.filter(step=Step.SALES_FORECAST.value).update(state="open")
    assert barrier_question(cast.rep) is None


def test_only_the_newest_real_cycle_is_asked_about(cast: Cast, cycle: Cycle) -> None:
    past_cycle(cast, date(2026, 10, 1), "")
    found = barrier_question(cast.rep)
    assert found is not None
    assert found.cycle == cycle
    Contribution.objects.filter(cycle=cycle, person=cast.rep.user).update(how=How.ALL_FINE, answered_at=ENTRY)
    assert barrier_question(cast.rep) is None


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"cycle": "2026-11", "barrier": "lazy"}, 422, "Choose one of"),
        ({"cycle": "November", "barrier": "no_time"}, 422, "November"),
        ({"cycle": "2020-01", "barrier": "no_time"}, 404, "There is no cycle 2020-01"),
    ],
)
def test_nonsense_is_told(cast: Cast, cycle: Cycle, fields: dict, status: int, says: str) -> None:
    answer = signed_in(cast.rep).post("/taking-part/", fields)
    assert answer.status_code == status
    assert says in answer.content.decode()
    assert (
        signed_in(cast.other_rep).post("/taking-part/", {"cycle": "2026-11", "barrier": "no_time"}).status_code == 404
    )


# --- The panel ---------------------------------------------------------------------------


def test_barriers_by_department_since_when(cast: Cast, cycle: Cycle) -> None:
    past_cycle(cast, date(2026, 9, 1), "no_use")
    past_cycle(cast, date(2026, 10, 1), "no_time")
    Contribution.objects.filter(cycle=cycle, person=cast.rep.user).update(barrier="no_time")
    [sales] = barrier_rows(cycle, names_shown(cast.leader))
    assert (sales.department.missed, sales.department.expected, sales.department.in_a_row) == (1, 2, 3)
    assert [(row.words, row.barrier.in_a_row, row.names) for row in sales.rows] == [
        ("No time", 2, ["Rita Rep (3 cycles in a row)"]),
        ("No use to me", 0, []),
    ]


def test_names_are_for_the_leader_and_the_own_manager(cast: Cast, cycle: Cycle) -> None:
    Contribution.objects.filter(cycle=cycle, person=cast.rep.user).update(barrier="no_time")
    for who, shown in (("leader", True), ("manager", True), ("other_rep", False), ("coo", False), ("ceo", False)):
        viewer = getattr(cast, who)
        [sales] = barrier_rows(cycle, names_shown(viewer))
        assert bool(sales.rows[0].names) is shown, who
        html = page(viewer, "/cycle/")
        assert "Sales: 1 of 2 did not take part" in html
        taking_part = html[html.index('id="part-head"') : html.index('id="barriers-head"')]
        assert ("No time" in taking_part) is shown, who


def test_who_was_away_is_shown_as_away_and_is_no_barrier(cast: Cast, cycle: Cycle) -> None:
    away(cast.rep)
    assert barrier_rows(cycle, names_shown(cast.leader)) == []
    MovedClock.objects.update(at=ENTRY_CLOSED + timedelta(days=1))  # Rita is back
    assert "away until 10 Nov" in page(cast.leader, "/cycle/")
    assert "What was in the way" not in page(cast.leader, "/cycle/")


def test_what_was_done_stands_beside_it(cast: Cast, cycle: Cycle) -> None:
    Contribution.objects.filter(cycle=cycle, person=cast.rep.user).update(barrier="no_time")
    remedy(cast, cycle)
    due = TODAY + timedelta(days=9)
    added = remedy(cast, cycle, text="Shorten the call list", owner=cast.manager, due_on=due)
    assert added.action is not None
    assert (added.action.owner, added.action.due_on, added.action.text) == (cast.manager, due, "Shorten the call list")
    html = page(cast.rep, "/cycle/")
    assert "Twelve flagged lines at most" in html
    assert f"{added.action.code}</a> open, Mona Manager until 19 Nov" in html
    assert "Write what was done" not in html


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"text": "  "}, "Write what was done"),
        ({"barrier": "lazy"}, "Choose one of"),
        ({"department": "Moon"}, "There is no department 'Moon'"),
        ({"owner": "manager"}, "needs both"),
        ({"due_on": date(2026, 11, 20)}, "needs both"),
        ({"owner": "manager", "due_on": date(2026, 11, 1)}, "today or later"),
    ],
)
def test_a_remedy_that_says_nothing_is_refused(cast: Cast, cycle: Cycle, changed: dict, says: str) -> None:
    named = {key: cast.manager if value == "manager" else value for key, value in changed.items()}
    with pytest.raises(Invalid, match=says):
        remedy(cast, cycle, **named)
    assert not BarrierRemedy.objects.exists()
    assert not Action.objects.exists()


def test_only_the_leader_writes_what_was_done(cast: Cast, cycle: Cycle) -> None:
    for who in ("manager", "admin", "rep", "ceo", "demand_planner"):
        with pytest.raises(NotYours):
            remedy(cast, cycle, by=getattr(cast, who))
    given = {"department": "Sales", "barrier": "", "text": "Called", "owner": "", "due_on": ""}
    assert signed_in(cast.manager).post("/cycle/barriers/", given).status_code == 403
    answer = signed_in(cast.leader).post("/cycle/barriers/", given, follow=True)
    assert "Written down. It stands beside the barrier for everybody." in answer.content.decode()
    wrong = signed_in(cast.leader).post("/cycle/barriers/", given | {"text": "Call them", "owner": "mona"})
    assert wrong.status_code == 422
    html = wrong.content.decode()
    assert "needs both" in html
    assert 'value="Call them"' in html
    assert '<option value="mona" selected>' in html


def test_the_page_costs_the_same_for_many_remedies(cast: Cast, cycle: Cycle) -> None:
    client = signed_in(cast.leader)
    remedy(cast, cycle)
    client.get("/cycle/")
    with CaptureQueriesContext(connection) as few:
        client.get("/cycle/")
    for number in range(5):
        remedy(cast, cycle, text=f"Number {number}", owner=cast.manager, due_on=TODAY, barrier="")
    with CaptureQueriesContext(connection) as many:
        client.get("/cycle/")
    assert len(many) == len(few)


def test_who_signs_and_is_away_is_marked(cast: Cast, cycle: Cycle) -> None:
    away(cast.coo)
    html = page(cast.rep, "/cycle/")
    assert "Operations, away until 10 Nov" in html
    assert "Finance, away" not in html
