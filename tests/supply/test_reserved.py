"""Supply reserved because of somebody's input: the same rule with it and without."""

from dataclasses import replace

import numpy as np
import pytest

from cycles.models import Cycle
from demand.models import LayerLine, Stage
from demand.selectors.versions import version_current
from demand.services.versions import version_store
from jobs.models import Job
from supply.allocation import allocate
from supply.commitment import SupplyInput, plan
from supply.models import Reserved
from supply.reserved import supply_reserved, without_input
from supply.services.due import due
from supply.services.planning import supply_plan_build
from supply.services.reserved import KIND, reserved_build, reserved_due, reserved_part
from tests.cast import Cast, small_company
from tests.supply.demand_plans import AT, CALM, cycle_opened, cycle_signed, quantities


def commit(demand: np.ndarray) -> np.ndarray:
    """Two lines of one product on one resource with 100 hours a month, fair share."""
    made = plan(SupplyInput(demand.sum(axis=0, keepdims=True), np.ones((1, 1)), np.full((1, demand.shape[1]), 100.0)))
    return allocate(demand, [0, 0], made.commitment)


def reserved(demand: list[list[float]], without: list[list[float]], lines: list[bool]) -> np.ndarray:
    return supply_reserved(demand, without, lines, commit(np.array(demand)), commit)


def test_reserved_is_what_the_same_rule_gives_with_and_without() -> None:
    more = reserved([[80.0], [80.0]], [[40.0], [0.0]], [True, False])
    assert more[0] == pytest.approx(50 - 100 * 40 / 120)
    assert more[1] == 0, "only the person's own lines"
    less = reserved([[20.0], [80.0]], [[60.0], [80.0]], [True, False])
    assert less[0] < 0


def test_unchanged_lines_reserve_nothing() -> None:
    assert (reserved([[80.0], [80.0]], [[80.0], [80.0]], [True, True]) == 0).all()


@pytest.mark.parametrize(
    ("demand", "before", "after", "without"),
    [
        (140.0, 100.0, 140.0, 100.0),  # taken over whole
        (110.0, 100.0, 140.0, 100.0),  # a quarter of it
        (100.0, 100.0, 140.0, 100.0),  # the planner kept the baseline
        (170.0, 100.0, 140.0, 130.0),  # with an event of 30 on top
        (60.0, 100.0, 60.0, 100.0),  # lowered
        (120.0, 100.0, 60.0, 120.0),  # lowered, but the plan went the other way
        (100.0, 100.0, 100.0, 100.0),
    ],
)
def test_only_what_the_plan_kept_of_a_change_is_taken_out(
    demand: float, before: float, after: float, without: float
) -> None:
    assert without_input([[demand]], [[before]], [[after]])[0, 0] == pytest.approx(without)


# --- With the plan of a cycle ---------------------------------------------------------


@pytest.fixture
def cast(db: None) -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    """Rita has put 60 on top of 40 of Alpha at North Stores in January, where Welding is short; demand took it."""
    cycle = cycle_opened()
    base = quantities(cycle, CALM, {("ALPHA", 2): 40.0})
    line = cast.line("ALPHA", "NORTH").pk
    with_input = base.quantity.copy()
    with_input[list(base.lines).index(line), 2] = 100.0
    version_store(cycle=cycle, stage=Stage.BASELINE, plan=base, at=AT)
    LayerLine.objects.create(
        cycle=cycle,
        stage=Stage.SALES,
        line_id=line,
        quantity=[None, None, 100.0, *[None] * (cycle.horizon - 3)],
        changed_by=cast.rep,
        changed_at=AT,
    )
    version_store(cycle=cycle, stage=Stage.DEMAND_PLAN, plan=replace(base, quantity=with_input), at=AT)
    return cycle


def test_what_input_reserved_is_kept_with_the_newest_plan(cast: Cast, cycle: Cycle) -> None:
    assert reserved_due() is None, "there is no supply plan yet"
    supply_plan_build(cycle=cycle, at=AT)
    version = version_current(cycle, Stage.SUPPLY_PLAN)
    assert reserved_due() == version
    due(at=AT)
    due(at=AT)
    job = Job.objects.get(kind=KIND)
    for _ in range(2):
        reserved_part(job=job.pk, payload=job.parts.get().payload, at=AT)
    assert reserved_due() is None
    row = Reserved.objects.get()
    assert (row.person, row.version) == (cast.rep, version)
    assert 0 < row.units <= 60, "never more than was asked for on top"
    assert row.value == pytest.approx(row.units * 500)


def test_a_plan_nobody_changed_reserves_for_nobody(cast: Cast) -> None:
    cycle = cycle_signed()
    supply_plan_build(cycle=cycle, at=AT)
    assert reserved_build(version=version_current(cycle, Stage.SUPPLY_PLAN)) == 0
    assert not Reserved.objects.exists()
