"""Finance's view in money against plain SQL: margin by period, other currencies, and rates that are missing."""

from datetime import date

import pytest
from django.db import connection

from cycles.models import Cycle
from demand.models import CycleLine
from demand.selectors.finance import FinancePage, finance_page
from demand.services.versions import cycle_lines_freeze
from jobs.errors import Invalid
from masterdata.models import ExchangeRate, Product
from masterdata.selectors.rates import Rates
from tests.cast import Cast, small_company
from tests.stages import cycle_in_entry

pytestmark = pytest.mark.django_db
OCT, NOV, DEC = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)
BOOKED = """
SELECT to_char(b.month, 'Mon YYYY'), sum(b.revenue), sum(b.revenue - b.qty * p.unit_cost)
FROM demand_booking b JOIN masterdata_product p ON p.id = b.product_id WHERE b.month >= '2026-01-01' GROUP BY 1
"""
AHEAD = """
SELECT to_char(c.month + make_interval(months => cell.at::int - 1), 'Mon YYYY'),
       sum(cell.value * l.price), sum(cell.value * (l.price - l.unit_cost))
FROM demand_forecastline f JOIN demand_forecastversion v ON v.id = f.version_id JOIN cycles_cycle c ON c.id = v.cycle_id
JOIN demand_cycleline l ON l.cycle_id = c.id AND l.line_id = f.line_id,
     unnest(f.quantity) WITH ORDINALITY cell(value, at)
WHERE v.id = (SELECT max(id) FROM demand_forecastversion WHERE state = 'current') GROUP BY 1
"""


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return cycle_in_entry()


def by_name(rows: list[dict]) -> dict[str, dict]:
    return {row["name"]: row for row in rows}


def page_of(cast: Cast, cycle: Cycle, currency: str = "") -> FinancePage:
    return finance_page(cycle, cast.finance, currency)


def test_revenue_and_margin_of_every_period_equal_plain_sql(cast: Cast, cycle: Cycle) -> None:
    page = page_of(cast, cycle)
    expected = {}
    with connection.cursor() as cursor:
        for query in (BOOKED, AHEAD):
            cursor.execute(query)
            expected |= {name: (float(revenue), float(margin)) for name, revenue, margin in cursor.fetchall()}
    shown = by_name(page.months)
    assert len(shown) == 10 + 24
    for name, row in shown.items():
        assert (row["value"], row["margin"]) == pytest.approx(expected.get(name, (0.0, 0.0)), abs=1e-6), name
    for periods, size in ((page.quarters, 3), (page.years, 12)):
        whole = [row for row in periods if row["margin"] is not None]
        months = list(shown.values())
        for i, row in enumerate(whole[:-1]):
            own = months[i * size : (i + 1) * size]
            assert row["margin"] == pytest.approx(sum(month["margin"] for month in own))
            assert row["margin_share"] == pytest.approx(row["margin"] / row["value"] * 100)


def test_another_currency_takes_each_month_at_its_own_rate(cast: Cast, cycle: Cycle) -> None:
    ExchangeRate.objects.create(month=OCT, currency="CHF", rate=1.25)
    ExchangeRate.objects.create(month=NOV, currency="CHF", rate=0.8)
    own, other = (by_name(page_of(cast, cycle, code).months) for code in ("", "CHF"))
    for name, rate in (("Oct 2026", 1.25), ("Nov 2026", 0.8), ("Dec 2026", 0.8)):
        for key in ("value", "margin", "budget"):
            if own[name][key] is not None:
                assert other[name][key] == pytest.approx(own[name][key] / rate)
    assert other["Sep 2026"]["value"] is None
    assert other["Sep 2026"]["gap"] is None
    years = page_of(cast, cycle, "CHF").years
    assert years[0]["value"] is None
    assert years[1]["value"] is not None
    words = page_of(cast, cycle, "CHF").rate_words
    assert "before October 2026 have no rate" in words
    assert "after November 2026 are shown at its rate" in words


def test_a_currency_without_rates_is_refused(cast: Cast, cycle: Cycle) -> None:
    with pytest.raises(Invalid, match="no exchange rate for 'JPY'"):
        page_of(cast, cycle, "JPY")


def test_a_missing_rate_is_said_and_never_taken_as_one(cast: Cast, cycle: Cycle) -> None:
    Product.objects.filter(code="ALPHA").update(currency="CHF")
    CycleLine.objects.filter(cycle=cycle).delete()
    cycle_lines_freeze(cycle=cycle)
    frozen = CycleLine.objects.filter(cycle=cycle, line__product__code="ALPHA")
    assert set(frozen.values_list("price", "unit_cost")) == {(0.0, 0.0)}
    page = page_of(cast, cycle)
    assert page.unrated == ["CHF"]
    assert by_name(page.months)["Oct 2026"]["margin"] is None
    assert page.years[0]["margin"] is None
    assert page.years[0]["value"] is not None
    ExchangeRate.objects.create(month=NOV, currency="CHF", rate=1.1)
    CycleLine.objects.filter(cycle=cycle).delete()
    cycle_lines_freeze(cycle=cycle)
    price = Product.objects.get(code="ALPHA").price or 0.0
    assert list(frozen.all().values_list("price", flat=True)) == pytest.approx([price * 1.1] * frozen.count())
    assert page_of(cast, cycle).unrated == []


def test_the_company_s_own_currency_needs_no_rate(cast: Cast, cycle: Cycle) -> None:
    Product.objects.update(currency=cast.company.currency)
    assert page_of(cast, cycle).unrated == []
    assert Rates("EUR", {}).at("EUR", NOV) == Rates("EUR", {}).at("", NOV) == 1.0


def test_the_newest_rate_up_to_a_month_holds() -> None:
    rates = Rates("EUR", {"CHF": ([OCT, DEC], [1.0, 2.0])})
    assert [rates.at("CHF", month) for month in (OCT, NOV, DEC)] == [1.0, 1.0, 2.0]
    assert rates.at("CHF", date(2026, 9, 1)) != rates.at("CHF", date(2026, 9, 1))
