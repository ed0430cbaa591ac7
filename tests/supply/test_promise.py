"""What is promised month by month and how a promise moves: properties on generated plans, and the news of it."""

from datetime import date

import numpy as np
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cycles.models import Cycle, CycleState
from demand.models import ForecastVersion
from jobs.models import MovedClock
from supply.promise import LEAST, confirmed, moved, rest_at, whole
from supply.selectors.news import MonthTotal, news
from supply.selectors.promises import NO_SOONER, Source
from supply.services.planning import supply_plan_build
from tests.cast import Cast, small_company
from tests.supply.demand_plans import AT, cycle_opened, cycle_signed, demand_planned

UNITS = arrays(np.float64, (3, 6), elements=st.integers(0, 40).map(float))
TODAY = date(2026, 11, 12)
MOST_QUERIES = 34


@given(UNITS, UNITS)
def test_confirmed_units_are_asked_for_and_there(asked: np.ndarray, given_: np.ndarray) -> None:
    own = confirmed(asked, given_)
    assert (own >= 0).all()
    assert (own <= asked).all()
    assert (np.cumsum(own, axis=1) <= np.cumsum(given_, axis=1) + 1e-6).all()
    assert (confirmed(asked, asked) == asked).all()


@given(UNITS, UNITS)
def test_the_rest_comes_in_the_first_month_that_has_it_all(asked: np.ndarray, given_: np.ndarray) -> None:
    rest, months = rest_at(asked, given_), asked.shape[1]
    owed, sent = np.cumsum(asked, axis=1), np.cumsum(given_, axis=1)
    for line, month in np.ndindex(asked.shape):
        first = next((m for m in range(month, months) if sent[line, m] >= owed[line, month] - 0.01), months)
        assert rest[line, month] == first
    assert (
        rest[confirmed(asked, given_) < asked - 0.01] > np.nonzero(confirmed(asked, given_) < asked - 0.01)[1]
    ).all()


FRACTIONS = arrays(np.float64, (3, 6), elements=st.floats(0, 40))


@given(FRACTIONS, FRACTIONS)
def test_whole_units_say_late_where_some_are_late(asked: np.ndarray, given_: np.ndarray) -> None:
    own = confirmed(asked, given_)
    told, wanted = whole(asked, own), np.rint(asked)
    late = asked - own >= LEAST
    assert (told == np.rint(told)).all()
    assert (told[late] < np.maximum(wanted[late], 1)).all()
    assert (told[~late] == wanted[~late]).all()
    assert (np.abs(told - own) <= 1.5).all()


@given(UNITS, UNITS, UNITS, UNITS)
def test_a_move_turned_round_is_the_move_back(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> None:
    then, now = confirmed(a, b), confirmed(c, d)
    assert (moved(a, then, c, now) == -moved(c, now, a, then)).all()
    assert (moved(a, then, a, then) == 0).all()


@given(UNITS, UNITS)
def test_where_all_is_confirmed_both_times_another_demand_is_no_news(then: np.ndarray, now: np.ndarray) -> None:
    assert (moved(then, then, now, now) == 0).all()


@pytest.mark.parametrize(
    ("asked_then", "then", "asked", "now", "units"),
    [(20, 20, 15, 10, -5), (20, 8, 30, 25, 12), (20, 20, 30, 25, 0), (20, 10, 8, 8, 0), (0, 0, 9, 4, 0)],
)
def test_moves_worked_out_by_hand(asked_then: float, then: float, asked: float, now: float, units: float) -> None:
    assert moved([asked_then], [then], [asked], [now]).tolist() == [units]


def test_matrices_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="alike"):
        confirmed([1.0, 2.0], [1.0])


# --- The news -----------------------------------------------------------------------


@pytest.fixture
def cast() -> Cast:
    MovedClock.objects.create(at=AT)
    return small_company()


def planned_before(peaks: dict[tuple[str, int], float]) -> Cycle:
    """October's plan, published; its months stand one further on than November's."""
    old = cycle_opened(month=date(2026, 10, 1))
    demand_planned(old, peaks=peaks)
    supply_plan_build(cycle=old, at=AT)
    Cycle.objects.filter(pk=old.pk).update(state=CycleState.PUBLISHED)
    return old


@pytest.fixture
def worse(cast: Cast) -> Cycle:
    """In October all of Alpha was promised for January; since then more is asked for than Welding can carry."""
    planned_before({})
    cycle = cycle_signed(peaks={("ALPHA", 2): 40.0})
    supply_plan_build(cycle=cycle, at=AT)
    return cycle


@pytest.mark.django_db
def test_every_late_month_has_its_date_and_its_why(cast: Cast, worse: Cycle) -> None:
    fact = news(cast.rep, TODAY)["facts"][0]
    assert [due.month for due in fact.months] == [date(2026, 11 + m, 1) for m in (0, 1)] + [
        date(2027, m, 1) for m in (1, 2, 3, 4)
    ]
    assert fact.late_months
    for due in fact.late_months:
        assert due.rest_by is not None
        assert due.rest_by > due.month
        assert due.why in ("Welding is full", NO_SOONER)
    assert fact.value == pytest.approx(fact.price * sum(due.asked - due.confirmed for due in fact.late_months))


@pytest.mark.django_db
def test_the_months_add_up_to_what_is_asked_for_and_confirmed(cast: Cast, worse: Cycle) -> None:
    page = news(cast.rep, TODAY)
    assert [total.month.month for total in page["totals"]] == [11, 12, 1, 2, 3, 4]
    late = {total.month: total.late for total in page["totals"]}
    for month, units in late.items():
        told = sum(due.late for fact in page["facts"] for due in fact.months if due.month == month)
        assert units == pytest.approx(told, abs=0.5 * len(page["facts"]) + 0.5)
    assert sum(late.values()) > 0


@pytest.mark.django_db
def test_what_was_promised_last_month_and_is_no_more_is_news(cast: Cast, worse: Cycle) -> None:
    page = news(cast.rep, TODAY)
    assert page["before"].cycle.code == "2026-10"
    assert page["changes"]
    for change in page["changes"]:
        assert (change.product, change.value < 0) == ("Alpha", True)
        for month in change.months:
            assert month.asked_then == month.confirmed_then == 10
            assert month.units == min(month.confirmed, 10) - 10
    shown = {(fact.line, due.month): due.shown for fact in page["facts"] for due in fact.late_months}
    told = {(change.line, month.month): month.confirmed for change in page["changes"] for month in change.months}
    both = shown.keys() & told.keys()
    assert both
    assert [told[key] for key in both] == [shown[key] for key in both]
    weights = [change.weight for change in page["changes"]]
    assert weights == sorted(weights, reverse=True)
    everybody = news(cast.finance, TODAY)["customer_changes"]
    assert {one.customer for one in everybody} >= {change.customer for change in page["changes"]}
    assert all(one.less > 0 for one in everybody)


@pytest.mark.django_db
def test_what_could_not_be_promised_and_now_can_is_good_news(cast: Cast) -> None:
    planned_before({("ALPHA", 3): 40.0})
    cycle = cycle_signed(peaks={("ALPHA", 2): 22.0})
    supply_plan_build(cycle=cycle, at=AT)
    changes = news(cast.rep, TODAY)["changes"]
    assert changes
    assert all(change.value > 0 for change in changes)


@pytest.mark.django_db
def test_the_page_says_it_in_plain_words(cast: Cast, worse: Cycle) -> None:
    client = Client()
    client.force_login(cast.rep.user)
    text = client.get("/supply/news/").content.decode()
    assert "Changed since the plan of October" in text
    assert "<b>3 fewer</b> in Feb, 7 of 10 instead of 10 of 10." in text
    assert "confirmed in Jan, rest in Feb; <b>7 of 10</b> in Feb, rest in Mar." in text
    assert "Because Welding is full." in text
    home = client.get("/supply/news/?part=changes", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in home
    assert "<b>3 fewer</b> in Feb, 7 of 10 instead of 10 of 10." in home
    lines = client.get(f"/supply/promised/{cast.rep.user.username}/", headers={"HX-Request": "true"}).content.decode()
    assert "<b>7 of 10</b><small>rest Mar 27</small>" in lines
    assert "Welding is full" in lines
    assert "shared by the rule “Fair share”: every customer gets the same share" in lines
    of_another = client.get(f"/supply/promised/{cast.other_rep.user.username}/").content.decode()
    assert "Committed to the customers of" in of_another
    assert client.get("/supply/promised/nobody/").status_code == 404


@pytest.mark.django_db
def test_beside_other_things_only_the_first_months_are_told(cast: Cast) -> None:
    cycle = cycle_signed(peaks={("ALPHA", month): 40.0 for month in range(1, 6)})
    supply_plan_build(cycle=cycle, at=AT)
    late = len(news(cast.rep, TODAY)["facts"][0].late_months)
    assert late > 3
    client = Client()
    client.force_login(cast.rep.user)
    more = f"; {late - 3} more month{'s' if late > 4 else ''} late."
    assert more in client.get("/supply/news/", headers={"HX-Request": "true"}).content.decode()
    assert "more month" not in client.get("/supply/news/").content.decode()


@pytest.mark.django_db
def test_a_promise_that_stands_is_said_to_stand(cast: Cast) -> None:
    planned_before({})
    cycle = cycle_signed()
    supply_plan_build(cycle=cycle, at=AT)
    client = Client()
    client.force_login(cast.rep.user)
    text = client.get("/supply/news/?part=changes", headers={"HX-Request": "true"}).content.decode()
    assert "What was promised then still stands." in text


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["rep", "manager", "finance"])
def test_the_news_takes_few_queries(cast: Cast, worse: Cycle, role: str, django_assert_max_num_queries: object) -> None:
    client = Client()
    client.force_login(getattr(cast, role).user)
    with django_assert_max_num_queries(MOST_QUERIES):  # type: ignore[operator]
        client.get("/supply/news/", headers={"HX-Request": "true"})


@pytest.mark.parametrize(
    ("rule", "told"), [("by hand", ""), ("", ""), ("margin", "“Highest margin first”: lines with")]
)
def test_a_plan_made_by_no_rule_of_sharing_names_none(rule: str, told: str) -> None:
    plan = ForecastVersion(rule=rule)
    words = Source(Cycle(), plan, plan).shared_by
    assert (told in words, bool(words)) == (True, bool(told))


def test_the_months_shown_add_up_in_whole_units() -> None:
    total = MonthTotal(date(2026, 12, 1), asked=1105.4, confirmed=1038.6)
    assert total.late == 1105 - 1039
