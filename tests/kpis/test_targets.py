"""What a measure is to reach: who sets it, what counts, what fails it, and the alarms it leads to."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.errors import Invalid, NotYours
from kpis.alarms import SHOWN, Alarm, Kind, Signal, signal_alarms, told
from kpis.measures.words import Good
from kpis.models import StageAccuracy, Target
from kpis.selectors.alarms import alarms_now
from kpis.selectors.targets import target_history, targets_in
from kpis.services.snapshots import measures_take
from kpis.services.targets import target_set
from kpis.targets import shortfall
from masterdata.models import Family, Person
from supply.models import Gap
from tests.cast import Cast
from tests.kpis.conftest import SignIn, text_of
from tests.kpis.past import past_cycle
from tests.meetings.journey import OPENED

SEP, OCT = date(2026, 9, 1), date(2026, 10, 1)
AT = datetime(2026, 11, 2, 8, tzinfo=UTC)


# --- Pure ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "target", "good", "missed"),
    [
        (0.90, 0.95, Good.UP, 0.05 / 0.95),
        (0.95, 0.95, Good.UP, 0.0),
        (0.97, 0.95, Good.UP, 0.0),
        (12.0, 10.0, Good.DOWN, 0.2),
        (9.0, 10.0, Good.DOWN, 0.0),
        (-0.2, 0.1, Good.ZERO, 1.0),
        (0.05, 0.1, Good.ZERO, 0.0),
        (500.0, 1.0, Good.NONE, 0.0),
        (-3.0, 0.0, Good.UP, 3.0),
        (math.nan, 1.0, Good.UP, 0.0),
    ],
)
def test_how_far_a_value_is_from_its_target(value: float, target: float, good: Good, missed: float) -> None:
    assert shortfall(value, target, good) == pytest.approx(missed)


NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


@given(NUMBERS, NUMBERS, st.sampled_from(list(Good)))
def test_what_reaches_its_target_is_no_shortfall_and_the_rest_is_positive(v: float, t: float, good: Good) -> None:
    reached = {
        Good.UP: v >= t,
        Good.DOWN: v <= t,
        Good.ZERO: abs(v) <= abs(t),
        Good.NONE: True,
    }[good]
    found = shortfall(v, t, good)
    assert found >= 0
    assert not (reached and found > 0)


ALARMS = st.lists(
    st.builds(
        Alarm,
        st.sampled_from(Kind),
        st.text("abc", min_size=1, max_size=3),
        st.just("Dora"),
        st.just("/"),
        st.floats(0, 10, allow_nan=False),
    ),
    max_size=30,
    unique=True,
)


@given(ALARMS)
def test_the_list_is_short_and_no_kind_hides_another(alarms: list[Alarm]) -> None:
    chosen, more = told(alarms)
    assert len(chosen) == min(len(alarms), SHOWN)
    assert more == len(alarms) - len(chosen)
    assert {alarm.kind for alarm in chosen} == {alarm.kind for alarm in alarms}
    assert [alarm.kind for alarm in chosen] == sorted(alarm.kind for alarm in chosen)
    for kind in {alarm.kind for alarm in alarms}:
        largest = max(alarm.size for alarm in alarms if alarm.kind == kind)
        assert largest == max(alarm.size for alarm in chosen if alarm.kind == kind)


def test_a_signal_needs_months_and_size() -> None:
    cases = {"A": (4.1, 6), "B": (4.0, 12), "C": (-5.0, 11), "D": (5.0, 5), "E": (math.nan, 12)}
    signals = {code: Signal(signal, months, 0.2, 100.0) for code, (signal, months) in cases.items()}
    assert list(signal_alarms(signals)) == ["A", "C"]


def test_a_signal_is_told_where_it_costs_something_the_dearest_first() -> None:
    signals = {
        "LARGE": Signal(6.0, 12, 0.08, 10_000.0),
        "DEAR": Signal(-5.0, 12, -0.30, 5_000.0),
        "NEAR": Signal(9.0, 12, 0.04, 9_000.0),
        "TINY": Signal(11.0, 12, 0.90, 300.0),
    }
    assert list(signal_alarms(signals)) == ["DEAR", "LARGE"]
    assert list(signal_alarms({code: replace(one, worth=0.0) for code, one in signals.items()})) != []


@given(
    st.lists(st.tuples(st.floats(-20, 20), st.integers(0, 12), st.floats(-2, 2), st.floats(0, 1e6)), max_size=30),
    st.floats(0, 0.5),
)
def test_the_families_left_out_for_size_are_a_small_part_of_sales(rows: list, share: float) -> None:
    signals = {str(i): Signal(*row) for i, row in enumerate(rows)}
    told_of = signal_alarms(signals, share=share, miss=0.0)
    other = [one for code, one in signals.items() if code not in told_of and abs(one.signal) > 4 and one.months >= 6]
    assert sum(one.worth for one in other) <= share * sum(one.worth for one in signals.values())
    costs = [abs(one.miss) * one.worth for one in told_of.values()]
    assert costs == sorted(costs, reverse=True)


# --- Stored -------------------------------------------------------------------------------


@pytest.fixture
def measured(cast: Cast) -> Cast:
    measures_take(months=[SEP, OCT], at=OPENED)
    return cast


def aim(cast: Cast, value: float | None, since: date = SEP, by: Person | None = None, **more: object) -> Target:
    given = {"measure": "revenue", "level": "company", "key": "", "owner": cast.manager, "at": AT} | more
    return target_set(value=value, since=since, by=by or cast.ceo, **given)


def test_the_last_one_set_counts_from_its_month_on_and_empty_ends_it(measured: Cast) -> None:
    aim(measured, 100.0)
    aim(measured, 200.0, OCT, at=AT + timedelta(days=1))
    of = ("revenue", "company", "")
    assert targets_in(SEP)[of].value == 100
    assert targets_in(OCT)[of].value == 200
    assert targets_in(date(2026, 8, 1)) == {}
    aim(measured, 300.0, OCT, at=AT + timedelta(days=2))
    assert targets_in(OCT)[of].value == 300
    aim(measured, None, OCT, at=AT + timedelta(days=3))
    assert targets_in(OCT) == {}
    assert targets_in(SEP)[of].value == 100
    assert [row.value for row in target_history(*of)] == [None, 300, 200, 100]


def test_only_leader_and_executives_set_them(measured: Cast) -> None:
    aim(measured, 1.0, by=measured.leader)
    for person in (measured.rep, measured.manager, measured.demand_planner, measured.people["adam"]):
        with pytest.raises(NotYours, match="S&OP leader and the executives"):
            aim(measured, 2.0, by=person)
    assert Target.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"measure": "capacity_utilisation"}, "no better side"),
        ({"measure": "nonsense"}, "no better side"),
        ({"measure": "otif_request"}, "not been measured there yet"),
        ({"level": "family", "key": "NOSUCH"}, "not been measured there yet"),
    ],
)
def test_what_cannot_have_a_target_is_said(measured: Cast, more: dict[str, object], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        aim(measured, 1.0, **more)


# --- Alarms from real rows ----------------------------------------------------------------


def words_of(cast: Cast, cycle: object = None) -> list[str]:
    return [alarm.words for alarm in alarms_now(OCT, cycle).told]  # type: ignore[arg-type]


def test_a_missed_target_is_an_alarm_with_its_owner(measured: Cast) -> None:
    assert alarms_now(OCT, None).count == 0
    aim(measured, 1e9)
    aim(measured, 1e9, level="family", key="BIKES")
    aim(measured, 1.0, measure="units_sold")
    alarms = alarms_now(OCT, None)
    assert alarms.count == 2
    assert {alarm.owner for alarm in alarms.told} == {"Mona Manager"}
    assert any("Revenue of Bikes was" in alarm.words for alarm in alarms.told)
    assert {alarm.address for alarm in alarms.told} == {
        "/dashboard/revenue/?month=2026-10",
        "/dashboard/revenue/?month=2026-10&by=family",
    }


def test_a_family_forecast_too_low_for_months_is_an_alarm(measured: Cast) -> None:
    Family.objects.filter(code="BIKES").update(name="E-Bikes")
    for i in range(7):
        cycle = past_cycle(date(2026, 3 + i, 1))
        rows = {"cycle": cycle, "stage": "company_forecast", "month": date(2026, 4 + i, 1), "level": "family", "n": 1}
        StageAccuracy.objects.create(key="BIKES", absolute_error=10, signed_error=-10, actual=100, **rows)
        StageAccuracy.objects.create(key="PARTS", absolute_error=10, signed_error=10 * (-1) ** i, actual=100, **rows)
    alarms = alarms_now(OCT, None)
    assert [alarm.words for alarm in alarms.told] == [
        "E-Bikes was forecast too low by 10% over 7 months (tracking signal +7.0)."
    ]
    assert alarms.told[0].owner == "Dora Demand"


def test_an_overload_without_an_answer_is_an_alarm_and_with_one_is_none(measured: Cast) -> None:
    cycle = past_cycle(date(2026, 11, 1))
    gap = Gap.objects.create(
        cycle=cycle, resource=measured.resource, month=date(2027, 1, 1), hours=40, value=9000, at=AT
    )
    alarms = alarms_now(OCT, cycle)
    assert "is short of 40 hours in January 2027" in alarms.told[0].words
    assert (alarms.told[0].owner, alarms.told[0].kind) == ("Sam Supply", Kind.OVERLOAD)
    Gap.objects.filter(pk=gap.pk).update(state=Gap.State.CHOSEN)
    assert alarms_now(OCT, cycle).count == 0


def test_the_dashboard_tells_them_or_says_that_there_are_none(measured: Cast, as_: SignIn) -> None:
    assert "No target was missed" in text_of(as_(measured.rep).get("/dashboard/"))
    aim(measured, 500_000)
    text = text_of(as_(measured.rep).get("/dashboard/"))
    assert "Out of bounds (1) Revenue of the company was" in text
    assert "500k missed" in text
