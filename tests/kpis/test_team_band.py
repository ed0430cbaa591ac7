"""The band of a team: by hand, without names, and only from five people on."""

from datetime import date

import pytest
from django.contrib.auth.models import User

from cycles.models import Cycle
from demand.models import CycleLine, Stage
from kpis.measures.measured import ratio
from kpis.selectors.team_band import bias_of_team, team_of
from kpis.selectors.track_record import track_record
from kpis.team_band import Band, band_fact, team_band
from masterdata.models import Person
from masterdata.roles import Role
from tests.cast import Cast
from tests.kpis.conftest import SignIn, text_of
from tests.kpis.past import past_cycle
from tests.kpis.test_track_record_page import LINES, change, five_changes, numbers

OCT, NOV = date(2026, 10, 1), date(2026, 11, 1)


def test_the_middle_half_of_five_people() -> None:
    """Of −10, 0, 10, 20 and 90 % the quartiles are 0 and 20 %; who has four cases does not count."""
    biases = [ratio(share * 100, 100, 5) for share in (0.9, -0.1, 0.0, 0.1, 0.2)]
    assert team_band(biases) == Band(pytest.approx(0.0), pytest.approx(0.2), 5)
    assert team_band([*biases[:4], ratio(20, 100, 4)]) is None
    assert team_band([*biases[:4], ratio(20, 0, 9)]) is None


def test_the_band_in_words() -> None:
    assert band_fact(Band(-0.03, 0.2, 8)) == "The middle half of the team of 8: 3 % low to 20 % high."
    assert band_fact(Band(0.001, 0.2, 5)) == "The middle half of the team of 5: neither high nor low to 20 % high."
    assert band_fact(None).startswith("The team: too few yet.")


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return past_cycle(OCT, {Stage.BASELINE: 1.5})


def colleagues(cast: Cast, count: int = 3) -> list[Person]:
    """More people who report to Mona, beside Rita and Rob."""
    users = [User.objects.create(username=f"colleague-{i}") for i in range(count)]
    facts = {"role": Role.SALES_REP, "department": "Sales", "reports_to": cast.manager}
    return [Person.objects.create(user=user, **facts) for user in users]


@pytest.mark.django_db
def test_a_team_is_five_people_under_one_manager(cast: Cast) -> None:
    colleagues(cast, 2)
    assert team_of(cast.rep) == []
    colleague = User.objects.get(username="colleague-0")
    User.objects.create(username="one-more")
    Person.objects.create(user=User.objects.get(username="one-more"), role=Role.SALES_REP, reports_to=cast.manager)
    assert len(team_of(cast.rep)) == 5
    User.objects.filter(pk=colleague.pk).update(is_active=False)
    assert team_of(cast.rep) == []
    assert team_of(cast.ceo) == []


@pytest.mark.django_db
def test_the_band_is_made_of_the_biases_of_the_team(cast: Cast, cycle: Cycle) -> None:
    """Each of five people has five changes at what came times 1.0 to 1.4: the middle half is 10 to 30 % high."""
    team = [cast.rep, cast.other_rep, *colleagues(cast)]
    for i, person in enumerate(team):
        past = cycle if i == 0 else past_cycle(date(2026, 10 - i, 1), {Stage.BASELINE: 1.5})
        for product, customer in LINES:
            came = numbers(past, cast, product, customer)[1]
            change(past, cast, product, customer, came * (1 + i / 10), changed_by=person)
        CycleLine.objects.filter(cycle=past).update(owner=person)
    months = [date(2026, month, 1) for month in range(5, 11)]
    band = bias_of_team([person.pk for person in team], months, NOV)
    assert band == Band(pytest.approx(0.1), pytest.approx(0.3), 5)
    assert bias_of_team([person.pk for person in team[:4]], months, NOV) is None


@pytest.mark.django_db
def test_the_page_offers_it_and_tells_it_when_asked(cast: Cast, cycle: Cycle, as_: SignIn) -> None:
    five_changes(cycle, cast)
    assert "Compare with the team" not in text_of(as_(cast.rep).get("/feedback/"))
    colleagues(cast)
    assert "Compare with the team, without names" in text_of(as_(cast.rep).get("/feedback/"))
    assert "The team: too few yet." in text_of(as_(cast.rep).get("/feedback/?team=1"))
    assert not track_record(cast.rep, cast.rep, reason="promotion", team=True).team.offered
