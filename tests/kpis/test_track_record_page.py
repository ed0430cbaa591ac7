"""A track record as a page: true to changes and calls, filtered, private, and patient."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from cycles.models import Cycle
from cycles.periods import add_months
from demand.models import Booking, Call, LayerLine, OrderCall, OrderLine, Reason, Stage
from demand.selectors.history import history
from demand.selectors.versions import stage_plan
from jobs.errors import NotYours
from kpis.selectors.track_record import track_record
from masterdata.models import Person
from supply.wording import count_text, money_text
from tests.cast import Cast
from tests.kpis.conftest import SignIn, text_of
from tests.kpis.past import past_cycle

SEP, OCT, NOV = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)
AT = datetime(2026, 10, 5, 9, tzinfo=UTC)
LINES = [("ALPHA", "NORTH"), ("ALPHA", "SOUTH"), ("BETA", "NORTH"), ("GAMMA", "SOUTH"), ("GAMMA", "NORTH")]


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return past_cycle(OCT, {Stage.BASELINE: 1.5})


def numbers(cycle: Cycle, cast: Cast, product: str, customer: str) -> tuple[float, float]:
    """(baseline, actual) of the cycle's own month."""
    line = np.array([cast.line(product, customer).pk])
    baseline = stage_plan(cycle, Stage.BASELINE, line).for_lines(line).quantity[0, 0]
    return float(baseline), float(history(line, start=cycle.month, before=add_months(cycle.month, 1)).quantity[0, 0])


def change(cycle: Cycle, cast: Cast, product: str, customer: str, quantity: float, **more: object) -> None:
    layer = [None] * cycle.horizon
    layer[0] = quantity
    fields = {"reason": Reason.CUSTOMER_TOLD, "changed_by": cast.rep, "changed_at": AT} | more
    LayerLine.objects.create(
        cycle=cycle, stage=Stage.SALES, line=cast.line(product, customer), quantity=layer, **fields
    )


def five_changes(cycle: Cycle, cast: Cast) -> None:
    """Four set to what came, GAMMA for NORTH moved away by a hundred."""
    for product, customer in LINES[:4]:
        change(cycle, cast, product, customer, numbers(cycle, cast, product, customer)[1])
    away = numbers(cycle, cast, "GAMMA", "NORTH")[0] + 100
    change(cycle, cast, "GAMMA", "NORTH", away, reason=Reason.PROMOTION, note="Spring leaflet")


def calls(cycle: Cycle, cast: Cast, call: Call, shipped: list[date | None], customer: str = "NORTH") -> None:
    for i, day in enumerate(shipped):
        order = OrderLine.objects.create(
            code=f"{call}-{customer}-{cycle.code}-{i}",
            customer=cast.customers[customer],
            product=cast.products["ALPHA"],
            qty=5,
            ordered_on=date(2026, 9, 1),
            shipped_on=day,
            shipped_qty=5 if day else None,
        )
        OrderCall.objects.create(cycle=cycle, order_line=order, month=cycle.month, call=call, by=cast.rep, at=AT)


def test_three_facts_best_call_and_biggest_miss(cast: Cast, cycle: Cycle, as_: SignIn) -> None:
    five_changes(cycle, cast)
    calls(cycle, cast, Call.LIKELY, [date(2026, 10, 9)] * 3 + [date(2026, 11, 2), None])
    calls(cycle, cast, Call.FIRM, [date(2026, 10, 9)] * 2)
    record = track_record(cast.rep, cast.rep)
    assert record.helped == "4 of your 5 changes improved the number."
    assert "high, last 6 months" in record.bias
    assert record.calls == "When you said 70 %, 3 of 5 came."
    assert [row.sentence for row in record.call_rows] == [
        "Firm (90 %): too few yet: 2 of 5.",
        "Of 5 orders you called likely (70 %), 3 came.",
    ]
    assert record.best is not None
    assert record.miss is not None
    baseline, actual = numbers(cycle, cast, "GAMMA", "NORTH")
    added = abs(baseline + 100 - actual) - abs(baseline - actual)
    assert record.miss.row["removed"] == pytest.approx(-added)
    assert record.miss.effect == f"It added {count_text(added)} ({money_text(added * 25, 'EUR')}) of error."
    year_before = Booking.objects.get(
        month=date(2025, 10, 1), product=cast.products["GAMMA"], customer=cast.customers["NORTH"]
    )
    assert record.miss.last_year == year_before.qty
    text = text_of(as_(cast.rep).get("/feedback/"))
    assert "Seen by you and your manager only." in text
    assert "Biggest miss: North Stores, Gamma" in text
    assert "promotion or event : “Spring leaflet”" in text.replace("event:", "event :")
    assert "Of 5 orders you called likely (70 %), 3 came." in text
    assert "Calls of replayed cycles are simulated input." in text


def test_where_everything_did_harm_the_biggest_miss_is_the_dearest(cast: Cast, cycle: Cycle) -> None:
    for product, customer in LINES:
        change(cycle, cast, product, customer, numbers(cycle, cast, product, customer)[0] + 10)
    record = track_record(cast.rep, cast.rep)
    assert record.best is None
    assert record.miss is not None
    assert (record.miss.row["product"], record.miss.row["customer"]) == ("Beta", "North Stores")


def test_filters_by_reason_and_customer(cast: Cast, cycle: Cycle, as_: SignIn) -> None:
    five_changes(cycle, cast)
    calls(cycle, cast, Call.LIKELY, [None] * 5, customer="SOUTH")
    told = track_record(cast.rep, cast.rep, reason=Reason.PROMOTION)
    assert (told.best, told.helped) == (None, "Did your changes help: too few yet: 1 of 5 changes.")
    assert told.calls == "When you said 70 %, 0 of 5 came."
    north = track_record(cast.rep, cast.rep, customer="North Stores")
    assert north.helped == "Did your changes help: too few yet: 3 of 5 changes."
    assert north.call_rows == []
    assert [words for _, words in north.reasons.values] == ["Customer told me", "Promotion or event"]
    unknown = track_record(cast.rep, cast.rep, customer="Somebody else's")
    assert unknown.helped == "4 of your 5 changes improved the number."
    html = as_(cast.rep).get("/feedback/?reason=promotion").content.decode()
    assert '<option value="promotion" selected>' in html
    assert "Calls carry no reason, so all are shown." in html


def test_calls_of_open_months_wait(cast: Cast, cycle: Cycle, as_: SignIn) -> None:
    now = past_cycle(NOV, {Stage.BASELINE: 1.0})
    calls(now, cast, Call.FIRM, [date(2026, 11, 3)] * 6)
    text = text_of(as_(cast.rep).get("/feedback/"))
    assert "First result after November closes, about 2 Dec." in text
    assert "came." not in text
    calls(cycle, cast, Call.EVEN, [None])
    record = track_record(cast.rep, cast.rep)
    assert [row.sentence for row in record.call_rows] == ["Even (50 %): too few yet: 1 of 5."]
    assert (record.waits, record.calls_simulated) == ("", True)
    Cycle.objects.update(simulated=False)
    assert not track_record(cast.rep, cast.rep).calls_simulated


def test_the_manager_reads_it_and_nobody_else(cast: Cast, cycle: Cycle, as_: SignIn) -> None:
    five_changes(cycle, cast)
    text = text_of(as_(cast.manager).get("/feedback/rita/"))
    assert "4 of your 5 changes improved the number." in text
    assert "As Rita Rep reads it." in text
    missing = as_(cast.ceo).get("/feedback/nobody/")
    for person in (cast.ceo, cast.other_rep, cast.demand_planner, cast.leader, cast.admin):
        answer = as_(person).get("/feedback/rita/?customer=North+Stores")
        assert (answer.status_code, missing.status_code) == (404, 404)
        assert as_(person).get("/feedback/rita/", headers={"HX-Request": "true"}).status_code == 404
        assert "Rita" not in text_of(answer)
        with pytest.raises(NotYours):
            track_record(person, cast.rep)


def test_others_changes_and_calls_are_not_told(cast: Cast, cycle: Cycle) -> None:
    five_changes(cycle, cast)
    calls(cycle, cast, Call.FIRM, [None] * 5)
    found = track_record(cast.other_rep, cast.other_rep)
    assert found.waits.startswith("First result after November closes")


def test_before_anything_has_closed(cast: Cast, as_: SignIn) -> None:
    cast.company.last_closed_month = None
    cast.company.save()
    assert "Told when the first month has closed." in text_of(as_(cast.rep).get("/feedback/"))


def test_the_page_takes_the_same_queries_whatever_it_tells(
    cast: Cast, cycle: Cycle, as_: SignIn, django_assert_num_queries, django_assert_max_num_queries
) -> None:
    five_changes(cycle, cast)
    calls(cycle, cast, Call.FIRM, [None])
    client = as_(cast.rep)
    client.get("/feedback/")
    with django_assert_max_num_queries(24) as first:
        client.get("/feedback/")
    before = past_cycle(SEP, {Stage.BASELINE: 1.5})
    five_changes(before, cast)
    calls(cycle, cast, Call.EVEN, [None] * 9)
    with django_assert_num_queries(len(first)):
        client.get("/feedback/")


def test_a_person_of_another_department_has_none(cast: Cast, cycle: Cycle, as_: SignIn) -> None:
    person: Person = cast.supply_planner
    assert "enters no numbers" in text_of(as_(person).get("/feedback/"))
