"""What a re-organisation moved: the kinds by hand, the sentences, and the banner on the roll-up."""

from datetime import date, timedelta
from itertools import product

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cycles.models import Cycle
from demand.models import CycleLine, Stage
from demand.reorganised import Kind, kinds, named, sentence
from demand.selectors.owned import owned
from demand.selectors.reorganised import reorganised
from demand.selectors.team import team_rollup
from demand.services.entries import CellEdit, cells_save
from demand.services.hand_over import customers_hand_over_now
from demand.services.submissions import submissions_expect
from masterdata.models import Customer, Person
from masterdata.roles import Role
from masterdata.services.people import customers_hand_over, person_change, place_of
from tests.cast import Cast
from tests.stages import ENTRY

TODAY = ENTRY.date()
DAY = date(2026, 11, 4)

# --- Kinds and words ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("then", "counted", "now", "kind"),
    [
        (True, True, True, None),
        (False, False, False, None),
        (False, True, True, Kind.CAME),
        (False, True, False, Kind.CAME),
        (True, False, False, Kind.LEFT),
        (True, False, True, Kind.LEFT),
        (True, True, False, Kind.ELSEWHERE),
        (False, False, True, Kind.MISSING),
    ],
)
def test_every_way_a_line_stands_to_a_team(then: bool, counted: bool, now: bool, kind: Kind | None) -> None:
    masks = [np.array([value]) for value in (then, counted, now)]
    assert kinds(*masks, np.array([True])).tolist() == [kind]


def test_a_line_with_nobody_is_missing_from_the_team_it_was_or_is_of() -> None:
    cases = np.array(list(product([True, False], repeat=2)))
    nothing = np.zeros(len(cases), dtype=bool)
    assert kinds(cases[:, 0], nothing, cases[:, 1], nothing).tolist() == [Kind.NOBODY] * 3 + [None]


def test_the_total_is_what_the_people_stood_for_and_the_moves() -> None:
    rng = np.random.default_rng(5)
    then, counted = rng.random((2, 200)) < 0.5
    worth = rng.random(200)
    found = kinds(then, counted, counted, np.ones(200, dtype=bool))
    moves = sum(worth[i] * kind.sign for i, kind in enumerate(found) if kind)
    assert worth[counted].sum() == pytest.approx(worth[then].sum() + moves)


def test_names_are_joined_and_counted() -> None:
    assert named(["A"]) == "A"
    assert named(["A", "B"]) == "A and B"
    assert named(["A", "B", "C", "D", "E"]) == "A, B, C and 2 more"


@pytest.mark.parametrize(
    ("kind", "who", "said"),
    [
        (Kind.CAME, ("Ruth", "Rita", "Rita"), "North came from Ruth to Rita on 4 Nov."),
        (Kind.CAME, ("Rita", "Rita", "Rita"), "Rita came into the team on 4 Nov with North."),
        (Kind.LEFT, ("Rita", "Ruth", "Ruth"), "North went from Rita to Ruth on 4 Nov."),
        (Kind.LEFT, ("Rita", "Rita", "Rita"), "Rita left the team on 4 Nov with North."),
        (
            Kind.ELSEWHERE,
            ("Rita", "Rita", "Ruth"),
            "North belongs to Ruth since 4 Nov; this cycle still counts it with Rita.",
        ),
        (Kind.NOBODY, ("Rita", "", ""), "North is with nobody in this cycle, so no total has it."),
    ],
)
def test_the_cause_in_words(kind: Kind, who: tuple[str, str, str], said: str) -> None:
    assert sentence(kind, ["North"], *who, DAY) == said


# --- On the roll-up -----------------------------------------------------------------


@pytest.fixture
def max_(cast: Cast) -> Person:
    """A manager of another team, with the customers of nobody."""
    person = cast.people["mark"]
    Person.objects.filter(pk=person.pk).update(role=Role.SALES_MANAGER)
    return Person.objects.select_related("user").get(pk=person.pk)


def hand_over(cast: Cast, code: str, to: Person) -> None:
    submissions_expect(cycle=CycleLine.objects.first().cycle)
    customers = [cast.customers[code].pk]
    customers_hand_over_now(customers=customers, to=to, on=TODAY, today=TODAY, by=cast.leader, at=ENTRY)


def report_to(cast: Cast, person: Person, manager: Person) -> None:
    place = place_of(person)
    changed = type(place)(place.role, manager.pk, place.deputy, place.is_active)
    person_change(person=person, place=changed, by=cast.leader, at=ENTRY + timedelta(hours=1))


def worth(cycle: Cycle, people: list[Person], customer: str = "") -> tuple[float, float]:
    numbers = owned(cycle, [person.pk for person in people])
    mask = (numbers.frame["customer"] == customer).to_numpy() if customer else np.ones(len(numbers.frame), dtype=bool)
    units = numbers.team[mask][:, :12].sum(axis=1)
    return float(units.sum()), float((units * numbers.price[mask]).sum())


@pytest.mark.django_db
def test_nothing_is_said_where_nothing_moved_or_only_inside_the_team(cast: Cast, cycle: Cycle) -> None:
    assert reorganised(cycle, cast.manager) is None
    hand_over(cast, "NORTH", cast.other_rep)
    assert reorganised(cycle, cast.manager) is None
    assert "re-organisation" not in page(cast.manager)


@pytest.mark.django_db
def test_customers_that_went_to_another_team_and_came_back(cast: Cast, cycle: Cycle, max_: Person) -> None:
    units, money = worth(cycle, [cast.rep], "NORTH")
    before = team_rollup(cycle, cast.manager).total.units_far
    hand_over(cast, "NORTH", max_)
    lost, won = reorganised(cycle, cast.manager), reorganised(cycle, max_)
    assert lost is not None
    assert won is not None
    assert (lost.units, lost.money) == (pytest.approx(-units), pytest.approx(-money))
    assert (won.units, won.money) == (pytest.approx(units), pytest.approx(money))
    assert [move.text for move in lost.moves] == ["North Stores went from Rita Rep to Mark Marketing on 4 Nov."]
    assert [move.text for move in won.moves] == ["North Stores came from Rita Rep to Mark Marketing on 4 Nov."]
    assert team_rollup(cycle, cast.manager).total.units_far == pytest.approx(before + lost.units)
    hand_over(cast, "NORTH", cast.rep)
    assert reorganised(cycle, cast.manager) is None


@pytest.mark.django_db
def test_a_rep_who_reports_to_somebody_else_takes_the_lines_along(cast: Cast, cycle: Cycle, max_: Person) -> None:
    units, _ = worth(cycle, [cast.rep])
    report_to(cast, cast.rep, max_)
    lost, won = reorganised(cycle, cast.manager), reorganised(cycle, max_)
    assert lost is not None
    assert won is not None
    assert (lost.units, won.units) == (pytest.approx(-units), pytest.approx(units))
    assert [move.text for move in lost.moves] == ["Rita Rep left the team on 4 Nov with North Stores and South Stores."]
    assert [move.text for move in won.moves] == [
        "Rita Rep came into the team on 4 Nov with North Stores and South Stores."
    ]
    assert reorganised(cycle, cast.ceo) is None


@pytest.mark.django_db
def test_customers_given_away_from_the_next_cycle_on_are_still_counted_here(
    cast: Cast, cycle: Cycle, max_: Person
) -> None:
    units, _ = worth(cycle, [cast.rep], "NORTH")
    ids = [cast.customers["NORTH"].pk]
    customers_hand_over(customers=ids, to=max_, on=DAY, today=TODAY, by=cast.leader, at=ENTRY)
    here, there = reorganised(cycle, cast.manager), reorganised(cycle, max_)
    assert here is not None
    assert there is not None
    assert (here.units, there.units) == (pytest.approx(units), pytest.approx(-units))
    assert here.moves[0].text == (
        "North Stores belongs to Mark Marketing since 4 Nov; this cycle still counts it with Rita Rep."
    )


@pytest.mark.django_db
def test_lines_of_a_cycle_without_an_owner_are_missed_by_the_team_that_had_them(cast: Cast, cycle: Cycle) -> None:
    units, _ = worth(cycle, [cast.rep], "SOUTH")
    lines = CycleLine.objects.filter(cycle=cycle, line__customer=cast.customers["SOUTH"])
    before = Cycle.objects.create(
        month=date(2026, 10, 1), horizon=24, state="published", opened_at=ENTRY - timedelta(days=30)
    )
    for row in lines:
        CycleLine.objects.create(cycle=before, line=row.line, owner=cast.rep, family=row.family, price=row.price)
    lines.update(owner=None)
    Customer.objects.filter(code="SOUTH").update(owner=None)
    found = reorganised(cycle, cast.manager)
    assert found is not None
    assert found.units == pytest.approx(-units)
    assert found.moves[0].text == "South Stores is with nobody in this cycle, so no total has it."


@pytest.mark.django_db
def test_moves_without_a_number_are_not_told(cast: Cast, cycle: Cycle, max_: Person) -> None:
    lines = CycleLine.objects.filter(cycle=cycle, line__customer=cast.customers["NORTH"]).values_list("line", flat=True)
    months = [date(2026 + (10 + m) // 12, (10 + m) % 12 + 1, 1) for m in range(12)]
    edits = [CellEdit(line, month, 0.0) for line in lines for month in months]
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=edits, at=ENTRY)
    hand_over(cast, "NORTH", max_)
    assert reorganised(cycle, cast.manager) is None


@pytest.mark.django_db
def test_the_queries_do_not_grow_with_the_moves(cast: Cast, cycle: Cycle, max_: Person) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert reorganised(cycle, cast.manager) is not None
        return len(queries)

    hand_over(cast, "NORTH", max_)
    asked()
    one = asked()
    hand_over(cast, "SOUTH", max_)
    report_to(cast, cast.other_rep, max_)
    asked()
    assert asked() == one


def page(person: Person) -> str:
    client = Client()
    client.force_login(person.user)
    return " ".join(client.get("/team/").content.decode().split())


@pytest.mark.django_db
def test_the_banner_names_the_difference_and_the_cause(cast: Cast, cycle: Cycle, max_: Person) -> None:
    hand_over(cast, "NORTH", max_)
    found = reorganised(cycle, cast.manager)
    assert found is not None
    html = page(cast.manager)
    assert f"moved this total by −{-found.units:,.0f} units (EUR −" in html
    assert html.count("North Stores went from Rita Rep to Mark Marketing on 4 Nov.") == 1
