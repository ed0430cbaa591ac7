"""Orders to watch: which ones, and what a call does to the plan."""

from datetime import date, timedelta

import numpy as np
import pytest

from cycles.models import Cycle
from cycles.periods import month_range
from cycles.services import cycle_advance
from demand.models import Booking, Call, Change, Comment, Line, Opportunity, OrderCall, OrderLine, Reason, Stage
from demand.selectors.call_cases import call_cases
from demand.selectors.calls import MOST, orders_to_watch
from demand.selectors.versions import stage_plan
from demand.services.calls import CallMade, call_make
from jobs.errors import Invalid, NotYours, Refused
from masterdata.models import Product
from tests.cast import Cast
from tests.stages import ENTRY, REVIEW

NOV, DEC, JAN = month_range(date(2026, 11, 1), 3)
TODAY = date(2026, 11, 4)
pytestmark = pytest.mark.django_db


def silence(cast: Cast) -> Line:
    """BETA for SOUTH ordered every third month up to March, twelve units each, and nothing since: seven months ago."""
    booked = Booking.objects.filter(product=cast.products["BETA"], customer=cast.customers["SOUTH"])
    kept = booked.filter(month__month__in=(3, 6, 9, 12), month__lte=date(2026, 4, 1))
    kept.update(qty=12)
    booked.exclude(pk__in=kept).delete()
    return cast.line("BETA", "SOUTH")


def order(cast: Cast, **more: object) -> OrderLine:
    fields = {
        "code": "O-1",
        "customer": cast.customers["NORTH"],
        "product": cast.products["ALPHA"],
        "qty": 5,
        "ordered_on": date(2026, 10, 1),
        "promised_on": date(2026, 11, 20),
    }
    return OrderLine.objects.create(**fields | more)


def make(
    cycle: Cycle, cast: Cast, subject: OrderLine | Opportunity | Line, call: Call, minutes: int = 0, **more
) -> CallMade:
    at = ENTRY + timedelta(minutes=minutes)
    return call_make(cycle=cycle, person=cast.rep, subject=subject, call=call, at=at, **more)


def values(cycle: Cycle, line: Line, stage: Stage = Stage.SALES) -> list[float]:
    return stage_plan(cycle, stage, np.array([line.pk])).quantity[0, :3].tolist()


# --- The list ----------------------------------------------------------------------


def test_the_dearest_open_orders_of_own_customers_come_first(cast: Cast, cycle: Cycle) -> None:
    order(cast, code="SMALL", qty=1)
    order(cast, code="LARGE", qty=9)
    order(cast, code="SHIPPED", shipped_on=date(2026, 10, 30))
    order(cast, code="LATER", promised_on=date(2027, 3, 1))
    order(cast, code="FOREIGN", customer=cast.customers["EAST"])
    assert [row.code for row in orders_to_watch(cycle, cast.rep, on=TODAY).rows] == ["LARGE", "SMALL"]
    assert [row.code for row in orders_to_watch(cycle, cast.other_rep, on=TODAY).rows] == ["FOREIGN"]


def test_at_most_fifteen(cast: Cast, cycle: Cycle) -> None:
    for i in range(MOST + 5):
        order(cast, code=f"O-{i}")
    assert len(orders_to_watch(cycle, cast.rep, on=TODAY).rows) == MOST


def test_an_open_quote_is_watched_until_it_is_closed(cast: Cast, cycle: Cycle) -> None:
    fields = {"customer": cast.customers["NORTH"], "value": 9000, "probability": 0.5, "expected_month": DEC}
    open_one = Opportunity.objects.create(code="Q-1", product=cast.products["BETA"], qty=10, **fields)
    Opportunity.objects.create(code="Q-2", owner=cast.rep, family=cast.families["BIKES"], **fields)
    Opportunity.objects.create(code="Q-3", closed_on=TODAY, **fields)
    rows = {row.code: row for row in orders_to_watch(cycle, cast.rep, on=TODAY).rows}
    assert set(rows) == {"Q-1", "Q-2"}
    assert (rows["Q-1"].line, rows["Q-2"].line) == (cast.line("BETA", "NORTH").pk, None)
    assert make(cycle, cast, open_one, Call.LIKELY).call.opportunity == open_one


def test_a_detail_product_is_watched_under_its_planning_line(cast: Cast, cycle: Cycle) -> None:
    red = Product.objects.create(
        code="ALPHA-RED", name="Red", family=cast.families["BIKES"], plan_as=cast.products["ALPHA"], price=500
    )
    subject = order(cast, product=red)
    [row] = orders_to_watch(cycle, cast.rep, on=TODAY).rows
    assert (row.line, row.product) == (cast.line("ALPHA", "NORTH").pk, "Alpha")
    make(cycle, cast, subject, Call.SLIPS, slips_to=DEC)
    assert values(cycle, cast.line("ALPHA", "NORTH")) != values(cycle, cast.line("ALPHA", "NORTH"), Stage.BASELINE)


def test_the_newest_call_stands_on_the_list(cast: Cast, cycle: Cycle) -> None:
    subject = order(cast)
    make(cycle, cast, subject, Call.LIKELY)
    make(cycle, cast, subject, Call.FIRM, minutes=1)
    page = orders_to_watch(cycle, cast.rep, on=TODAY)
    assert (page.rows[0].call, page.answered) == (Call.FIRM, 1)
    assert OrderCall.objects.count() == 2


# --- Lines past their usual interval -------------------------------------------------


def test_a_line_past_its_usual_interval_is_watched_by_its_usual_order(cast: Cast, cycle: Cycle) -> None:
    line = silence(cast)
    [row] = orders_to_watch(cycle, cast.rep, on=TODAY).rows
    assert (row.kind, row.pk, row.qty, row.value) == ("line", line.pk, 12, 9600)
    assert row.rhythm == "usually orders every 3 months, last order 8 months ago"
    assert orders_to_watch(cycle, cast.other_rep, on=TODAY).rows == []


def test_an_order_or_quote_speaks_for_its_line(cast: Cast, cycle: Cycle) -> None:
    silence(cast)
    beta = {"product": cast.products["BETA"], "customer": cast.customers["SOUTH"]}
    placed = order(cast, **beta, ordered_on=date(2026, 11, 3), shipped_on=TODAY)
    assert orders_to_watch(cycle, cast.rep, on=TODAY).rows == []
    placed.delete()
    assert len(orders_to_watch(cycle, cast.rep, on=TODAY).rows) == 1
    Opportunity.objects.create(code="Q-1", qty=3, value=2400, probability=0.5, expected_month=DEC, **beta)
    assert [row.kind for row in orders_to_watch(cycle, cast.rep, on=TODAY).rows] == ["opportunity"]


def test_rows_of_all_kinds_are_together_at_most_fifteen_by_value(cast: Cast, cycle: Cycle) -> None:
    silence(cast)
    for i in range(MOST):
        order(cast, code=f"O-{i:02}", qty=1 if i < 3 else 90)
    rows = orders_to_watch(cycle, cast.rep, on=TODAY).rows
    assert len(rows) == MOST
    assert [row.kind for row in rows[12:]] == ["line", "order", "order"]


def test_a_line_is_called_and_slips_like_an_order(cast: Cast, cycle: Cycle) -> None:
    line = silence(cast)
    before = values(cycle, line)
    make(cycle, cast, line, Call.DOUBTFUL)
    [row] = orders_to_watch(cycle, cast.rep, on=TODAY).rows
    assert row.call == Call.DOUBTFUL
    made = make(cycle, cast, line, Call.SLIPS, minutes=1, slips_to=DEC)
    moved = min(12, before[0])
    assert (made.call.line, made.call.month, made.units) == (line, NOV, pytest.approx(moved))
    assert values(cycle, line) == pytest.approx([before[0] - moved, before[1] + moved, before[2]])
    make(cycle, cast, line, Call.LOST, minutes=2)
    assert values(cycle, line) == pytest.approx(before)


def test_a_line_that_ordered_meanwhile_or_is_in_time_is_not_called(cast: Cast, cycle: Cycle) -> None:
    line = silence(cast)
    order(cast, product=cast.products["BETA"], customer=cast.customers["SOUTH"], ordered_on=date(2026, 11, 3))
    with pytest.raises(Refused, match="ordered on 3 Nov 2026; no answer is needed"):
        make(cycle, cast, line, Call.FIRM)
    with pytest.raises(Refused, match="not past its usual interval"):
        make(cycle, cast, cast.line("ALPHA", "NORTH"), Call.FIRM)
    with pytest.raises(NotYours, match="belongs to Rob Rep"):
        make(cycle, cast, cast.line("ALPHA", "EAST"), Call.FIRM)


def test_a_call_keeps_the_month_it_spoke_of(cast: Cast, cycle: Cycle) -> None:
    subject = order(cast, promised_on=date(2026, 12, 20))
    made = make(cycle, cast, subject, Call.LIKELY)
    OrderLine.objects.filter(pk=subject.pk).update(promised_on=date(2027, 3, 1), pushes=1)
    assert OrderCall.objects.get(pk=made.call.pk).month == DEC


# --- What became of it ---------------------------------------------------------------


def test_calls_know_the_month_in_which_their_order_came(cast: Cast, cycle: Cycle) -> None:
    whole, part, open_one = (order(cast, code=code) for code in ("WHOLE", "PART", "OPEN"))
    quotes = {"customer": cast.customers["NORTH"], "family": cast.families["PARTS"], "expected_month": NOV}
    won, lost = (Opportunity.objects.create(code=code, owner=cast.rep, **quotes) for code in ("WON", "LOST"))
    line = silence(cast)
    for minutes, subject in enumerate([whole, part, open_one, won, lost, line]):
        make(cycle, cast, subject, Call.LIKELY, minutes=minutes)
    make(cycle, cast, whole, Call.FIRM, minutes=9)
    OrderLine.objects.filter(code="WHOLE").update(shipped_on=date(2026, 12, 3), shipped_qty=5)
    OrderLine.objects.filter(code="PART").update(shipped_on=date(2026, 11, 20), shipped_qty=4)
    Opportunity.objects.filter(code="WON").update(stage="won", closed_on=date(2026, 11, 9))
    Opportunity.objects.filter(code="LOST").update(stage="lost", closed_on=date(2026, 11, 9))
    beta = {"product": cast.products["BETA"], "customer": cast.customers["SOUTH"], "revenue": 0}
    Booking.objects.create(month=NOV, qty=-2, **beta)
    Booking.objects.create(month=DEC, qty=7, **beta)
    found = call_cases(cast.rep)
    assert [(case.call, case.came) for case in found] == [
        ("likely", None),
        ("likely", None),
        ("likely", NOV),
        ("likely", None),
        ("likely", DEC),
        ("firm", DEC),
    ]
    assert [case.family for case in found] == ["Bikes", "Bikes", "Parts", "Parts", "Bikes", "Bikes"]
    assert {case.month for case in found} == {NOV}
    assert call_cases(cast.other_rep) == []
    assert call_cases() == found


# --- A slip ------------------------------------------------------------------------


def test_a_slip_moves_the_quantity_and_tells_supply(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH")
    nov, dec, jan = values(cycle, line)
    made = make(cycle, cast, order(cast), Call.SLIPS, slips_to=DEC)
    assert (made.units, made.from_month, made.to_month) == (5, NOV, DEC)
    assert values(cycle, line) == pytest.approx([nov - 5, dec + 5, jan])
    assert set(Change.objects.values_list("reason", "comment")) == {
        (Reason.ORDER_DELAYED, "O-1: 5 units slip to Dec 2026")
    }
    assert Comment.objects.get().to == cast.supply_planner


def test_a_later_call_moves_it_back_exactly(cast: Cast, cycle: Cycle) -> None:
    line, subject = cast.line("ALPHA", "NORTH"), order(cast)
    before = values(cycle, line)
    make(cycle, cast, subject, Call.SLIPS, slips_to=DEC)
    make(cycle, cast, subject, Call.SLIPS, minutes=1, slips_to=JAN)
    assert values(cycle, line) == pytest.approx([before[0] - 5, before[1], before[2] + 5])
    make(cycle, cast, subject, Call.FIRM, minutes=2)
    assert values(cycle, line) == pytest.approx(before)


def test_no_more_moves_than_is_there_and_that_much_comes_back(cast: Cast, cycle: Cycle) -> None:
    line, subject = cast.line("ALPHA", "NORTH"), order(cast, qty=10_000)
    before = values(cycle, line)
    made = make(cycle, cast, subject, Call.SLIPS, slips_to=DEC)
    assert made.units == pytest.approx(before[0])
    assert values(cycle, line) == pytest.approx([0, before[0] + before[1], before[2]])
    make(cycle, cast, subject, Call.EVEN, minutes=1)
    assert values(cycle, line) == pytest.approx(before)


def test_an_overdue_order_stands_in_the_cycles_own_month(cast: Cast, cycle: Cycle) -> None:
    subject = order(cast, promised_on=date(2026, 9, 3))
    assert make(cycle, cast, subject, Call.SLIPS, slips_to=DEC).from_month == NOV


def test_other_calls_leave_the_plan_alone(cast: Cast, cycle: Cycle) -> None:
    for minutes, call in enumerate([Call.FIRM, Call.LIKELY, Call.EVEN, Call.DOUBTFUL, Call.LOST]):
        make(cycle, cast, order(cast, code=call), call, minutes=minutes)
    assert not Change.objects.exists()


def test_after_entry_the_call_is_recorded_and_the_plan_stays(cast: Cast, cycle: Cycle) -> None:
    subject = order(cast)
    cycle_advance(cycle=cycle, at=REVIEW)
    made = make(cycle, cast, subject, Call.SLIPS, slips_to=DEC)
    assert made.closed
    assert OrderCall.objects.get().slips_to == DEC
    assert not Change.objects.exists()


# --- What cannot be ----------------------------------------------------------------


@pytest.mark.parametrize("slips_to", [None, NOV, date(2026, 12, 2), date(2028, 11, 1), date(2026, 10, 1)])
def test_a_slip_needs_a_later_month_of_the_horizon(cast: Cast, cycle: Cycle, slips_to: date | None) -> None:
    with pytest.raises(Invalid, match="Choose the month it slips to"):
        make(cycle, cast, order(cast), Call.SLIPS, slips_to=slips_to)


def test_only_a_slip_has_a_month(cast: Cast, cycle: Cycle) -> None:
    with pytest.raises(Invalid, match="Only a slip"):
        make(cycle, cast, order(cast), Call.FIRM, slips_to=DEC)


def test_an_order_that_has_been_shipped_needs_no_answer(cast: Cast, cycle: Cycle) -> None:
    with pytest.raises(Refused, match="was shipped on 30 Oct 2026"):
        make(cycle, cast, order(cast, shipped_on=date(2026, 10, 30)), Call.FIRM)


def test_only_the_owner_calls(cast: Cast, cycle: Cycle) -> None:
    with pytest.raises(NotYours, match="belongs to Rob Rep"):
        make(cycle, cast, order(cast, customer=cast.customers["EAST"]), Call.FIRM)
    with pytest.raises(NotYours, match="Calling an order"):
        call_make(cycle=cycle, person=cast.finance, subject=order(cast, code="O-2"), call=Call.FIRM, at=ENTRY)
