"""How changes of a kind landed: by direction, reason and family, never so that one person's record shows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demand.landed import (
    Landed,
    LandedKind,
    landed,
    landed_changes,
    landed_of,
    landed_sentence,
    landed_table,
    landed_words,
)


def cases(*rows: tuple[int, str, str, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["rep", "family", "reason", "before", "after", "actual"])


HALF = [(rep, "Bikes", "told", 100.0, 200.0, 150.0) for rep in (1, 2)] * 2
UP = [*HALF, *[(3, "Bikes", "told", 100.0, 300.0, 240.0)] * 3]
CLOSE = {"change": 5, "reason": "told", "family": "Bikes"}


def test_the_share_is_the_median_by_size() -> None:
    found = landed_of(landed_table(cases(*UP)), **CLOSE)
    assert found == LandedKind(Landed(pytest.approx(0.7), 7, 3), ("sign", "reason", "family"))
    assert landed_sentence(found, change=5, reason="Customer told me", family="Bikes") == (
        "Upward changes for “Customer told me” in Bikes landed at 70% of the change, 7 cases."
    )
    assert landed(cases(*UP)) == found.landed


def test_what_one_or_two_people_did_is_never_told() -> None:
    alone = [(1, "Parts", "told", 100.0, 200.0, 100.0), (2, "Parts", "told", 100.0, 200.0, 100.0)] * 25
    found = landed_of(landed_table(cases(*UP, *alone)), change=5, reason="told", family="Parts")
    assert found is not None
    assert found.kind == ("sign", "reason")
    nobody = [(0, "Parts", "told", 100.0, 200.0, 100.0)] * 9
    assert landed(cases(*alone, *nobody)).people == 2
    assert landed_table(cases(*alone, *nobody)) == {}


def test_a_wider_kind_steps_in_and_directions_stay_apart() -> None:
    table = landed_table(cases(*UP))
    wider = landed_of(table, change=1, reason="other", family="Parts")
    assert wider is not None
    assert wider.kind == ("sign",)
    assert (
        landed_sentence(wider, change=1, reason="", family="Parts")
        == landed_words("upward changes", wider.landed) + "."
    )
    assert landed_of(table, change=-1, reason="told", family="Bikes") is None
    assert landed_of(table, change=0, reason="told", family="Bikes") is None


def test_few_cases_and_unknown_actuals_say_nothing() -> None:
    assert landed_table(cases(*UP[2:6])) == {}
    unknown = [(rep, family, reason, before, after, float("nan")) for rep, family, reason, before, after, _ in UP]
    assert landed_table(cases(*unknown)) == {}
    with pytest.raises(ValueError, match="'family'"):
        landed_table(cases(*UP).drop(columns="family"))
    with pytest.raises(ValueError, match="no change"):
        landed(cases())


@given(
    st.lists(st.tuples(st.integers(1, 10_000), st.integers(-100_000, 100_000)), min_size=1, max_size=20),
    st.sampled_from([0.25, 0.5, 2.0, 8.0]),
)
def test_the_share_stays_in_its_bounds_and_units_do_not_matter(pairs: list[tuple[int, int]], unit: float) -> None:
    change, came = np.array(pairs, dtype=float).T
    found = landed_changes(change, came, np.ones(len(pairs)))
    assert 0 <= found.share <= 1.5
    assert landed_changes(change * unit, came * unit, np.ones(len(pairs))) == found
