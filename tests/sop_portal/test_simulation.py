"""Generated companies: the calibrated rule gains on the informed, leaves noise out and keeps the perfect."""

import json
from datetime import date
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from django.core.management import CommandError, call_command

from cycles.models import Cycle
from sop_portal.simulation.company import CYCLES, HISTORY, simulate
from sop_portal.simulation.files import company_write
from sop_portal.simulation.people import INFORMED, NOISE, PERFECT
from sop_portal.simulation.trial import ALL, LATER, calibrated_cells, changed_cells, trial_table, trials

SEEDS = range(1, 21)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_claim_holds_for_every_seed(seed: int) -> None:
    found = {row.kind: row for row in trials(seed)}
    informed, noise, perfect, later = (found[kind] for kind in (INFORMED, NOISE, PERFECT, LATER))
    assert informed.plan < 0.6 * min(informed.baseline, informed.sales)
    assert perfect.plan < 0.05
    for row in (noise, later):
        assert row.plan - row.baseline < 0.6 * (row.sales - row.baseline)
    assert found[ALL].plan < 0.6 * min(found[ALL].baseline, found[ALL].sales)


def test_a_company_has_every_kind_of_rep_and_input_for_every_cycle() -> None:
    company = simulate(3)
    kinds = [rep.kind for rep in company.reps]
    assert (kinds.count(PERFECT), kinds.count(NOISE), kinds.count(INFORMED)) == (1, 1, 6)
    assert set(company.inputs["cycle"]) == set(range(CYCLES))
    assert (company.inputs["qty"] >= 0).all()
    perfect = next(rep.username for rep in company.reps if rep.kind == PERFECT)
    cells = changed_cells(company)
    exact = cells[cells["rep"] == perfect]
    assert (exact["after"] == exact["actual"]).all()


def test_what_comes_after_a_cycle_does_not_move_its_plan() -> None:
    cells = changed_cells(simulate(5))
    before = calibrated_cells(cells).set_index(["cycle", "line", "lag"])["plan"]
    changed = cells.assign(actual=cells["actual"].where(cells["month"] < HISTORY + 6, 0.0))
    after = calibrated_cells(changed).set_index(["cycle", "line", "lag"])["plan"]
    early = before.index.get_level_values("cycle") <= 6
    pd.testing.assert_series_equal(before[early], after[early])
    assert not before[~early].equals(after[~early])


def test_the_same_seed_writes_the_same_files_and_another_seed_others(tmp_path: Path) -> None:
    def written(name: str, seed: int) -> dict[str, bytes]:
        paths = company_write(simulate(seed), tmp_path / name, last_closed=date(2026, 10, 1))
        return {path.name: path.read_bytes() for path in paths}

    first = written("a", 7)
    assert first == written("b", 7)
    other = written("c", 8)
    assert first["sales_input.csv"] != other["sales_input.csv"]
    truth = json.loads(first["simulated.json"])
    assert truth["seed"] == 7
    assert {rep["kind"] for rep in truth["reps"]} == {PERFECT, NOISE, INFORMED}


def test_the_table_has_a_row_per_seed_and_the_mean() -> None:
    rows = list(trial_table([4, 5]))
    assert [row.split()[0] for row in rows[2:]] == ["4", "5", "mean"]


def told(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_a_written_company_is_imported_replayed_and_measured(tmp_path: Path) -> None:
    folder = str(tmp_path / "company")
    assert "10 files in" in told("simulate_company", folder, "--seed", "2")
    assert "faults" not in told("import_data", folder)
    told("replay", "--from", "2026-09", "--to", "2026-10")
    assert Cycle.objects.filter(simulated=True).count() == 2
    rows = {row["stage"]: row for row in json.loads(told("accuracy", "--changed", "--json"))}
    assert rows["demand_plan"]["wape"] < rows["sales"]["wape"] + 0.01
    assert rows["sales"]["n"] > 20


def test_the_command_prints_the_table_or_says_what_is_missing() -> None:
    assert told("simulate_company", "--trials", "1", "--seed", "9").splitlines()[2].startswith("9 ")
    with pytest.raises(CommandError, match="Name the folder"):
        told("simulate_company")
    with pytest.raises(CommandError, match="zero or more"):
        told("simulate_company", "--seed", "-1", "--trials", "1")
