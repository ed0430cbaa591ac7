"""Forecast value added over the cells people changed."""

import json
from datetime import date
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from django.core.management import CommandError, call_command

from cycles.models import Cycle
from demand.models import CycleLine, LayerLine, Stage
from demand.selectors.stored import version_plan
from demand.selectors.versions import version_current
from jobs.errors import NotYours
from kpis.changed_cells import changed_sums
from kpis.errors import pooled
from kpis.models import ChangedAccuracy
from kpis.selectors.changed import changed, changed_groups, changed_ladder, changed_page, own_ladder
from kpis.services.snapshots import accuracy_take
from tests.cast import Cast
from tests.kpis.conftest import SignIn, text_of
from tests.kpis.past import LADDER, moment, past_cycle

SEP, OCT = date(2026, 9, 1), date(2026, 10, 1)
CELLS = pd.DataFrame(
    {
        "cycle": [SEP, SEP, OCT],
        "month": [OCT, OCT, OCT],
        "lag": [1, 1, 0],
        "family": ["A", "A", "B"],
        "sales": [120.0, 60.0, 10.0],
        "actual": [100.0, 80.0, 20.0],
    }
)


def test_cells_are_summed_one_by_one_or_by_family_first() -> None:
    line, family = (
        pooled(changed_sums(CELLS, ["sales"], level=level), ["stage"]).iloc[0] for level in ("line", "family")
    )
    assert (line["wape"], line["bias"], line["n"]) == (pytest.approx(50 / 200), pytest.approx(-10 / 200), 3)
    assert (family["wape"], family["n"]) == (pytest.approx(10 / 200), 2)


def test_a_stage_without_a_number_is_left_out_there() -> None:
    sums = changed_sums(CELLS.assign(sales=[120.0, np.nan, 10.0]), ["sales"])
    assert sums["n"].sum() == 2
    assert changed_sums(pd.DataFrame(), ["sales"]).empty


@pytest.fixture
def changes(cast: Cast) -> Cast:
    """In two past cycles Rita raised one line and lowered another, Rob raised one; one layer repeats the baseline."""
    for month in (SEP, OCT):
        cycle = past_cycle(month, LADDER)
        for product, customer, move in (
            ("ALPHA", "NORTH", 1.5),
            ("GAMMA", "SOUTH", 0.5),
            ("ALPHA", "EAST", 2.0),
            ("BETA", "NORTH", 1.0),
        ):
            line = cast.line(product, customer).pk
            number = {}
            for stage in (Stage.BASELINE, Stage.SALES, Stage.TEAM):
                version = version_current(cycle, stage)
                row = version.rows.get(line_id=line)
                number[stage] = row.quantity
                if stage != Stage.BASELINE:
                    row.delete()
                    version.rows.create(line_id=line, quantity=[q * move for q in number[Stage.BASELINE]])
            cycle.layers.create(
                stage=Stage.SALES,
                line_id=line,
                quantity=[q * move for q in number[Stage.BASELINE][:2]] + [None] * 22,
                reason="customer_told" if move > 1 else "",
                changed_at=moment(month),
            )
    return cast


def test_only_cells_that_people_moved_count_and_the_naive_stands_first(changes: Cast) -> None:
    cells = changed()
    assert len(cells) == 9  # three lines; September's cycle has two closed months, October's one
    rows = changed_ladder(cells)
    assert [row["stage"] for row in rows] == [stage.value for stage in Stage]
    assert {row["n"] for row in rows} == {9}
    line = cells.iloc[0]
    plan = version_plan(version_current(cycle_of(line["cycle"]), Stage.SALES), np.array([line["line"]]))
    assert line[Stage.SALES] == plan.quantity[0, line["lag"]]
    sales = (cells[Stage.SALES] - cells["actual"]).abs().sum() / cells["actual"].abs().sum()
    assert next(row["wape"] for row in rows if row["stage"] == "sales") == pytest.approx(sales)


def cycle_of(month: date) -> Cycle:
    return Cycle.objects.get(month=month)


def test_groups_by_lag_direction_reason_and_family(changes: Cast) -> None:
    cells = changed()
    assert {group.key: group.n for group in changed_groups(cells, "lag")} == {"0": 6, "1": 3}
    assert {group.name: group.n for group in changed_groups(cells, "direction")} == {"Upward": 6, "Downward": 3}
    assert {group.name for group in changed_groups(cells, "reason")} == {"Customer told me", "No reason given"}
    assert {group.name for group in changed_groups(cells, "family")} == {"Bikes", "Parts"}


def test_ones_own_ladder_is_for_the_owner_and_the_manager(changes: Cast) -> None:
    assert own_ladder(changes.rep, changes.rep)[0]["n"] == 6
    assert own_ladder(changes.manager, changes.other_rep)[0]["n"] == 3
    for person in (changes.other_rep, changes.demand_planner, changes.ceo):
        with pytest.raises(NotYours):
            own_ladder(person, changes.rep)


def test_the_track_record_shows_the_own_ladder(changes: Cast, as_: SignIn) -> None:
    assert "Changed numbers, stage by stage" in text_of(as_(changes.rep).get("/feedback/"))
    assert as_(changes.demand_planner).get("/feedback/rita/").status_code == 404


def sums_stored() -> None:
    for cycle in Cycle.objects.all():
        accuracy_take(cycle=cycle)


@pytest.mark.parametrize("level", ["line", "family"])
@pytest.mark.parametrize("lag", [None, 1])
def test_the_page_reads_stored_sums_that_say_the_same_as_the_cells(changes: Cast, level: str, lag: int | None) -> None:
    assert changed_page(level, lag, changes.rep) is None
    sums_stored()
    page = changed_page(level, lag, changes.rep)
    assert page is not None
    cells = changed() if lag is None else changed(lags=[lag])
    told = changed_ladder(cells, level=level)
    assert [row["stage"] for row in page.ladder] == [row["stage"] for row in told]
    for measure in ("wape", "bias", "n"):
        assert [row[measure] for row in page.ladder] == pytest.approx([row[measure] for row in told])
    before = ChangedAccuracy.objects.count()
    sums_stored()
    assert ChangedAccuracy.objects.count() == before


def test_the_accuracy_page_shows_all_the_ladder_and_planners_the_groups(changes: Cast, as_: SignIn) -> None:
    sums_stored()
    for person in changes.people.values():
        text = text_of(as_(person).get("/accuracy/?level=family"))
        assert "Where people changed the number" in text
        assert ("Changes by reason" in text) == (person == changes.demand_planner)
        assert "Changes by rep" not in text


def test_a_group_of_fewer_than_three_people_is_not_told(changes: Cast) -> None:
    def directions() -> list[str]:
        sums_stored()
        page = changed_page("line", None, changes.demand_planner)
        assert page is not None
        return [group.name for group in dict(page.tables)["Direction"]]

    assert directions() == []
    owners = [changes.rep, changes.other_rep, changes.manager]
    for i, raised in enumerate(LayerLine.objects.filter(reason="customer_told").order_by("pk")):
        CycleLine.objects.filter(cycle=raised.cycle, line=raised.line).update(owner=owners[i % 3])
    assert directions() == ["Upward"]
    page = changed_page("line", None, changes.demand_planner)
    assert page is not None
    [stored], [fresh, _] = dict(page.tables)["Direction"], changed_groups(changed(), "direction")
    assert (stored.n, stored.people, stored.bias) == (fresh.n, 3, pytest.approx(fresh.bias))
    assert stored.wapes == pytest.approx(fresh.wapes)


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("accuracy", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_shows_changed_cells_by_group_and_level(changes: Cast) -> None:
    rows = json.loads(told("--changed", "--json"))
    assert [row["stage"] for row in rows][:3] == ["naive", "baseline", "sales"]
    assert rows[0]["n"] == 9
    grouped = json.loads(told("--changed", "--by", "direction", "--level", "family", "--json"))
    assert {row["direction"] for row in grouped} == {"up", "down"}
    assert "direction: Upward\nstage" in told("--changed", "--by", "direction")
    assert json.loads(told("--changed", "--lag", "1", "--json"))[0]["n"] == 3
    with pytest.raises(CommandError, match="needs --changed"):
        told("--by", "lag")
    with pytest.raises(CommandError, match="one of: line, family"):
        told("--changed", "--level", "company")


def test_without_changes_there_is_nothing_to_show(cast: Cast) -> None:
    past_cycle(OCT, LADDER)
    assert changed().empty
    assert told("--changed", "--json") == "[]\n"
