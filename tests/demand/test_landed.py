"""How changes of a kind landed: by direction, reason and family, never so that one person's record shows."""

import pandas as pd
import pytest

from demand.landed import Landed, landed_of, landed_sentence, landed_table


def cases(*rows: tuple[int, str, str, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["rep", "family", "reason", "before", "after", "actual"])


UP = [(1, "Bikes", "told", 100.0, 200.0, 150.0)] * 3 + [(2, "Bikes", "told", 100.0, 200.0, 190.0)] * 3


def test_the_share_is_least_squares_over_everybody() -> None:
    found = landed_of(landed_table(cases(*UP)), change=5, reason="told", family="Bikes")
    assert found == Landed(pytest.approx(0.7), 6, ("direction", "reason", "family"))
    assert landed_sentence(found, change=5, reason="Customer told me", family="Bikes") == (
        "Upward changes for “Customer told me” in Bikes landed at 70% of the change, 6 cases."
    )


def test_one_persons_changes_are_never_told() -> None:
    alone = [(1, "Parts", "told", 100.0, 200.0, 100.0)] * 50
    table = landed_table(cases(*UP, *alone))
    found = landed_of(table, change=5, reason="told", family="Parts")
    assert found is not None
    assert found.kind == ("direction", "reason")
    nobody = [(0, "Parts", "told", 100.0, 200.0, 100.0)] * 9
    assert landed_table(cases(*alone, *nobody)) == {}


def test_a_wider_kind_steps_in_and_directions_stay_apart() -> None:
    table = landed_table(cases(*UP))
    wider = landed_of(table, change=1, reason="other", family="Parts")
    assert wider is not None
    assert wider.kind == ("direction",)
    assert landed_sentence(wider, change=1, reason="", family="Parts").startswith("Upward changes landed at 70%")
    assert landed_of(table, change=-1, reason="told", family="Bikes") is None
    assert landed_of(table, change=0, reason="told", family="Bikes") is None


def test_few_cases_and_unknown_actuals_say_nothing() -> None:
    few = UP[1:5]
    assert landed_table(cases(*few)) == {}
    unknown = [(rep, family, reason, before, after, float("nan")) for rep, family, reason, before, after, _ in UP]
    assert landed_table(cases(*unknown)) == {}
    with pytest.raises(ValueError, match="'family'"):
        landed_table(cases(*UP).drop(columns="family"))
