"""One measure taken apart: from the dashboard to the lines in two clicks, the same for everybody."""

import re
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from demand.models import Booking, OrderLine
from kpis.measures.catalogue import in_family
from kpis.measures.deliveries import STATES, delivery_states
from kpis.measures.words import Family
from kpis.models import Target
from kpis.selectors.measure_lines import ROWS, lines_kind, measure_lines
from kpis.selectors.measure_page import Asked, measure_of, measure_page
from kpis.services.snapshots import measures_take
from masterdata.models import Customer
from tests.cast import Cast
from tests.kpis.conftest import SignIn, text_of
from tests.meetings.journey import OPENED

SEP, OCT = date(2026, 9, 1), date(2026, 10, 1)
AT = datetime(2026, 11, 2, 8, tzinfo=UTC)
REVENUE = measure_of("revenue")


@pytest.fixture
def measured(cast: Cast) -> Cast:
    for i in range(70):
        late = i % 7 == 0
        asked = OCT + timedelta(days=i % 20)
        OrderLine.objects.create(
            code=f"L{i:02}",
            customer=cast.customers["NORTH" if i % 2 else "SOUTH"],
            product=cast.products["ALPHA"],
            qty=10,
            revenue=50,
            ordered_on=SEP - timedelta(days=i),
            requested_on=asked,
            promised_on=asked,
            shipped_on=asked + timedelta(days=3 if late else 0),
            shipped_qty=10,
        )
    measures_take(months=[SEP, OCT], at=OPENED)
    return cast


# --- The lines, pure ----------------------------------------------------------------------


def test_states_of_a_hand_made_month() -> None:
    rows = pd.DataFrame(
        {
            "requested_on": [date(2026, 10, 5)] * 5 + [date(2026, 11, 5)],
            "shipped_on": [date(2026, 10, 5), date(2026, 10, 9), None, date(2026, 11, 3), date(2026, 10, 4), None],
            "qty": [10.0] * 6,
            "shipped_qty": [10.0, 10.0, None, 10.0, 6.0, None],
        }
    )
    told = delivery_states(rows, as_of=date(2026, 10, 31))
    assert told["state"].tolist() == ["open", "open", "late", "short", "short", "on time"]
    assert told["days_late"].tolist() == [26, 26, 4, 0, 0, 0]


DAYS = st.integers(0, 60)


@given(st.lists(st.tuples(DAYS, st.one_of(st.none(), DAYS), st.integers(1, 9), st.integers(0, 9)), min_size=1))
def test_no_line_is_lost_and_the_worst_stand_first(orders: list[tuple[int, int | None, int, int]]) -> None:
    first = date(2026, 10, 1)
    rows = pd.DataFrame(
        {
            "requested_on": [first + timedelta(days=a) for a, *_ in orders],
            "shipped_on": [None if s is None else first + timedelta(days=s) for _, s, *_ in orders],
            "qty": [q for *_, q, _ in orders],
            "shipped_qty": [g for *_, g in orders],
        }
    )
    told = delivery_states(rows, as_of=date(2026, 10, 31))
    assert sorted(told.index) == list(range(len(orders)))
    ranks = [STATES.index(state) for state in told["state"]]
    assert ranks == sorted(ranks)
    assert (told["days_late"] >= 0).all()
    assert ((told["state"] == "on time") == ((told["days_late"] == 0) & (told["missing"] == 0))).all()


# --- Pages --------------------------------------------------------------------------------


def test_from_the_dashboard_to_the_lines_in_two_clicks(measured: Cast, as_: SignIn) -> None:
    client = as_(measured.rep)
    first = re.search(r'href="(/dashboard/otif_request/)"', client.get("/dashboard/").content.decode())
    assert first
    page = client.get(first[1]).content.decode()
    second = re.search(r'href="(/dashboard/otif_request/lines/\?[^"]*region=S[^"]*)"', _by(client, first[1], "region"))
    assert "Bikes" in page
    assert second
    text = text_of(client.get(second[1].replace("&amp;", "&")))
    assert "South, October 2026" in text
    assert "1 to 35 of 35" in text
    assert text.index("late") < text.index("on time")


def _by(client, address: str, level: str) -> str:
    return client.get(address, {"by": level}).content.decode()


@pytest.mark.parametrize("by", ["family", "region"])
def test_parts_are_told_with_their_own_numbers(measured: Cast, by: str) -> None:
    page = measure_page(REVENUE, Asked(by=by), measured.rep, at=OPENED)
    key = "product__family__code" if by == "family" else "customer__region__code"
    expected = dict(Booking.objects.filter(month=OCT).values_list(key).annotate(Sum("revenue")))
    assert {row.key: row.shown.value for row in page["parts"]} == pytest.approx(expected)
    values = [row.shown.value for row in page["parts"]]
    assert values == sorted(values, reverse=True)


def test_parts_stand_side_by_side_as_charts_but_reps_do_not(measured: Cast, as_: SignIn) -> None:
    page = measure_page(REVENUE, Asked(by="region"), measured.rep, at=OPENED)
    drawn = page["multiples"]
    assert drawn["months"][-1] == OCT
    assert {one["name"]: one["values"] for one in drawn["parts"]} == {p.name: p.shown.trend for p in page["parts"]}
    client = as_(measured.rep)
    assert "Side by side" in text_of(client.get("/dashboard/revenue/?by=region"))
    for by in ("rep", "customer"):
        assert "Side by side" not in text_of(client.get(f"/dashboard/revenue/?by={by}"))


def test_the_worst_served_part_stands_first(measured: Cast) -> None:
    OrderLine.objects.filter(customer__code="NORTH").update(shipped_on=None, shipped_qty=None)
    measures_take(months=[OCT], at=OPENED)
    page = measure_page(measure_of("otif_request"), Asked(OCT, "region"), measured.rep, at=OPENED)
    assert [row.key for row in page["parts"]] == ["N", "S"]


def test_an_earlier_month_can_be_asked_for_and_others_are_refused(measured: Cast, as_: SignIn) -> None:
    client = as_(measured.rep)
    assert "September 2026:" in text_of(client.get("/dashboard/revenue/?month=2026-09"))
    refused = client.get("/dashboard/revenue/?month=2020-01")
    assert (refused.status_code, "January 2020 was not measured" in text_of(refused)) == (422, True)
    assert client.get("/dashboard/revenue/?month=soon").status_code == 422
    assert client.get("/dashboard/nonsense/").status_code == 404
    assert client.get("/dashboard/revenue/lines/?family=NOSUCH").status_code == 404


def test_before_it_was_measured_it_says_so(cast: Cast, as_: SignIn) -> None:
    client = as_(cast.rep)
    assert "Revenue has not been measured yet" in text_of(client.get("/dashboard/revenue/"))
    assert "No lines stand behind" in text_of(client.get("/dashboard/revenue/lines/"))


def test_every_measure_of_the_dashboard_opens(measured: Cast, as_: SignIn) -> None:
    client = as_(measured.rep)
    for family in Family:
        for measure in in_family(family):
            assert client.get(f"/dashboard/{measure.code}/").status_code == 200
            assert client.get(f"/dashboard/{measure.code}/lines/").status_code == 200


@pytest.mark.parametrize("query", ["revenue/?by=region", "margin/?by=family", "otif_request/?by=customer"])
def test_everybody_gets_the_same_numbers(measured: Cast, as_: SignIn, query: str) -> None:
    pages = [
        as_(person).get(f"/dashboard/{query}").context["page"]
        for person in (measured.rep, measured.supply_planner, measured.marketing)
    ]
    assert pages[0]["parts"]
    assert all((page["shown"], page["parts"]) == (pages[0]["shown"], pages[0]["parts"]) for page in pages)


@pytest.mark.parametrize("person", ["rita", "mark", "adam"])
def test_margin_of_a_region_is_nowhere(measured: Cast, as_: SignIn, person: str) -> None:
    page = measure_page(measure_of("margin"), Asked(by="region"), measured.people[person], at=OPENED)
    assert page["level"] == "family"
    text = text_of(as_(measured.people[person]).get("/dashboard/margin/lines/?region=N"))
    assert "Margin" not in text.split("Revenue")[1]


def test_lines_come_in_pages(measured: Cast) -> None:
    first, second = (measure_lines("otif_request", OCT, "company", "", start) for start in (0, ROWS))
    assert first
    assert second
    assert (first.first, first.last, first.following) == (1, 60, 60)
    assert (second.first, second.last, second.following) == (61, 70, None)
    assert len({row["order"] for row in (*first.rows, *second.rows)}) == 70


def test_sold_lines_add_up_to_the_measure(measured: Cast) -> None:
    lines = measure_lines("revenue", OCT, "family", "BIKES")
    assert lines
    whole = Booking.objects.filter(month=OCT, product__family__code="BIKES").aggregate(money=Sum("revenue"))
    assert sum(row["money"] for row in lines.rows) == pytest.approx(whole["money"])


def test_stock_lines_and_what_has_none(measured: Cast) -> None:
    lines = measure_lines("below_safety", OCT, "company", "")
    assert lines
    assert {row["product"] for row in lines.rows} == {"Alpha", "Beta", "Gamma", "Delta"}
    assert measure_lines("below_safety", OCT, "region", "N") is None
    assert measure_lines("satisfaction", OCT, "company", "") is None
    assert lines_kind("plan_attainment") == ""


def test_queries_do_not_grow_with_parts_or_lines(measured: Cast, as_: SignIn, django_assert_max_num_queries) -> None:
    client = as_(measured.ceo)
    for code in ("NORTH", "SOUTH", "EAST"):
        Customer.objects.filter(code=code).update(region=measured.regions["N"])
    for address in ("/dashboard/otif_request/", "/dashboard/revenue/?by=region", "/dashboard/revenue/lines/"):
        with django_assert_max_num_queries(20):
            assert client.get(address).status_code == 200


# --- The target ---------------------------------------------------------------------------


def test_the_leader_sets_a_target_in_per_cent(measured: Cast, as_: SignIn) -> None:
    client = as_(measured.leader)
    form = {"value": "97.5 %", "since": "2026-10", "owner": "oscar"}
    answer = client.post("/dashboard/otif_request/target/", form)
    assert answer.status_code == 302
    target = Target.objects.get()
    assert (target.value, target.since, target.owner, target.set_by) == (0.975, OCT, measured.coo, measured.leader)
    text = text_of(client.get("/dashboard/otif_request/"))
    assert "Target 97.5 %, Oscar Operations answers for it missed" in text
    assert "Set by Lena Leader" in text


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"value": "many", "since": "2026-10", "owner": "oscar"}, 422, "'many' is not a number"),
        ({"value": "nan", "since": "2026-10", "owner": "oscar"}, 422, "'nan' is not a number"),
        ({"value": "95", "since": "", "owner": "oscar"}, 422, "month"),
        ({"value": "95", "since": "2026-10", "owner": "nobody"}, 422, "choose the person"),
    ],
)
def test_a_bad_target_says_what_is_wrong_and_changes_nothing(
    measured: Cast, as_: SignIn, form: dict[str, str], status: int, words: str
) -> None:
    answer = as_(measured.leader).post("/dashboard/otif_request/target/", form)
    assert (answer.status_code, Target.objects.count()) == (status, 0)
    assert words in text_of(answer)


def test_a_rep_is_refused_and_sees_no_form(measured: Cast, as_: SignIn) -> None:
    client = as_(measured.rep)
    assert "Set the target" not in text_of(client.get("/dashboard/otif_request/"))
    answer = client.post("/dashboard/otif_request/target/", {"value": "1", "since": "2026-10", "owner": "rita"})
    assert (answer.status_code, Target.objects.count()) == (403, 0)
