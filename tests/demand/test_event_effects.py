from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demand.event_effects import (
    apply_events,
    expected_uplift,
    in_life,
    in_scope,
    month_weights,
    without_past_events,
)

START = date(2026, 1, 1)
MONTHS = 4
LINES = pd.DataFrame(
    {
        "family": ["BIKES", "BIKES", "HELMETS"],
        "product": ["ROAD", "TOUR", "LID"],
        "customer": ["NORTH", "SOUTH", "NORTH"],
        "region": ["N", "S", "N"],
    },
    index=[7, 8, 9],
)
NOTHING_GIVEN = np.zeros((3, MONTHS), dtype=bool)
TEN = np.full((3, MONTHS), 10.0)
KINDS = st.sampled_from(["promotion", "price", "launch", "listing", "loss"])


def event(code="E1", kind="promotion", first=1, last=2, pct=None, qty=None, confidence=1.0, **scope):
    return {
        "code": code,
        "kind": kind,
        "from_month": date(2026, first + 1, 1),
        "to_month": date(2026, last + 1, 1),
        "uplift_pct": pct,
        "uplift_qty": qty,
        "confidence": confidence,
        **dict.fromkeys(("family", "product", "customer", "region"), ""),
        **scope,
    }


def frame(*events):
    columns = list(event())
    return pd.DataFrame(list(events), columns=columns)


def applied(*events, matrix=TEN, given=NOTHING_GIVEN, lines=LINES):
    return apply_events(matrix, START, lines, frame(*events), given)


def test_a_promotion_lifts_its_family_in_its_months_by_what_is_expected() -> None:
    result, effects = applied(event(pct=20, confidence=0.5, family="BIKES"))
    assert result[0].tolist() == [10, 11, 11, 10]
    assert result[2].tolist() == [10] * 4
    assert effects["added"].tolist() == [1] * 4
    assert effects["line"].tolist() == [7, 7, 8, 8]
    assert effects["month"].tolist() == [1, 2, 1, 2]


def test_a_quantity_is_spread_over_the_lines_each_month_pro_rata() -> None:
    matrix = np.array([[30.0] * 4, [10.0] * 4, [99.0] * 4])
    result, _ = applied(event(qty=8, family="BIKES"), matrix=matrix)
    assert result[:2, 1].tolist() == [36, 12]
    assert result[2].tolist() == [99] * 4


def test_a_listing_at_customers_without_demand_is_spread_evenly() -> None:
    result, _ = applied(event(kind="listing", qty=8, family="BIKES"), matrix=np.zeros((3, MONTHS)))
    assert result[:, 1].tolist() == [4, 4, 0]


def test_scopes_narrow_each_other_and_empty_means_all() -> None:
    assert in_scope(LINES, event()).tolist() == [True] * 3
    assert in_scope(LINES, event(customer="NORTH")).tolist() == [True, False, True]
    assert in_scope(LINES, event(customer="NORTH", family="BIKES")).tolist() == [True, False, False]
    assert in_scope(LINES, event(region="S", product="ROAD")).tolist() == [False] * 3


@pytest.mark.parametrize(("pct", "qty"), [(-30.0, None), (30.0, None), (None, 3.0), (None, -3.0)])
def test_a_loss_takes_away_whatever_its_sign(pct, qty) -> None:
    result, _ = applied(event(kind="loss", pct=pct, qty=qty, product="ROAD"))
    assert result[0].tolist() == [10, 7, 7, 10]


def test_a_loss_never_goes_below_zero_and_tells_what_it_really_took() -> None:
    result, effects = applied(event(kind="loss", qty=500, product="ROAD"))
    assert result[0].tolist() == [10, 0, 0, 10]
    assert effects["added"].tolist() == [-10, -10]


def test_events_add_up_in_any_order() -> None:
    lift, more = event("A", pct=50, family="BIKES"), event("B", pct=20, product="ROAD")
    loss = event("C", kind="loss", qty=12, product="ROAD")
    one_way, _ = applied(lift, more, loss)
    other_way, _ = applied(loss, more, lift)
    assert one_way[0, 1] == pytest.approx(10 + 5 + 2 - 12)
    assert one_way.tolist() == other_way.tolist()


def test_where_a_promotion_is_already_in_the_number_the_event_adds_nothing_and_says_so() -> None:
    own = NOTHING_GIVEN.copy()
    own[0, 1] = True
    result, effects = applied(event(pct=20, family="BIKES"), given=own)
    assert result[0].tolist() == [10, 10, 12, 10]
    told = effects[effects["note"].notna()]
    assert told[["line", "month", "added"]].values.tolist() == [[7, 1, 0]]
    assert "already in the number" in told["note"].iloc[0]


def test_the_part_of_a_quantity_that_is_already_given_goes_to_nobody_else() -> None:
    own = NOTHING_GIVEN.copy()
    own[0] = True
    result, _ = applied(event(qty=10, family="BIKES"), given=own)
    assert result[:, 1].tolist() == [10, 15, 10]


def test_a_product_that_has_ended_gets_nothing() -> None:
    lines = LINES.assign(launch_month=[None] * 3, phase_out_month=[date(2026, 2, 1), None, None])
    result, effects = applied(event(qty=8, family="BIKES"), matrix=np.zeros((3, MONTHS)), lines=lines)
    assert result[0].tolist() == [0, 4, 0, 0]
    assert result[1].tolist() == [0, 4, 8, 0]
    assert effects["added"].sum() == 16


def test_a_life_runs_from_its_launch_to_its_last_month() -> None:
    lines = LINES.assign(
        launch_month=[date(2026, 3, 1), None, pd.NaT], phase_out_month=[None, date(2026, 3, 1), date(2025, 12, 1)]
    )
    assert in_life(lines, START, MONTHS).tolist() == [
        [False, False, True, True],
        [True, True, True, False],
        [False] * 4,
    ]
    assert in_life(LINES, START, MONTHS).all()


def test_an_event_outside_the_horizon_does_nothing() -> None:
    result, effects = applied(event(pct=50, first=6, last=8))
    assert result.tolist() == TEN.tolist()
    assert effects.empty


def test_an_event_that_began_before_the_horizon_counts_from_its_start() -> None:
    early = {**event(pct=100, last=0), "from_month": date(2025, 6, 1)}
    assert applied(early)[0][0].tolist() == [20, 10, 10, 10]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"given": np.zeros((3, 2), dtype=bool)}, "one mask row per line"),
        ({"lines": LINES[:2]}, "2 lines"),
        ({"lines": LINES.drop(columns="region")}, "lines lack the column 'region'"),
    ],
)
def test_what_does_not_fit_is_named(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        applied(event(pct=1), **arguments)


def test_events_need_their_columns() -> None:
    with pytest.raises(ValueError, match="events lack the column 'confidence'"):
        apply_events(TEN, START, LINES, frame(event()).drop(columns="confidence"), NOTHING_GIVEN)


def test_without_an_uplift_nothing_is_expected() -> None:
    assert expected_uplift(event(pct=float("nan"), qty="")) == (0, 0)


@given(
    matrix=arrays.arrays(float, (3, MONTHS), elements=st.floats(0, 1e5)),
    promoted=arrays.arrays(bool, (3, MONTHS)),
    kinds=st.lists(KINDS, min_size=1, max_size=4),
    pct=st.floats(-100, 300),
    qty=st.floats(0, 1e4),
)
def test_effects_are_exactly_the_difference_and_nothing_is_negative(matrix, promoted, kinds, pct, qty) -> None:
    scopes = [{"family": "BIKES"}, {"customer": "NORTH"}, {"product": "LID"}, {}]
    events = [event(f"E{i}", kind, pct=pct, qty=qty, **scopes[i]) for i, kind in enumerate(kinds)]
    result, effects = applied(*events, matrix=matrix, given=promoted)
    rebuilt = matrix.copy()
    for row in effects.itertuples():
        rebuilt[LINES.index.get_loc(row.line), row.month] += row.added
    assert rebuilt == pytest.approx(result, abs=1e-6)
    assert (result >= 0).all()
    assert (result[promoted] == matrix[promoted]).all()


@given(
    usual=arrays.arrays(float, (3, MONTHS), elements=st.floats(1, 1e5)), pct=st.floats(-80, 300), qty=st.floats(0, 50)
)
def test_taking_events_out_of_the_past_undoes_putting_them_in(usual, pct, qty) -> None:
    lifted = frame(event("A", pct=pct, confidence=0.9, family="BIKES"), event("B", qty=qty, product="LID"))
    happened, _ = apply_events(usual, START, LINES, lifted, NOTHING_GIVEN)
    assert without_past_events(happened, START, LINES, lifted) == pytest.approx(usual, rel=1e-6)


def test_cleaning_leaves_unknown_months_returns_and_total_losses_alone() -> None:
    history = np.array([[5.0, np.nan, -3.0, 5.0], [5.0] * 4, [5.0] * 4])
    both = frame(event("A", pct=100, product="ROAD"), event("B", kind="loss", pct=100, product="LID"))
    cleaned = without_past_events(history, START, LINES, both)
    assert np.isnan(cleaned[0, 1])
    assert cleaned[0, 2] == -3
    assert cleaned[2].tolist() == [5] * 4


# --- Shape -------------------------------------------------------------------------


def shaped(shape: str, **more):
    return pd.DataFrame([event(pct=20, family="BIKES", **more) | {"shape": shape}])


@pytest.mark.parametrize(
    ("shape", "months", "weights"),
    [
        ("flat", 3, [1, 1, 1]),
        ("", 2, [1, 1]),
        ("front", 3, [1.5, 1.0, 0.5]),
        ("front", 1, [1]),
        ("dip", 2, [1, 1, -0.5]),
    ],
)
def test_what_each_month_of_a_shape_gets(shape: str, months: int, weights: list[float]) -> None:
    assert month_weights(shape, months).tolist() == weights


@pytest.mark.parametrize(
    ("shape", "more", "row"),
    [
        ("front", {"first": 0, "last": 2}, [13, 12, 11, 10]),
        ("dip", {"first": 0, "last": 1}, [12, 12, 9, 10]),
        ("dip", {"first": 2, "last": 3}, [10, 10, 12, 12]),
    ],
)
def test_a_shape_spreads_the_uplift_and_can_be_taken_out_again(shape: str, more: dict, row: list[float]) -> None:
    events = shaped(shape, **more)
    result, effects = apply_events(TEN, START, LINES, events, NOTHING_GIVEN)
    assert result[0] == pytest.approx(row)
    assert effects["added"].sum() == pytest.approx((result - TEN).sum())
    assert without_past_events(result, START, LINES, events) == pytest.approx(TEN)


def test_the_months_of_an_event_that_began_before_keep_their_weights() -> None:
    began = shaped("front").assign(from_month=date(2025, 12, 1), to_month=date(2026, 2, 1))
    result, _ = apply_events(TEN, START, LINES, began, NOTHING_GIVEN)
    assert result[0] == pytest.approx([12, 11, 10, 10])
    over = shaped("dip").assign(from_month=date(2025, 12, 1), to_month=date(2025, 12, 1))
    assert apply_events(TEN, START, LINES, over, NOTHING_GIVEN)[0][0] == pytest.approx([9, 10, 10, 10])
