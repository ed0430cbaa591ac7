"""What must not matter does not: the order of rows, how a file is split, the unit, who sells to whom.

Each test makes the same company twice, changes one thing that must not matter, and compares.
"""

import csv
import io
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.db import transaction
from django.db.models import F

from cycles.models import Cycle
from cycles.services import cycle_advance
from demand.models import Booking, Stage
from demand.selectors.versions import stage_plan
from demand.services.baseline import baseline_queue
from demand.services.entries import CellEdit, cells_save
from demand.services.submissions import submissions_expect
from jobs.models import Job
from jobs.services.work import part_claim, part_finish
from masterdata.bundles import ImportFile
from sop_portal.imports import import_files
from sop_portal.work import part_run
from supply.models import BillOfResource, Inventory
from tests.cast import Cast, small_company
from tests.meetings.journey import (
    APPROVED,
    ENTRY,
    OPENED,
    approved,
    confirmed,
    demand_is_signed,
    do_job,
    frozen,
    started,
    supply_is_signed,
)

pytestmark = pytest.mark.django_db
STAGES = (Stage.BASELINE, Stage.SALES, Stage.DEMAND_PLAN, Stage.SUPPLY_PLAN, Stage.COMPANY_FORECAST)
Plans = dict[Stage, dict[tuple[str, str], list[float]]]
Row = list[str]


def undone(work: Callable[[], Any]) -> Any:
    with transaction.atomic():
        found = work()
        transaction.set_rollback(True)
    return found


def in_entry_with_its_own_baseline(cast: Cast) -> Cycle:
    """The journey stores last year's months; here the baseline is reckoned as the portal does it."""
    cycle = started(cast)
    job = baseline_queue(cycle=cycle, at=OPENED)
    while part := part_claim(at=OPENED, job=job):
        part_run(kind=job.kind, job=job.pk, payload=part.payload, at=OPENED)
        part_finish(part=part, at=OPENED)
    submissions_expect(cycle=cycle)
    cycle_advance(cycle=cycle, at=ENTRY)
    return cycle


def bookings_uneven() -> None:
    """The small company repeats itself each year; now no line can be forecast without a look at its family."""
    bookings = list(Booking.objects.select_related("product", "customer"))
    for booking in bookings:
        dice = random.Random(f"{booking.month} {booking.product.code} {booking.customer.code}")
        booking.qty = round(booking.qty * dice.uniform(0.5, 1.5))
    Booking.objects.bulk_update(bookings, ["qty"])


def planned(change: Callable[[Cast], object], unit: int = 1) -> Plans:
    """The plans of a company that was changed before its cycle began, by product and customer; a rep has entered one
    number."""
    cast = small_company()
    bookings_uneven()
    change(cast)
    cycle = in_entry_with_its_own_baseline(cast)
    line = cast.line("ALPHA", "NORTH")
    entered = CellEdit(line.pk, cycle.month, 37.0 * unit, reason="customer_told")
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.customers["NORTH"].owner, edits=[entered], at=ENTRY)
    approved(cast, frozen(cast, confirmed(cast, supply_is_signed(cast, demand_is_signed(cast, cycle)))))
    do_job(Job.objects.get(kind="publish", key=cycle.code), APPROVED)
    names = {
        line: (product, customer)
        for line, product, customer in cycle.lines.values_list("line_id", "line__product__code", "line__customer__code")
    }
    found = {}
    for stage in STAGES:
        plan = stage_plan(cycle, stage)
        found[stage] = {names[line]: list(map(float, row)) for line, row in zip(plan.lines, plan.quantity, strict=True)}
    assert found[Stage.SALES]["ALPHA", "NORTH"][0] == entered.value
    return found


def matrix(plans: Plans, stage: Stage) -> np.ndarray:
    return np.array([plans[stage][key] for key in sorted(plans[stage])])


def test_who_sells_to_whom_does_not_move_a_number() -> None:
    def other_way_round(cast: Cast) -> None:
        """Also who sells beside whom."""
        for code, owner in (("SOUTH", cast.other_rep), ("EAST", cast.rep)):
            cast.customers[code].owner = owner
            cast.customers[code].save()

    before, after = undone(lambda: planned(lambda _: None)), undone(lambda: planned(other_way_round))
    assert before == after
    assert matrix(before, Stage.COMPANY_FORECAST).sum() > 1000


def test_a_unit_of_a_tenth_makes_ten_times_the_plan() -> None:
    """Everything that is counted in units is ten times as many and takes a tenth of the hours."""

    def tenfold(_: Cast) -> None:
        Booking.objects.update(qty=F("qty") * 10)
        Inventory.objects.update(**{name: F(name) * 10 for name in ("on_hand", "safety_stock")})
        BillOfResource.objects.update(hours_per_unit=F("hours_per_unit") / 10)

    before, after = undone(lambda: planned(lambda _: None)), undone(lambda: planned(tenfold, unit=10))
    for stage in (Stage.BASELINE, Stage.SALES, Stage.DEMAND_PLAN):
        np.testing.assert_allclose(matrix(after, stage), 10 * matrix(before, stage), rtol=1e-9)
    published = matrix(after, Stage.COMPANY_FORECAST).sum()
    assert published == pytest.approx(10 * matrix(before, Stage.COMPANY_FORECAST).sum(), rel=0.01)


# --- Files ----------------------------------------------------------------------------


def rows() -> list[Row]:
    return [
        [f"2026-{month:02d}", customer, product, f"{month * 7 + shift}"]
        for month in range(1, 11)
        for shift, (product, customer) in enumerate((p, c) for p in ("ALPHA", "BETA") for c in ("NORTH", "EAST"))
    ]


def as_file(some: list[Row]) -> ImportFile:
    text = io.StringIO()
    csv.writer(text).writerows([["month", "customer", "product", "qty"], *some])
    return ImportFile("bookings.csv", text.getvalue().encode())


def stored_after(*files: list[Row]) -> list[tuple[Any, ...]]:
    cast = small_company()
    for some in files:
        result = import_files(files=[as_file(some)], source="test", by=cast.leader, at=ENTRY)
        assert result.ok, result.errors
    found = Booking.objects.order_by("month", "customer__code", "product__code")
    return list(found.values_list("month", "customer__code", "product__code", "qty", "revenue"))


@pytest.fixture
def whole() -> list[tuple[Any, ...]]:
    return undone(lambda: stored_after(rows()))


def test_the_order_of_rows_does_not_matter(whole) -> None:
    mixed = random.Random(9).sample(rows(), len(rows()))
    assert undone(lambda: stored_after(mixed)) == whole


@pytest.mark.parametrize("at", [1, 13, 39])
def test_a_file_may_come_in_two_parts(whole, at: int) -> None:
    assert undone(lambda: stored_after(rows()[:at], rows()[at:])) == whole
    assert undone(lambda: stored_after(rows()[at:], rows()[:at])) == whole


def test_a_file_may_come_twice(whole) -> None:
    assert undone(lambda: stored_after(rows(), rows())) == whole
