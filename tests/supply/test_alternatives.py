"""What a rep can offer instead: which products, how many, when; and the page that says so."""

from datetime import date

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from cycles.models import Cycle
from cycles.periods import add_months
from demand.services.lines import lines_sync
from jobs.errors import Refused
from jobs.models import MovedClock
from masterdata.models import Product
from supply.models import BillOfResource, Inventory, SupplyAnswer
from supply.selectors.alternatives import ITSELF, PREDECESSOR, SUCCESSOR, Alternatives, alternatives
from supply.services.planning import supply_plan_build
from tests.cast import Cast, small_company
from tests.supply.demand_plans import AT, cycle_signed
from tests.supply.test_views import as_, text

pytestmark = pytest.mark.django_db
JAN, FEB = date(2027, 1, 1), date(2027, 2, 1)
TODAY = date(2026, 11, 11)
# January asks for 40 of ALPHA for each of three customers; welding has 150 hours, a bike takes two.
PEAK = {("ALPHA", 2): 40.0}
MOST_QUERIES = 33


@pytest.fixture
def cast() -> Cast:
    MovedClock.objects.create(at=AT)
    return small_company()


def planned(peaks: dict[tuple[str, int], float] = PEAK) -> Cycle:
    cycle = cycle_signed(peaks=peaks)
    supply_plan_build(cycle=cycle, at=AT)
    return cycle


def of_north(cast: Cast, month: date = JAN) -> Alternatives:
    return alternatives(None, cast.line("ALPHA", "NORTH").pk, month, TODAY)


def stock(cast: Cast, code: str, units: float) -> None:
    Inventory.objects.filter(product=cast.products[code]).update(on_hand=units)


# --- Which, how many, when ----------------------------------------------------------


def test_nothing_is_free_where_the_whole_family_needs_the_same_hours(cast: Cast) -> None:
    planned()
    found = of_north(cast)
    assert found.missing == round(found.fact.asked - found.fact.confirmed) > 1
    assert found.now == []
    assert [(one.code, one.free) for one in found.later] == [("BETA", 0)]
    assert found.later[0].first is not None
    assert found.later[0].first > JAN


def test_stock_of_the_family_that_no_later_month_needs_can_stand_in(cast: Cast) -> None:
    stock(cast, "BETA", 400.0)
    planned()
    (one,) = of_north(cast).now
    assert (one.code, one.relation, one.given) == ("BETA", "same family", pytest.approx(5.0))
    # 400 less four months of 15 (welding has hours to spare from March on) and less 10 of safety stock
    assert one.free == 330
    assert one.all_by == JAN


def test_other_families_are_not_offered_but_declared_relatives_are(cast: Cast) -> None:
    stock(cast, "GAMMA", 9_000.0)
    stock(cast, "DELTA", 9_000.0)
    Product.objects.filter(code="GAMMA").update(like_product=cast.products["ALPHA"])
    Product.objects.filter(code="ALPHA").update(like_product=cast.products["DELTA"])
    planned()
    assert {one.code: one.relation for one in of_north(cast).now} == {"GAMMA": SUCCESSOR, "DELTA": PREDECESSOR}


def test_a_product_that_is_not_sold_in_the_month_is_not_offered(cast: Cast) -> None:
    stock(cast, "BETA", 400.0)
    Product.objects.filter(code="BETA").update(phase_out_month=add_months(JAN, -1))
    planned()
    assert of_north(cast).now == []
    assert of_north(cast).later == []


def test_what_the_customer_buys_already_comes_first_and_the_rest_is_new_to_them(cast: Cast) -> None:
    for code in ("OMEGA", "AAA"):
        product = Product.objects.create(code=code, name=code.title(), family=cast.families["BIKES"], price=700.0)
        Inventory.objects.create(as_of=date(2026, 10, 31), product=product, on_hand=500, safety_stock=0)
        BillOfResource.objects.create(product=product, resource=cast.resource, hours_per_unit=2)
        cast.products[code] = product
    cast.customers["EAST"].lines.create(product=cast.products["AAA"])
    cast.customers["NORTH"].lines.create(product=cast.products["OMEGA"])
    lines_sync()
    small = {"ALPHA": 10.0, "BETA": 5.0, "GAMMA": 20.0, "DELTA": 2.0, "OMEGA": 1.0, "AAA": 1.0}
    supply_plan_build(cycle=cycle_signed(small, PEAK), at=AT)
    now = of_north(cast).now
    assert [(one.code, one.is_bought) for one in now] == [("OMEGA", True), ("AAA", False)]
    assert all(one.all_by == JAN for one in now)


def test_what_is_bought_in_has_no_limit_after_its_lead_time(cast: Cast) -> None:
    Product.objects.filter(code="BETA").update(make_or_buy=Product.Source.BUY, lead_time_days=20)
    planned()
    (one,) = of_north(cast).now
    assert (one.code, one.free, one.all_by) == ("BETA", None, JAN)
    Product.objects.filter(code="BETA").update(lead_time_days=100)
    (later,) = of_north(cast).later
    assert later.first == FEB


def test_a_month_with_everything_confirmed_has_nothing_to_replace(cast: Cast) -> None:
    stock(cast, "BETA", 400.0)
    planned()
    found = of_north(cast, date(2026, 11, 1))
    assert (found.missing, found.now, found.earlier, found.later) == (0, [], [], [])


def test_an_earlier_delivery_of_the_same_product_comes_first(cast: Cast) -> None:
    planned()
    found = of_north(cast)
    assert [(one.code, one.relation) for one in found.earlier] == [("ALPHA", ITSELF), ("BETA", "same family")]
    # December: 150 hours make 75 bikes, of which the plan makes 40
    assert {(one.earlier, one.earlier_free) for one in found.earlier} == {(date(2026, 12, 1), 35)}


def test_what_was_free_in_months_gone_by_is_not_offered(cast: Cast) -> None:
    planned()
    found = alternatives(None, cast.line("ALPHA", "NORTH").pk, JAN, date(2027, 1, 20))
    assert found.earlier == []


def test_without_stock_only_hours_count_and_the_page_says_so(cast: Cast) -> None:
    Inventory.objects.all().delete()
    planned()
    found = of_north(cast)
    assert not found.stock_known
    assert "Stock is not known" in text(as_(cast.rep).get(address(cast)))


def test_unknown_lines_months_and_plans_are_refused_in_words(cast: Cast) -> None:
    with pytest.raises(Refused, match="Nothing is committed yet"):
        of_north(cast)
    planned()
    with pytest.raises(Refused, match="no such line and month"):
        of_north(cast, add_months(JAN, 40))
    with pytest.raises(Refused, match="no such line and month"):
        alternatives(None, 10**9, JAN, TODAY)


# --- The page -----------------------------------------------------------------------


def address(cast: Cast, month: str = "2027-01") -> str:
    return f"/supply/news/{cast.line('ALPHA', 'NORTH').pk}/{month}/"


def test_every_fact_of_the_news_links_to_its_alternatives(cast: Cast) -> None:
    planned()
    page = text(as_(cast.rep).get("/supply/news/", headers={"HX-Request": "true"}))
    assert page.count(">Alternatives<") == page.count("confirmed in") > 0
    assert f'href="{address(cast)}"' in page


def test_the_page_says_what_is_free_and_when_without_a_cost(cast: Cast) -> None:
    stock(cast, "BETA", 400.0)
    Product.objects.filter(code="BETA").update(unit_cost=541.27)
    planned()
    page = text(as_(cast.rep).get(address(cast)))
    assert "Instead of Alpha for North Stores" in page
    assert "What supply can still deliver in January 2027" in page
    assert '<td class="num" data-label="Free in Jan 27">330</td>' in page
    assert "541" not in page


def test_when_there_is_nothing_it_says_so_and_names_the_next_date(cast: Cast) -> None:
    planned()
    page = text(as_(cast.rep).get(address(cast)))
    assert "No other product of the family Bikes can be delivered in January 2027" in page
    assert "The next date for Alpha itself is February 2027." in page
    assert "Beta (same family): all 13 are free in" in page


@pytest.mark.parametrize(
    ("path", "status"),
    [("2027-13", 422), ("2031-01", 404), ("2027-01/?cycle=2020-01", 404), ("2027-01/?cycle=x", 422)],
)
def test_bad_addresses_are_answered_in_words(cast: Cast, path: str, status: int) -> None:
    planned()
    whole = f"/supply/news/{cast.line('ALPHA', 'NORTH').pk}/{path}" + ("" if "?" in path else "/")
    answer = as_(cast.rep).get(whole)
    assert answer.status_code == status
    assert "<h1>" in text(answer)


def test_it_is_for_everybody_who_is_signed_in_and_nobody_else(cast: Cast) -> None:
    planned()
    for who in ("rob", "mona", "sam", "carla", "mark", "adam"):
        assert as_(cast.people[who]).get(address(cast)).status_code == 200, who
    assert Client().get(address(cast)).status_code == 302


def test_the_page_takes_as_many_queries_for_one_product_as_for_many(
    cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    stock(cast, "BETA", 400.0)
    cycle = planned()
    client = as_(cast.rep)
    with django_assert_max_num_queries(MOST_QUERIES) as few:
        client.get(address(cast))
    for code in ("X1", "X2", "X3", "X4"):
        product = Product.objects.create(code=code, name=code, family=cast.families["BIKES"], price=9.0)
        line = cast.customers["NORTH"].lines.create(product=product)
        cycle.lines.create(line=line, family=cast.families["BIKES"], price=9.0)
        copied = SupplyAnswer.objects.get(cycle=cycle, product=cast.products["BETA"])
        copied.pk, copied.product = None, product
        copied.save()
    with django_assert_max_num_queries(MOST_QUERIES) as many:
        page = text(client.get(address(cast)))
    assert "X4" in page
    assert len(many) <= len(few)
