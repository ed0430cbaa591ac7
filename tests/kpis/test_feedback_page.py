"""What somebody's input did, as a page: true to the changes made, and private."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from cycles.models import Cycle
from demand.models import Booking, LayerLine, OrderLine, Reason, Stage
from demand.selectors.versions import stage_plan
from jobs.errors import NotYours
from kpis.selectors.feedback import feedback, may_see, people_below
from masterdata.models import Person
from masterdata.roles import Role
from supply.wording import money_text
from tests.cast import Cast
from tests.kpis.conftest import SignIn, text_of
from tests.kpis.past import past_cycle

OCT = date(2026, 10, 1)
AT = datetime(2026, 10, 5, 9, tzinfo=UTC)


def changed(cycle: Cycle, cast: Cast, product: str, customer: str, quantity: float, person: Person) -> None:
    """The person's number of the cycle's own month."""
    layer = [None] * cycle.horizon
    layer[0] = quantity
    LayerLine.objects.create(
        cycle=cycle,
        stage=Stage.SALES,
        line=cast.line(product, customer),
        quantity=layer,
        reason=Reason.CUSTOMER_TOLD,
        changed_by=person,
        changed_at=AT,
    )


def booked(cast: Cast, product: str, customer: str) -> float:
    return Booking.objects.get(month=OCT, product=cast.products[product], customer=cast.customers[customer]).qty


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return past_cycle(OCT)


def test_the_sentence_counts_the_error_removed(cast: Cast, cycle: Cycle) -> None:
    """ALPHA for NORTH set to exactly what came; GAMMA for SOUTH moved away from it by ten."""
    actual = booked(cast, "ALPHA", "NORTH"), booked(cast, "GAMMA", "SOUTH")
    lines = np.sort([cast.line("ALPHA", "NORTH").pk, cast.line("GAMMA", "SOUTH").pk])
    base = stage_plan(cycle, Stage.BASELINE, lines).for_lines(lines).quantity[:, 0]
    before = dict(zip(lines.tolist(), base.tolist(), strict=True))
    far = before[cast.line("GAMMA", "SOUTH").pk] + 10
    changed(cycle, cast, "ALPHA", "NORTH", actual[0], cast.rep)
    changed(cycle, cast, "GAMMA", "SOUTH", far, cast.rep)
    found = feedback(cast.rep, cast.rep)
    gained = abs(before[cast.line("ALPHA", "NORTH").pk] - actual[0])
    lost = abs(far - actual[1]) - abs(far - 10 - actual[1])
    assert found.sentences[0].startswith(f"Your 2 changes for October 2026 {'took' if gained > lost else 'added'}")
    assert money_text(abs(gained * 500 - lost * 25), "EUR") in found.sentences[0]
    assert "1 of 2 ended nearer to what came" in found.sentences[0]
    assert [row["product"] for row in found.rows] == ["Alpha", "Gamma"]
    assert found.rows[0]["removed"] == pytest.approx(gained)
    assert found.rows[1]["removed"] == pytest.approx(-lost)
    assert found.simulated


def test_changes_of_others_do_not_count(cast: Cast, cycle: Cycle) -> None:
    changed(cycle, cast, "ALPHA", "EAST", 1.0, cast.other_rep)
    assert feedback(cast.rep, cast.rep).sentences[0].startswith("You changed nothing that has come in yet.")
    assert len(feedback(cast.other_rep, cast.other_rep).rows) == 1


def test_months_that_are_open_are_not_told(cast: Cast) -> None:
    nov = past_cycle(date(2026, 11, 1), {Stage.BASELINE: 1.0})
    changed(nov, cast, "ALPHA", "NORTH", 99.0, cast.rep)
    found = feedback(cast.rep, cast.rep)
    assert found.rows == []
    assert "after November 2026 has closed" in found.sentences[0]


def test_service_of_the_reps_customers_stands_beside_the_companys(cast: Cast, cycle: Cycle) -> None:
    changed(cycle, cast, "ALPHA", "NORTH", 5.0, cast.rep)
    for code, customer, shipped in (("1", "NORTH", date(2026, 10, 4)), ("2", "EAST", date(2026, 10, 20))):
        OrderLine.objects.create(
            code=code,
            customer=cast.customers[customer],
            product=cast.products["ALPHA"],
            qty=5,
            ordered_on=date(2026, 9, 20),
            requested_on=date(2026, 10, 5),
            shipped_on=shipped,
            shipped_qty=5,
        )
    told = "Your customers got 100 % on time and in full in October, 50 points above the company's 50 %."
    assert told in feedback(cast.rep, cast.rep).sentences


def test_somebody_who_enters_nothing_is_told_so(cast: Cast, cycle: Cycle, as_: SignIn) -> None:
    assert feedback(cast.supply_planner, cast.supply_planner).sentences == []
    assert "enters no numbers" in text_of(as_(cast.supply_planner).get("/feedback/"))


# --- Private ----------------------------------------------------------------------------------


def test_only_the_person_and_the_manager_may_see(cast: Cast) -> None:
    assert may_see(cast.rep, cast.rep)
    assert may_see(cast.manager, cast.rep)
    others = [person for person in cast.people.values() if person not in (cast.rep, cast.manager)]
    assert not any(may_see(person, cast.rep) for person in others)
    with pytest.raises(NotYours):
        feedback(cast.ceo, cast.rep)


def test_a_sales_manager_further_up_may_see_an_executive_may_not(cast: Cast) -> None:
    Person.objects.filter(pk=cast.other_rep.pk).update(role=Role.SALES_MANAGER)
    Person.objects.filter(pk=cast.rep.pk).update(reports_to=cast.other_rep)
    rep = Person.objects.get(pk=cast.rep.pk)
    assert may_see(cast.manager, rep)
    assert not may_see(cast.ceo, rep)


def test_the_manager_opens_the_page_of_a_rep(cast: Cast, cycle: Cycle, as_: SignIn) -> None:
    changed(cycle, cast, "ALPHA", "NORTH", 5.0, cast.rep)
    client = as_(cast.manager)
    text = text_of(client.get("/feedback/rita/"))
    assert "What the input of Rita Rep did" in text
    assert {person.username for person in people_below(cast.manager)} == {"rita", "rob"}
    assert "/feedback/rob/" in client.get("/feedback/").content.decode()


def test_a_private_record_answers_exactly_like_a_missing_one(cast: Cast, cycle: Cycle, as_: SignIn) -> None:
    changed(cycle, cast, "ALPHA", "NORTH", 5.0, cast.rep)
    for person in (cast.ceo, cast.other_rep, cast.demand_planner, cast.leader, cast.admin):
        client = as_(person)
        private, missing = client.get("/feedback/rita/"), client.get("/feedback/nobody/")
        assert (private.status_code, missing.status_code) == (404, 404)
        assert text_of(private) == text_of(missing)


def test_a_record_of_somebody_outside_sales_is_not_there(cast: Cast, as_: SignIn) -> None:
    assert as_(cast.ceo).get("/feedback/lena/").status_code == 404


def test_the_home_page_gets_a_fragment(cast: Cast, cycle: Cycle, as_: SignIn) -> None:
    changed(cycle, cast, "ALPHA", "NORTH", 5.0, cast.rep)
    answer = as_(cast.rep).get("/feedback/", headers={"HX-Request": "true"})
    assert "<html" not in answer.content.decode()
    assert "Your 1 change for October 2026" in text_of(answer)
    assert "simulated" in text_of(answer)


def test_queries_do_not_grow_with_cycles(cast: Cast, as_: SignIn, django_assert_max_num_queries) -> None:
    for month in (date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1), OCT):
        changed(past_cycle(month, {Stage.BASELINE: 1.2}), cast, "ALPHA", "NORTH", 5.0, cast.rep)
    client = as_(cast.rep)
    with django_assert_max_num_queries(32):
        assert client.get("/feedback/").status_code == 200
