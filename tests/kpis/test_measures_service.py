from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpis.measures import service

JUNE_1, JUNE_30 = date(2020, 6, 1), date(2020, 6, 30)
amounts = st.lists(st.integers(0, 50), min_size=1, max_size=20)


def lines() -> pd.DataFrame:
    """Four orders: on time, partial in two deliveries, late, still open."""
    columns = ["customer", "product", "ordered_on", "requested_on", "promised_on", "shipped_on", "qty", "shipped_qty"]
    rows = [
        ["ACME", "PUMP", "2020-06-01", "2020-06-08", "2020-06-08", "2020-06-07", 10, 10],
        ["ACME", "VALVE", "2020-06-01", "2020-06-08", "2020-06-09", "2020-06-05", 6, 6],
        ["ACME", "VALVE", "2020-06-01", "2020-06-08", "2020-06-20", "2020-06-15", 4, 4],
        ["BRANDT", "PUMP", "2020-06-02", "2020-06-09", "2020-06-20", "2020-06-19", 5, 5],
        ["BRANDT", "VALVE", "2020-06-03", "2020-06-10", "2020-06-10", None, 8, 0],
    ]
    return pd.DataFrame(rows, columns=columns).assign(price=10.0)


def test_partial_deliveries_become_one_line() -> None:
    whole = service.whole_lines(lines())
    assert len(whole) == 4
    valve = whole[(whole["customer"] == "ACME") & (whole["product"] == "VALVE")].iloc[0]
    assert (valve["qty"], valve["first_qty"], valve["shipped_qty"], valve["open_qty"]) == (10, 6, 10, 0)
    assert valve["promised_on"] == pd.Timestamp("2020-06-09")
    assert valve["completed_on"] == pd.Timestamp("2020-06-15")
    assert pd.isna(whole.iloc[3]["completed_on"])


def test_a_line_partly_open_is_not_complete() -> None:
    frame = lines()
    frame.loc[2, ["shipped_on", "shipped_qty"]] = [None, 0]
    whole = service.whole_lines(frame)
    assert pd.isna(whole.iloc[1]["completed_on"])
    assert (whole.iloc[1]["first_qty"], whole.iloc[1]["open_qty"], whole.iloc[1]["open_value"]) == (6, 4, 40)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="'promised_on'"):
        service.whole_lines(lines().drop(columns="promised_on"))


def test_fill_rates_of_the_example() -> None:
    whole = service.whole_lines(lines())
    assert service.unit_fill_rate(whole["qty"], whole["first_qty"]).value == pytest.approx(21 / 33)
    assert service.line_fill(whole["qty"], whole["first_qty"]).value == pytest.approx(2 / 4)
    order = whole["customer"] + whole["ordered_on"].astype(str)
    found = service.order_fill(order, whole["qty"], whole["first_qty"])
    assert (found.value, found.n) == (pytest.approx(1 / 3), 3)


def test_order_fill_is_much_harsher_than_line_fill() -> None:
    rng = np.random.default_rng(7)
    complete = (rng.random(14 * 20_000) < 0.95).astype(float)
    orders = np.repeat(np.arange(20_000), 14)
    ones = np.ones_like(complete)
    assert service.line_fill(ones, complete).value == pytest.approx(0.95, abs=0.002)
    assert service.order_fill(orders, ones, complete).value == pytest.approx(0.95**14, abs=0.01)
    assert round(0.95**14, 3) == 0.488


def test_otif_against_request_and_promise() -> None:
    whole = service.whole_lines(lines())
    request = service.otif(
        whole["requested_on"], whole["completed_on"], whole["qty"], whole["shipped_qty"], as_of=JUNE_30
    )
    promise = service.otif(
        whole["promised_on"], whole["completed_on"], whole["qty"], whole["shipped_qty"], as_of=JUNE_30
    )
    assert (request.value, request.n) == (pytest.approx(1 / 4), 4)
    assert (promise.value, promise.n) == (pytest.approx(2 / 4), 4)


def test_otif_leaves_out_what_is_not_due_and_is_unknown_without_lines() -> None:
    early = service.otif(["2020-07-05"], ["2020-06-20"], [5], [5], as_of=JUNE_30)
    assert not early.is_known
    short = service.otif(["2020-06-20"], ["2020-06-20"], [5], [4], as_of=JUNE_30)
    assert (short.value, short.n) == (0.0, 1)
    assert service.otif([None], ["2020-06-20"], [5], [5], as_of=JUNE_30).n == 0


def test_delays_count_open_lines_with_the_days_so_far() -> None:
    whole = service.whole_lines(lines())
    late = service.days_late(whole["requested_on"], whole["completed_on"], as_of=JUNE_30)
    assert sorted(late.tolist()) == [7, 10, 20]
    assert service.delay_median(whole["requested_on"], whole["completed_on"], as_of=JUNE_30).value == 10
    assert service.delay_p90(whole["requested_on"], whole["completed_on"], as_of=JUNE_30).value == pytest.approx(18)


def test_a_delivery_after_the_day_we_look_is_still_open_then() -> None:
    late = service.days_late(["2020-05-25"], ["2020-06-20"], as_of=JUNE_1)
    assert late.tolist() == [7]


def test_no_delay_is_not_a_delay_of_zero() -> None:
    assert not service.delay_median(["2020-06-08"], ["2020-06-08"], as_of=JUNE_30).is_known
    assert not service.delay_p90([], [], as_of=JUNE_30).is_known


def test_backlog_past_due_in_units_and_money() -> None:
    whole = service.whole_lines(lines())
    units = service.past_due(whole["requested_on"], whole["completed_on"], whole["open_qty"], as_of=JUNE_30)
    money = service.past_due(whole["requested_on"], whole["completed_on"], whole["open_value"], as_of=JUNE_30)
    assert (units.value, units.n, money.value) == (8, 1, 80)
    assert service.past_due(["2020-06-30"], [None], [8], as_of=JUNE_30).value == 0, "due today is not past due"


def test_order_cycle_time_is_the_median_of_delivered_lines() -> None:
    whole = service.whole_lines(lines())
    found = service.order_cycle_time(whole["ordered_on"], whole["completed_on"])
    assert (found.value, found.n) == (14, 3)
    assert not service.order_cycle_time(["2020-06-01"], [None]).is_known


def test_quality() -> None:
    assert service.return_rate([2, 1], [100, 50]).value == pytest.approx(0.02)
    assert not service.return_rate([1], [0]).is_known
    assert service.satisfaction([4.0, np.nan, 5.0]).value == 4.5
    assert not service.satisfaction([np.nan]).is_known


@given(amounts)
def test_shipping_more_than_asked_never_helps(asked: list[int]) -> None:
    shipped = [quantity + 3 for quantity in asked]
    found = service.unit_fill_rate(asked, shipped)
    assert found.value == 1.0 if sum(asked) else not found.is_known
    assert service.line_fill(asked, shipped).value == 1.0


@given(st.data())
def test_unit_fill_is_between_line_fill_of_nothing_and_everything(data: st.DataObject) -> None:
    asked = data.draw(st.lists(st.integers(1, 50), min_size=1, max_size=20))
    shipped = [data.draw(st.integers(0, quantity)) for quantity in asked]
    assert 0 <= service.unit_fill_rate(asked, shipped).value <= 1
    whole_units = sum(a for a, s in zip(asked, shipped, strict=True) if a == s)
    assert service.unit_fill_rate(asked, shipped).value >= whole_units / sum(asked) - 1e-12


def test_unknown_and_uneven_quantities_are_refused() -> None:
    with pytest.raises(ValueError, match="not 0"):
        service.unit_fill_rate([1, np.nan], [1, 1])
    with pytest.raises(ValueError, match="one length"):
        service.line_fill([1, 2], [1])


@settings(max_examples=20)
@given(st.permutations(range(5)))
def test_the_order_of_the_rows_does_not_matter(order: list[int]) -> None:
    usual = service.whole_lines(lines()).sort_values(service.KEY, ignore_index=True)
    shuffled = service.whole_lines(lines().iloc[order]).sort_values(service.KEY, ignore_index=True)
    pd.testing.assert_frame_equal(usual, shuffled)


@settings(max_examples=20)
@given(st.integers(1, 9))
def test_splitting_a_delivery_on_one_day_changes_nothing(part: int) -> None:
    frame = lines()
    half = frame.iloc[[0]].assign(qty=part, shipped_qty=part)
    rest = frame.iloc[[0]].assign(qty=10 - part, shipped_qty=10 - part)
    split = service.whole_lines(pd.concat([half, rest, frame.iloc[1:]]))
    usual = service.whole_lines(frame)
    pd.testing.assert_frame_equal(split, usual, check_dtype=False)


@given(
    st.lists(st.tuples(st.integers(-20, 20), st.none() | st.integers(-20, 20)), min_size=1, max_size=15),
)
def test_every_due_line_is_met_late_or_neither_twice(cases: list[tuple[int, int | None]]) -> None:
    origin = np.datetime64("2020-06-10")
    due = np.array([origin + np.timedelta64(d, "D") for d, _ in cases])
    done = np.array(
        [np.datetime64("NaT") if c is None else origin + np.timedelta64(c, "D") for _, c in cases],
        dtype="datetime64[D]",
    )
    ones = np.ones(len(cases))
    as_of = date(2020, 6, 15)
    found = service.otif(due, done, ones, ones, as_of=as_of)
    late = service.days_late(due, done, as_of=as_of)
    assert found.n == int((due <= np.datetime64(as_of)).sum())
    assert (late > 0).all()
    open_today = int((np.isnat(done) | (done > np.datetime64(as_of)))[due == np.datetime64(as_of)].sum())
    met = found.numerator if found.n else 0
    assert met + len(late) + open_today == found.n
