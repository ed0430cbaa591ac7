from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.measures import process
from kpis.measures.process import Expected

DUE = datetime(2026, 11, 10, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
CHANGED = Expected("changed", DUE - HOUR, DUE, 100.0)
FINE = Expected("all_fine", DUE, DUE, 300.0)
AUTO = Expected("auto", DUE, DUE, 50.0)
LATE = Expected("changed", DUE + HOUR, DUE, 25.0)
IDLE = Expected("", None, DUE, 25.0)


def test_participation_counts_confirmed_and_changed_by_the_deadline() -> None:
    everybody = [CHANGED, FINE, AUTO, LATE, IDLE]
    found = process.participation(everybody)
    assert (found.value, found.n) == (pytest.approx(2 / 5), 5)
    assert process.participation_by_value(everybody).value == pytest.approx(400 / 500)


def test_participation_of_nobody_is_unknown() -> None:
    assert not process.participation([]).is_known
    assert not process.participation_by_value([replace(CHANGED, value=0.0)]).is_known


@pytest.mark.parametrize("who", [AUTO, LATE, IDLE, Expected("absent", None, DUE)])
def test_who_did_not_take_part(who: Expected) -> None:
    assert not who.took_part


def test_adherence_counts_only_steps_that_are_due() -> None:
    steps = [(DUE, DUE), (DUE, DUE + HOUR), (DUE, None), (DUE + 5 * HOUR, DUE)]
    found = process.cycle_adherence(steps, DUE + 2 * HOUR)
    assert (found.value, found.n) == (pytest.approx(1 / 3), 3)
    assert not process.cycle_adherence(steps, DUE - HOUR).is_known


def test_action_closure() -> None:
    assert process.action_closure([(DUE, DUE - HOUR), (DUE, None)], DUE).value == 0.5
    assert not process.action_closure([], DUE).is_known


def test_attendance() -> None:
    assert process.attendance([True, False, None, True]).value == 0.5
    assert not process.attendance([None, None]).is_known
    assert not process.attendance([]).is_known


def test_decision_latency_is_the_median_of_decided_ones() -> None:
    decided = [(DUE, DUE + HOUR), (DUE, DUE + 3 * HOUR), (DUE, DUE + 50 * HOUR), (DUE, None)]
    found = process.decision_latency(decided)
    assert (found.value, found.n) == (3.0, 3)
    assert not process.decision_latency([(DUE, None)]).is_known


@pytest.mark.parametrize(
    ("seconds", "active"),
    [([], 0), ([5], 0), ([0, 10, 70, 71], 71), ([0, 10, 71], 10), ([71, 0, 10], 10), ([0, 600], 0)],
)
def test_active_seconds_leave_out_idle_pauses(seconds: list[int], active: float) -> None:
    assert process.active_seconds([DUE + timedelta(seconds=s) for s in seconds]) == active


@given(st.lists(st.floats(1, 600), min_size=1, max_size=30))
def test_time_to_submit_orders_median_and_p90(seconds: list[float]) -> None:
    median, p90 = process.time_to_submit([*seconds, np.nan])
    assert min(seconds) - 1e-9 <= median.value <= p90.value + 1e-9
    assert p90.value <= max(seconds) + 1e-9
    assert median.n == len(seconds)


def test_time_to_submit_without_submissions() -> None:
    median, p90 = process.time_to_submit([])
    assert not median.is_known
    assert not p90.is_known


def test_barriers_by_department_and_reason_with_what_was_done() -> None:
    found = process.barriers(
        [
            ("Sales", "no time", "shorter sheet"),
            ("Sales", "no time", ""),
            ("Sales", "", ""),
            ("Marketing", "was away", "deputy named"),
            ("Sales", "no time", "shorter sheet"),
        ]
    )
    assert [(b.department, b.reason, b.people, b.done) for b in found] == [
        ("Sales", "no time", 3, ("shorter sheet",)),
        ("Marketing", "was away", 1, ("deputy named",)),
        ("Sales", "not said", 1, ()),
    ]
