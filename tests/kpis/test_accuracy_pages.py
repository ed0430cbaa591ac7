"""The accuracy page and its panel in the demand review."""

from datetime import UTC, date, datetime

import pytest

from cycles.models import Cycle
from demand.models import Call, OrderCall, OrderLine
from kpis.services.snapshots import accuracy_take
from tests.cast import Cast
from tests.kpis.conftest import SignIn, text_of
from tests.kpis.past import past_cycle


@pytest.fixture
def measured(cast: Cast) -> Cast:
    for month in (date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)):
        accuracy_take(cycle=past_cycle(month))
    return cast


def test_everybody_reads_it_with_formulas_and_the_replay_marked(measured: Cast, as_: SignIn) -> None:
    for person in measured.people.values():
        answer = as_(person).get("/accuracy/")
        assert answer.status_code == 200
    text = text_of(answer)
    assert "Forecast accuracy simulated" in text
    assert "Σ|F−A| / Σ|A|; n/a when Σ|A| is 0" in text
    assert text.index("Did we do what we said?") < text.index("Ladder")


def test_no_person_is_named(measured: Cast, as_: SignIn) -> None:
    main = text_of(as_(measured.manager).get("/accuracy/")).split("Forecast accuracy")[1]
    assert not any(person.name in main.split("Details")[0] for person in (measured.rep, measured.other_rep))


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("level=family&lag=1", 200, "By family, lag 1"),
        ("level=company", 200, "By company, lags 0 to 3 pooled"),
        ("lag=7", 200, "Nothing can be measured yet."),
        ("level=person", 422, "'person' is not a level"),
        ("lag=-1", 422, "'-1' is not a lag"),
        ("lag=²", 422, "is not a lag"),
    ],
)
def test_level_and_lag_are_read_or_refused(measured: Cast, as_: SignIn, query: str, status: int, words: str) -> None:
    answer = as_(measured.rep).get(f"/accuracy/?{query}")
    assert answer.status_code == status
    assert words in text_of(answer)


def test_before_anything_has_closed_it_says_so(cast: Cast, as_: SignIn) -> None:
    assert "Nothing can be measured yet." in text_of(as_(cast.rep).get("/accuracy/"))
    assert "has not been measured against a company forecast yet" in text_of(as_(cast.rep).get("/accuracy/panel/"))


def test_the_demand_review_gets_a_fragment_that_leads_to_an_action(measured: Cast, as_: SignIn) -> None:
    answer = as_(measured.demand_planner).get("/accuracy/panel/", headers={"HX-Request": "true"})
    body = answer.content.decode()
    assert "<html" not in body
    assert 'href="/meetings/actions/"' in body
    assert "Right in October 2026" in text_of(answer)


def test_the_demand_planner_alone_sees_what_calls_are_worth_by_family(measured: Cast, as_: SignIn) -> None:
    """ALPHA is a bike: four likely calls that came, one that did not: (4 x 0.3² + 0.7²) / 5 = 0.17."""
    cycle = Cycle.objects.get(month=date(2026, 10, 1))
    at = datetime(2026, 10, 5, 9, tzinfo=UTC)
    for i in range(5):
        order = OrderLine.objects.create(
            code=f"O-{i}",
            customer=measured.customers["NORTH"],
            product=measured.products["ALPHA"],
            qty=1,
            ordered_on=date(2026, 9, 1),
            shipped_on=date(2026, 10, 9) if i else None,
        )
        OrderCall.objects.create(
            cycle=cycle, order_line=order, month=cycle.month, call=Call.LIKELY, by=measured.rep, at=at
        )
    text = text_of(as_(measured.demand_planner).get("/accuracy/"))
    assert "Calls on orders, by family" in text
    assert "Bikes simulated 5 0.17" in text
    assert "Rita" not in text
    for person in (measured.rep, measured.manager, measured.leader, measured.ceo):
        assert "Calls on orders" not in text_of(as_(person).get("/accuracy/"))


def test_queries_are_few(measured: Cast, as_: SignIn, django_assert_max_num_queries) -> None:
    client = as_(measured.rep)
    with django_assert_max_num_queries(28):
        client.get("/accuracy/")
