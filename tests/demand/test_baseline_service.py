"""Building the baseline: what stands beside each line, and a build that is broken off in the middle."""

from datetime import date, timedelta

import numpy as np
import pytest

from cycles.models import Cycle
from demand.intervals import LEVELS
from demand.models import Booking, CycleLine, ForecastLine, ForecastVersion, Stage, VersionState
from demand.selectors.baseline_facts import line_range
from demand.selectors.versions import stage_plan
from demand.services import baseline as service
from demand.services.baseline import baseline_part, baseline_queue
from jobs.models import WorkState
from jobs.services.work import LEASE, part_claim, part_finish
from tests.cast import Cast
from tests.stages import ENTRY, do_parts

pytestmark = pytest.mark.django_db


def test_every_line_keeps_its_range_and_the_ranges_are_nested(cast: Cast, cycle: Cycle) -> None:
    row = CycleLine.objects.get(cycle=cycle, line=cast.line("ALPHA", "NORTH"))
    for position in range(24):
        edges = [line_range(row, position, 100.0, level) for level in LEVELS]
        flat = [*(edge[0] for edge in reversed(edges)), 100.0, *(edge[1] for edge in edges)]
        assert flat == sorted(flat)
        assert flat[0] >= 0
    assert line_range(row, 24, 100.0, 80) is None
    assert line_range(CycleLine(), 0, 100.0, 80) is None


def test_a_month_that_was_not_taken_as_it_came_is_told(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("GAMMA", "NORTH")
    freak = Booking.objects.get(month=date(2025, 12, 1), product=line.product, customer=line.customer)
    Booking.objects.filter(pk=freak.pk).update(qty=freak.qty * 40)
    do_parts(baseline_queue(cycle=cycle, at=ENTRY), ENTRY)
    (told,) = CycleLine.objects.get(cycle=cycle, line=line).treated
    assert (told["month"], told["was"]) == ("2025-12", freak.qty * 40)
    assert told["taken"] < freak.qty * 10
    assert CycleLine.objects.get(cycle=cycle, line=cast.line("GAMMA", "SOUTH")).treated == []


def test_a_build_killed_in_the_middle_loses_only_the_part_that_was_running(
    cast: Cast, cycle: Cycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = stage_plan(cycle, Stage.BASELINE)
    monkeypatch.setattr(service.families_in_chunks, "__defaults__", (1,))
    job = baseline_queue(cycle=cycle, at=ENTRY)
    first = part_claim(at=ENTRY, job=job)
    baseline_part(job=job.pk, payload=first.payload, at=ENTRY)
    part_finish(part=first, at=ENTRY)
    kept = {row.pk for row in ForecastLine.objects.filter(version__note=f"job {job.pk}")}
    killed = part_claim(at=ENTRY, job=job)
    baseline_part(job=job.pk, payload=killed.payload, at=ENTRY)  # its numbers are there, its worker never said so
    assert part_claim(at=ENTRY, job=job) is None
    current = ForecastVersion.objects.get(cycle=cycle, stage=Stage.BASELINE, state=VersionState.CURRENT)
    assert current.revision == 1

    do_parts(job, ENTRY + LEASE + timedelta(seconds=1))
    job.refresh_from_db()
    assert (job.state, job.done) == (WorkState.DONE, 3)
    assert list(job.parts.order_by("number").values_list("attempts", flat=True)) == [1, 2, 1]
    rows = ForecastLine.objects.filter(version__note=f"job {job.pk}")
    assert kept < {row.pk for row in rows}
    assert rows.filter(version__stage=Stage.BASELINE).count() == len(whole.lines)
    np.testing.assert_allclose(stage_plan(cycle, Stage.BASELINE).quantity, whole.quantity)
