import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demand import baseline
from demand.accuracy import wape
from demand.baseline import forecast_baseline, forecast_like, seasonal_naive
from demand.candidates import Regions

NAN = np.nan
QUARTERLY = np.tile([0.0, 0.0, 9.0], 12)
YEAR = 100 + 60 * np.sin(np.arange(12) / 12 * 2 * np.pi)
HISTORY = arrays.arrays(
    float,
    st.tuples(st.integers(1, 5), st.integers(1, 40)),
    elements=st.sampled_from([0.0, 0.0, 0.0, 2.0, 7.0, 300.0, -4.0, NAN]),
)


@settings(max_examples=40, deadline=None)
@given(history=HISTORY, data=st.data())
def test_whatever_happened_the_forecast_is_finite_and_not_negative(history, data) -> None:
    lines = len(history)
    group = data.draw(arrays.arrays(int, lines, elements=st.integers(0, 2)))
    life = data.draw(arrays.arrays(bool, (lines, 18)))
    result = forecast_baseline(history, months=18, group=group, life=life)
    assert result.quantity.shape == (lines, 18)
    assert np.isfinite(result.quantity).all()
    assert (result.quantity >= 0).all()
    assert (result.quantity[~life] == 0).all()
    assert (result.low80 >= 0).all()
    assert (result.low80 <= result.quantity + 1e-9).all()
    assert (result.high80 >= result.quantity - 1e-9).all()
    assert len(result.method) == lines
    assert all(result.method)


@settings(max_examples=15, deadline=None)
@given(history=HISTORY)
def test_the_unit_that_demand_is_counted_in_does_not_matter(history) -> None:
    one, many = forecast_baseline(history), forecast_baseline(history * 1024)
    assert many.quantity == pytest.approx(one.quantity * 1024, rel=1e-6, abs=1e-6)
    assert many.high80 == pytest.approx(one.high80 * 1024, rel=1e-6, abs=1e-6)
    assert [(one.line, one.column) for one in many.treated] == [(one.line, one.column) for one in one.treated]


@pytest.mark.parametrize("months_known", [3, 8, 14, 24, 36, 60])
def test_a_constant_history_gives_a_constant_forecast(months_known) -> None:
    result = forecast_baseline(np.array([[5.0] * months_known, [80.0] * months_known]))
    assert result.quantity == pytest.approx(np.array([[5.0] * 24, [80.0] * 24]))


def test_a_constant_line_stays_constant_in_a_seasonal_family() -> None:
    history = np.array([np.tile(YEAR, 3), np.full(36, 20.0)])
    assert forecast_baseline(history).quantity[1] == pytest.approx(np.full(24, 20.0))


def test_a_quarterly_customer_is_forecast_in_its_months() -> None:
    result = forecast_baseline([QUARTERLY, np.roll(QUARTERLY, 1)])
    assert result.quantity[0].reshape(-1, 3) == pytest.approx(np.array([[0.0, 0.0, 9.0]] * 8), abs=0.5)
    assert result.backtest_wape[0] == pytest.approx(0, abs=0.05)


def test_the_method_is_told_in_words() -> None:
    random = np.random.default_rng(2)
    orders = np.tile(QUARTERLY, (20, 1)) * random.gamma(9, 1 / 9, (20, 36))
    result = forecast_baseline(orders)
    assert all("every 3 months" in words for words in result.method)
    assert 0.1 < np.mean(result.backtest_wape) < 0.6


def test_a_season_is_found() -> None:
    random = np.random.default_rng(3)
    history = np.tile(YEAR, 5) * random.normal(1, 0.05, 60)
    forecast = forecast_baseline([history], months=12).quantity[0]
    assert wape(forecast, YEAR) < 0.15


def test_a_long_line_goes_over_to_its_own_past_and_says_so() -> None:
    random = np.random.default_rng(6)
    line = np.tile(YEAR, 5) * random.normal(1, 0.08, 60)
    young, middle, old = (np.r_[np.full(60 - known, NAN), line[-known:]] for known in (24, 36, 60))
    result = forecast_baseline([young, middle, old], group=[0, 1, 2])
    assert "own past" not in result.method[0]
    assert result.method[1].startswith("50% own past: ")
    assert result.method[2].count("%") >= 3
    assert wape(result.quantity[2], np.tile(YEAR, 2)) < 0.08
    assert wape(result.quantity[1], np.tile(YEAR, 2)) < 0.15


def test_the_months_that_were_not_taken_as_they_came_are_told() -> None:
    random = np.random.default_rng(7)
    line = np.tile(YEAR, 5) * random.normal(1, 0.05, 60)
    line[30] = 0.0
    thin = np.r_[np.tile([10.0, 0, 0], 19), 900, 0, 0]
    told = {(one.line, one.column): one for one in forecast_baseline([line, thin], group=[0, 1]).treated}
    assert set(told) == {(0, 30), (1, 57)}
    assert told[0, 30].taken == pytest.approx(YEAR[6], rel=0.25)
    assert told[1, 57].taken == 50


def test_a_line_without_history_has_no_forecast_and_says_so() -> None:
    result = forecast_baseline(np.array([[0.0] * 24, [NAN] * 24, [3.0] * 24]))
    assert (result.quantity[:2] == 0).all()
    assert result.method[:2] == [baseline.NO_HISTORY] * 2
    assert np.isnan(result.backtest_wape[:2]).all()


def test_a_line_silent_for_a_year_has_no_forecast() -> None:
    result = forecast_baseline(np.array([[5.0] * 20 + [0.0] * 12, [5.0] * 32]))
    assert (result.quantity[0] == 0).all()
    assert result.method[0] == baseline.SILENT
    assert result.quantity[1] == pytest.approx(np.full(24, 5.0))


def test_outside_its_life_a_product_has_no_demand() -> None:
    life = np.tile(np.arange(24) < 5, (2, 1))
    life[1] = False
    result = forecast_baseline(np.full((2, 36), 4.0), life=life)
    assert result.quantity[0] == pytest.approx([4.0] * 5 + [0.0] * 19)
    assert (result.quantity[1] == 0).all()
    assert result.method[1] == baseline.OUTSIDE_LIFE


def test_an_open_month_is_not_read_as_zero() -> None:
    closed, open_month = np.full((2, 30), 6.0), np.full((2, 30), 6.0)
    open_month[:, -1] = NAN
    assert forecast_baseline(open_month).quantity == pytest.approx(forecast_baseline(closed).quantity)


def test_months_without_stock_given_as_unknown_do_not_pull_the_forecast_down() -> None:
    sold_out = np.full((1, 36), 10.0)
    sold_out[0, 28:31] = NAN
    assert forecast_baseline(sold_out).quantity == pytest.approx(np.full((1, 24), 10.0))


def test_one_freak_order_does_not_become_the_plan() -> None:
    usual, freak = np.full((1, 36), 10.0), np.full((1, 36), 10.0)
    freak[0, 20] = 10_000
    assert forecast_baseline(freak).quantity.max() < 3 * forecast_baseline(usual).quantity.max()


def test_a_family_is_forecast_the_same_whatever_stands_beside_it() -> None:
    random = np.random.default_rng(5)
    lines = random.poisson(0.6, (12, 36)) * random.integers(1, 9, (12, 36)).astype(float)
    group, company, region = np.repeat([0, 1, 2], 4), lines.sum(axis=0), np.tile([0, 1], 6)
    sold = np.array([lines[region == one].sum(axis=0) for one in (0, 1)])
    together = forecast_baseline(lines, group=group, season_reference=company, regions=Regions(region, sold))
    some = Regions(region[4:8], sold)
    alone = forecast_baseline(lines[4:8], group=np.full(4, 7), season_reference=company, regions=some)
    assert together.quantity[4:8].tolist() == alone.quantity.tolist()
    assert together.method[4:8] == alone.method


def test_it_beats_the_mean_of_the_year_and_last_year_on_customers_with_a_rhythm() -> None:
    random = np.random.default_rng(11)
    months, phase = np.arange(42), random.integers(0, 3, 60)
    season = YEAR[months % 12] / 100
    orders = (months % 3 == phase[:, np.newaxis]) * random.gamma(4, 3, (60, 42)) * season
    result = forecast_baseline(orders[:, :36], months=6)
    ahead = orders[:, 36:]
    mean = np.repeat(orders[:, 24:36].mean(axis=1, keepdims=True), 6, axis=1)
    error = wape(result.quantity, ahead)
    assert error < 0.7 * wape(mean, ahead)
    assert error < wape(seasonal_naive(orders[:, :36], 6), ahead)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"history": [1.0, 2.0]}, r"history must be \(lines, months\)"),
        ({"history": [[np.inf]]}, "finite"),
        ({"history": [[1.0]], "group": [0, 1]}, "number each of 1 lines"),
        ({"history": [[1.0]], "group": [-1]}, "number each of 1 lines"),
        ({"history": [[1.0]], "life": [[True]]}, "life has shape"),
        ({"history": [[1.0]], "regions": Regions(np.array([1]), np.ones((1, 1)))}, "regions must number each of 1"),
        ({"history": [[1.0]], "season_reference": [1.0, 2.0]}, "season_reference has 2 months"),
    ],
)
def test_what_does_not_fit_is_named(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        forecast_baseline(**arguments)


def test_no_lines_and_no_months_are_no_problem() -> None:
    assert forecast_baseline(np.empty((0, 30))).quantity.shape == (0, 24)
    assert forecast_baseline(np.empty((2, 0)), season_reference=[]).quantity.tolist() == [[0.0] * 24] * 2
    assert seasonal_naive(np.empty((2, 0)), 3).tolist() == [[0, 0, 0]] * 2


def test_the_naive_repeats_last_year_twice() -> None:
    line = np.arange(1.0, 31.0)
    assert seasonal_naive([line])[0].tolist() == line[18:].tolist() * 2


def test_the_naive_of_a_young_line_is_its_share_of_the_family_s() -> None:
    old = np.r_[np.full(12, 10.0), np.full(12, 30.0)]
    young = np.r_[np.full(18, NAN), np.full(6, 10.0)]
    naive = seasonal_naive([old, young], 12)
    family = np.r_[np.full(6, 30.0), np.full(6, 40.0)]
    assert naive[0].tolist() == [30] * 12
    assert naive[1] == pytest.approx(family * 10 / 40)


def test_the_naive_is_never_negative_and_reads_no_open_month_as_zero() -> None:
    line = np.r_[np.full(22, 8.0), NAN, -3.0]
    naive = seasonal_naive([line], 12)[0]
    assert naive[:10].tolist() == [8] * 10
    assert naive[10] == pytest.approx((8 * 10 - 3) / 11)
    assert naive[11] == 0


def test_a_launch_follows_its_predecessor_by_share_and_curve() -> None:
    launch = forecast_like(np.tile(YEAR, 2), 0.5, 2, [0.4, 0.7, 1.0], months=6)
    assert launch == pytest.approx(YEAR[:6] * 0.5 * [0, 0, 0.4, 0.7, 1, 1])


def test_a_launch_of_last_month_is_one_step_up_its_curve() -> None:
    assert forecast_like([10.0] * 12, 1, -1, [0.4, 0.7, 1.0], months=3).tolist() == [7, 10, 10]


def test_a_predecessor_that_ended_long_ago_still_lends_its_last_year_by_the_calendar() -> None:
    ended = np.r_[np.tile(YEAR, 2), np.zeros(7)]
    assert forecast_like(ended, 1, 0, months=12) == pytest.approx(np.tile(YEAR, 2)[7:19])


def test_a_young_predecessor_repeats_what_it_has() -> None:
    assert forecast_like([NAN, NAN, 4.0, 6.0], 1, 0, months=2) == pytest.approx([5, 5])


def test_several_lines_launch_at_once_and_an_unsold_predecessor_gives_nothing() -> None:
    assert forecast_like([[6.0] * 12, [0.0] * 12], 1, 0, months=2).tolist() == [[6, 6], [0, 0]]
    assert forecast_like([0.0] * 12, 1, 0, months=2).tolist() == [0, 0]


@pytest.mark.parametrize(("share", "curve"), [(-1, [1]), (NAN, [1]), (1, []), (1, [-0.5]), (1, [NAN])])
def test_a_share_or_curve_that_makes_no_sense_is_refused(share, curve) -> None:
    with pytest.raises(ValueError, match="share and curve"):
        forecast_like([1.0], share, 0, curve)


def test_a_method_in_words_fits_where_it_is_stored_with_the_longest_names_there_are() -> None:
    def longest(names: tuple[str, ...]) -> str:
        chosen = np.isin(np.arange(len(names)), [names.index(one) for one in sorted(set(names), key=len)[-4:]])
        return baseline._method_in_words(chosen / 4, names, started=True, silent=False, live=True)

    own, thin = longest(baseline.LONG_NAMES), longest(baseline.NAMES)
    assert len(f"50% own past: {own}, {baseline.PER_DAY}; else {thin}") <= 200
