"""A version's totals: as plain sums of its rows, stored once, and the same before and after they are stored."""

from datetime import date

import numpy as np
import pytest

from cycles.models import Cycle
from demand.models import CycleLine, ForecastLine, ForecastVersion, Stage, VersionState
from jobs.models import Job
from kpis.models import PlanTotal
from kpis.selectors.plan_totals import Totals, plan_totals, totals_missing
from kpis.services.due import due
from kpis.services.plan_totals import plan_totals_take
from tests.cast import Cast
from tests.kpis.past import past_cycle
from tests.meetings.journey import OPENED

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(cast: Cast) -> ForecastVersion:
    cycle = past_cycle(date(2026, 10, 1), {Stage.COMPANY_FORECAST: 1.0, Stage.BASELINE: 0.5})
    return cycle.versions.get(stage=Stage.COMPANY_FORECAST)


def by_hand(version: ForecastVersion) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    facts = {row.line_id: row for row in CycleLine.objects.filter(cycle=version.cycle).select_related("family")}
    for row in ForecastLine.objects.filter(version=version):
        line, quantity = facts[row.line_id], np.array(row.quantity)
        money = np.array([quantity, quantity * line.price, quantity * (line.price - line.unit_cost)])
        found[line.family.code] = found.get(line.family.code, 0) + money
    return found


def told(totals: Totals) -> dict[str, np.ndarray]:
    sides = (totals.units, totals.revenue, totals.margin)
    return {code: np.array([side[i] for side in sides]) for i, (code, _) in enumerate(totals.families)}


def test_added_up_and_stored_are_the_plain_sums(version: ForecastVersion) -> None:
    before = told(plan_totals(version))
    assert plan_totals_take(version=version) == 2
    expected, after = by_hand(version), told(plan_totals(version))
    assert set(expected) == set(before) == set(after) == {"BIKES", "PARTS"}
    for code, sums in expected.items():
        np.testing.assert_allclose(before[code], sums)
        np.testing.assert_array_equal(after[code], before[code])


def test_once_stored_the_lines_are_not_read(version: ForecastVersion) -> None:
    plan_totals_take(version=version)
    before = told(plan_totals(version))
    ForecastLine.objects.filter(version=version).delete()
    np.testing.assert_array_equal(told(plan_totals(version))["BIKES"], before["BIKES"])


def test_storing_twice_stores_once(version: ForecastVersion) -> None:
    plan_totals_take(version=version)
    assert plan_totals_take(version=version) == 0
    assert PlanTotal.objects.filter(version=version).count() == 2


def test_what_is_due_is_stored_by_itself_and_then_nothing_is(version: ForecastVersion) -> None:
    assert totals_missing() == [version]
    due(at=OPENED)
    assert totals_missing() == []
    assert PlanTotal.objects.filter(version=version).count() == 2
    assert Job.objects.filter(kind="plan_totals").count() == 0


def test_an_older_revision_and_an_empty_version_are_left_alone(version: ForecastVersion) -> None:
    ForecastVersion.objects.filter(pk=version.pk).update(state=VersionState.SUPERSEDED)
    assert totals_missing() == []
    ForecastVersion.objects.filter(pk=version.pk).update(state=VersionState.CURRENT)
    ForecastLine.objects.filter(version=version).delete()
    assert totals_missing() == []
    assert plan_totals(version).units.shape == (0, version.months)
    assert Cycle.objects.count() == 1
