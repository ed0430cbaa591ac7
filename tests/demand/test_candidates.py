import numpy as np
import pytest

from demand.candidates import (
    LIBRARY,
    NAMES,
    RHYTHMS,
    SEASONAL,
    Known,
    Regions,
    candidate_forecasts,
    intermittent_lines,
    smooth_lines,
    without_gaps,
)

NAN = np.nan
YEAR = 100 + 50 * np.sin(np.arange(12) / 12 * 2 * np.pi)
QUARTERLY = np.tile([0, 0, 9.0], 12)


def forecasts(history, *, smooth=None, intermittent=None, group=None, months=6):
    lines = np.array(history, dtype=float)
    nobody = np.zeros(len(lines), dtype=bool)
    known = Known(lines, np.zeros(len(lines), dtype=int) if group is None else np.array(group), None)
    return candidate_forecasts(
        known,
        months=months,
        smooth=nobody if smooth is None else np.array(smooth),
        intermittent=nobody if intermittent is None else np.array(intermittent),
    )


def test_every_method_is_there_by_name() -> None:
    assert len(NAMES) == len(RHYTHMS) + len(LIBRARY) + len(SEASONAL)
    assert forecasts([QUARTERLY]).shape == (len(NAMES), 1, 6)


def test_kinds_of_lines_by_their_months_with_demand() -> None:
    history = np.array([YEAR.tolist() * 3, QUARTERLY, [NAN] * 20 + [5.0] * 16, [0.0] * 30 + [5, 0, 0, 0, 0, 0]])
    assert smooth_lines(history).tolist() == [True, False, False, False]
    assert intermittent_lines(history).tolist() == [False, True, False, False]


def test_library_methods_speak_only_where_asked() -> None:
    both = forecasts([np.tile(YEAR, 3), QUARTERLY], smooth=[True, False], intermittent=[False, True])
    theta, tsb, adida = (both[NAMES.index(name)] for name in LIBRARY)
    assert np.isfinite(theta[0]).all()
    assert np.isnan(theta[1]).all()
    assert np.isnan(tsb[0]).all()
    assert np.isfinite(tsb[1]).all()
    assert np.isfinite(adida[1]).all()


def test_a_yearly_rhythm_waits_for_a_year() -> None:
    young = forecasts([[NAN] * 10 + [4.0] * 8])
    assert np.isnan(young[NAMES.index("same month of earlier years")]).all()
    assert np.isfinite(young[NAMES.index("level")]).all()


def test_a_thin_line_gets_the_season_of_its_group() -> None:
    big, thin = np.tile(YEAR, 4), np.where(np.arange(48) % 7 == 3, 5.0, 0.0)
    both = forecasts([big, thin], months=12)
    with_season = both[NAMES.index("level and season")][1]
    assert with_season[3] > with_season[9] > 0
    assert np.ptp(both[NAMES.index("level")][1]) == pytest.approx(0)


def test_nothing_after_a_point_is_seen_from_it() -> None:
    history = np.array([np.tile(YEAR, 3)])
    spoiled = history.copy()
    spoiled[:, 30:] = 1e9
    group = np.zeros(1, dtype=int)
    then = Known(history, group, history[0]).until(30)
    there = Known(spoiled, group, spoiled[0]).until(30)
    kinds = {"smooth": np.array([True]), "intermittent": np.array([False])}
    honest = candidate_forecasts(then, months=3, **kinds)
    assert np.array_equal(honest, candidate_forecasts(there, months=3, **kinds), equal_nan=True)


def test_a_silent_line_fades_in_every_method() -> None:
    ended = np.array([5.0] * 24 + [0] * 8)
    going = np.array([5.0] * 32)
    gone, there = forecasts([ended], smooth=[True]), forecasts([going], smooth=[True])
    spoken = np.isfinite(gone)
    assert (gone[spoken] < there[spoken]).all()


def test_forecasts_are_never_negative_even_after_returns() -> None:
    given = forecasts([[3.0, -9, -9, 1] * 9], smooth=[True])
    assert (given[np.isfinite(given)] >= 0).all()


def test_gaps_are_filled_with_the_mean_of_what_is_known() -> None:
    assert without_gaps([2, NAN, 4]).tolist() == [2, 3, 4]
    assert without_gaps([NAN, NAN]).tolist() == [0, 0]


def test_a_thin_line_is_also_offered_the_season_of_its_region() -> None:
    thin = np.where(np.arange(48) % 7 == 3, 5.0, 0.0)[np.newaxis]
    regions = Regions(np.array([1]), np.array([np.full(48, 100.0), np.tile(YEAR, 4)]))
    known = Known(thin, np.zeros(1, dtype=int), np.full(48, 100.0), regions=regions)
    nobody = np.zeros(1, dtype=bool)
    offered = candidate_forecasts(known, months=12, smooth=nobody, intermittent=nobody)
    name = next(name for name in NAMES if name.endswith("season of the region"))
    of_region = offered[NAMES.index(name), 0]
    assert np.corrcoef(of_region, YEAR)[0, 1] > 0.99
    assert known.until(24).regions.total.shape == (2, 24)
    assert np.isnan(forecasts([thin[0]])[NAMES.index(name)]).all()
