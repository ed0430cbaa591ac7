"""Any measure by any part: what is offered has numbers, what is not says why; forecast and process measures too."""

from datetime import date, timedelta

import numpy as np
import pytest
from django.db.models import F

from demand.models import Booking, Stage
from demand.models.versions import ForecastLine
from kpis.cuts import CUSTOMER, LEVELS, POOLED, PRIVATE_OF_CUSTOMERS, REGION, REP, WHERE, why_not
from kpis.measures.catalogue import CATALOGUE
from kpis.measures.words import Subject
from kpis.models import Snapshot
from kpis.selectors.measure_page import Asked, measure_of, measure_page
from kpis.services.snapshots import accuracy_take, measures_take
from masterdata.models import Customer, ExchangeRate, Product
from masterdata.roles import COST_ROLES
from tests.cast import Cast
from tests.kpis.conftest import SignIn, text_of
from tests.kpis.past import past_cycle
from tests.meetings.journey import OPENED

pytestmark = pytest.mark.django_db
AUG, SEP, OCT = date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)


@pytest.fixture
def measured(cast: Cast) -> Cast:
    for month in (AUG, SEP):
        accuracy_take(cycle=past_cycle(month))
    measures_take(months=[SEP, OCT], at=OPENED)
    return cast


def by_hand(cycle: date, stage: Stage, month: date, **part: object) -> tuple[float, float, float]:
    """(Σ|F−A|, Σ(F−A), Σ|A|) over the lines of a part, from rows and bookings one by one."""
    position = (month.year - cycle.year) * 12 + month.month - cycle.month
    rows = ForecastLine.objects.filter(version__cycle__month=cycle, version__stage=stage, version__state="current")
    rows = rows.filter(**part).values_list("line__product_id", "line__customer_id", "quantity")
    sold = {
        (product, customer): qty
        for product, customer, qty in Booking.objects.filter(month=month).values_list(
            "product_id", "customer_id", "qty"
        )
    }
    pairs = [(quantity[position], sold.get((product, customer), 0.0)) for product, customer, quantity in rows]
    assert pairs
    f, a = (np.array(side) for side in zip(*pairs, strict=True))
    return float(np.abs(f - a).sum()), float((f - a).sum()), float(np.abs(a).sum())


@pytest.mark.parametrize(
    ("level", "field"),
    [
        ("family", "line__product__family__code"),
        ("group", "line__product__family__group"),
        ("region", "line__customer__region__code"),
    ],
)
@pytest.mark.parametrize("lag", [0, 1])
def test_errors_of_a_part_by_stage_and_lag(measured: Cast, level: str, field: str, lag: int) -> None:
    cycle = {0: SEP, 1: AUG}[lag]
    for code in ("wape", "accuracy", "bias", "fva"):
        asked = Asked(SEP, level, Stage.DEMAND_PLAN.value, str(lag))
        page = measure_page(measure_of(code), asked, measured.rep, at=OPENED)
        assert page["parts"]
        for row in page["parts"]:
            error, signed, actual = by_hand(cycle, Stage.DEMAND_PLAN, SEP, **{field: row.key})
            before, *_ = by_hand(cycle, Stage.EVENTS, SEP, **{field: row.key})
            expected = {
                "wape": error / actual * 100,
                "accuracy": max(0.0, 1 - error / actual) * 100,
                "bias": signed / actual * 100,
                "fva": (before - error) / actual * 100,
            }
            assert row.shown.value == pytest.approx(expected[code]), (code, row.key)


def test_the_tracking_signal_of_the_company_over_its_months(measured: Cast) -> None:
    page = measure_page(measure_of("tracking_signal"), Asked(OCT, lag="1"), measured.rep, at=OPENED)
    errors = [-by_hand(cycle, Stage.COMPANY_FORECAST, month)[1] for cycle, month in ((AUG, SEP), (SEP, OCT))]
    assert page["shown"].value == pytest.approx(sum(errors) / np.mean(np.abs(errors)))
    assert page["shown"].n == 2


def test_what_people_entered_is_told_of_a_region_with_enough_of_them(measured: Cast) -> None:
    def regions(stage: Stage) -> list[str]:
        asked = Asked(by=REGION, stage=stage.value)
        return [row.key for row in measure_page(measure_of("bias"), asked, measured.ceo, at=OPENED)["parts"]]

    assert regions(Stage.BASELINE) != []
    assert regions(Stage.SALES) == []
    people = [measured.rep, measured.other_rep, measured.manager]
    for person, code in zip(people, ("NORTH", "SOUTH", "EAST"), strict=True):
        Customer.objects.filter(code=code).update(owner=person, region=measured.regions["N"])
    assert regions(Stage.SALES) == ["N"]


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_measure_opens_and_every_level_has_numbers_or_a_reason(measured: Cast, as_: SignIn, code: str) -> None:
    client = as_(measured.ceo)
    text = text_of(client.get(f"/dashboard/{code}/"))
    assert CATALOGUE[code].name in text
    if code in WHERE:
        assert WHERE[code].split(".")[0] in text
    refused = {level: why_not(code, level) for level in LEVELS}
    assert all(reason.endswith(".") and "{" not in reason for reason in refused.values() if reason)
    if CATALOGUE[code].family and Snapshot.objects.filter(measure=code, level="company").exists():
        stored = set(Snapshot.objects.filter(measure=code).values_list("level", flat=True)) - {"company"}
        assert stored <= {level for level, reason in refused.items() if not reason}
        assert all(LEVELS[level] in text for level in stored)
    assert client.get(f"/dashboard/{code}/lines/").status_code == 200


def test_a_person_s_accuracy_is_no_level(measured: Cast) -> None:
    for code, measure in CATALOGUE.items():
        if measure.subject is Subject.FORECAST:
            assert all(why_not(code, level) for level in (CUSTOMER, REP)), code
    assert {code for code, m in CATALOGUE.items() if m.subject is Subject.FORECAST} == POOLED | {
        code for code in WHERE if CATALOGUE[code].subject is Subject.FORECAST
    }


@pytest.mark.parametrize("level", [REGION, CUSTOMER, REP])
def test_margin_below_the_families_is_for_those_who_see_costs(measured: Cast, as_: SignIn, level: str) -> None:
    stored = {row.key: row.value for row in Snapshot.objects.filter(measure="margin", level=level, month=OCT)}
    assert stored
    for name, person in measured.people.items():
        for code in PRIVATE_OF_CUSTOMERS:
            page = measure_page(measure_of(code), Asked(by=level), person, at=OPENED)
            assert (page["level"] == level) == (person.role in COST_ROLES), (name, code)
        shown = measure_page(measure_of("margin"), Asked(by=level), person, at=OPENED)
        if person.role in COST_ROLES:
            assert {row.key: row.shown.value for row in shown["parts"]} == pytest.approx(stored)
        else:
            assert f"Cost and margin of a {level}" in text_of(as_(person).get(f"/dashboard/margin/?by={level}"))


@pytest.mark.parametrize("level", [CUSTOMER, REP, "group"])
def test_the_lines_of_a_part_add_up_to_it(measured: Cast, as_: SignIn, level: str) -> None:
    Customer.objects.filter(code="SOUTH").update(plan_as=measured.customers["NORTH"])
    measures_take(months=[OCT], at=OPENED)
    page = measure_page(measure_of("revenue"), Asked(OCT, level), measured.rep, at=OPENED)
    assert len(page["parts"]) >= 1
    for row in page["parts"]:
        rows = as_(measured.rep).get(row.lines).context["page"]["lines"].rows
        assert sum(one["money"] for one in rows) == pytest.approx(row.shown.value), row.name


def test_reps_stand_by_name_and_are_not_ranked(measured: Cast) -> None:
    page = measure_page(measure_of("revenue"), Asked(by=REP), measured.ceo, at=OPENED)
    names = [row.name for row in page["parts"]]
    assert names == sorted(names)
    assert len(names) >= 2


def test_stage_and_lag_asked_for_wrongly_say_what_there_is(measured: Cast, as_: SignIn) -> None:
    client = as_(measured.rep)
    for query, words in (("stage=best", "is not a stage here"), ("lag=40", "is not a lag"), ("lag=x", "is not a lag")):
        answer = client.get(f"/dashboard/wape/?{query}")
        assert (answer.status_code, words in text_of(answer)) == (422, True)
    assert client.get("/dashboard/fva/?stage=naive").status_code == 422


def test_a_product_priced_in_another_currency_counts_at_the_rate_of_the_month(measured: Cast) -> None:
    before = Snapshot.objects.get(measure="cost_of_sales", level="company", month=OCT).value
    of_alpha = sum(
        Booking.objects.filter(month=OCT, product__code="ALPHA").values_list(
            F("qty") * F("product__unit_cost"), flat=True
        )
    )
    Product.objects.filter(code="ALPHA").update(currency="CHF")
    measures_take(months=[OCT], at=OPENED)
    for code in ("cost_of_sales", "margin", "margin_share", "holding_cost", "inventory_turns"):
        assert Snapshot.objects.get(measure=code, level="company", month=OCT).value is None, code
    assert Snapshot.objects.get(measure="revenue", level="company", month=OCT).value > 0
    ExchangeRate.objects.create(month=SEP, currency="CHF", rate=1.1)
    ExchangeRate.objects.create(month=OCT + timedelta(days=31), currency="CHF", rate=9.0)
    measures_take(months=[OCT], at=OPENED)
    after = Snapshot.objects.get(measure="cost_of_sales", level="company", month=OCT).value
    assert after == pytest.approx(before + 0.1 * of_alpha)
