"""Starting a line that does not exist yet."""

from datetime import date, timedelta

import numpy as np
import pytest

from cycles.models import Cycle
from cycles.services import cycle_advance
from cycles.services.steps import step_reopen
from cycles.steps import Step
from demand.models import Line, Stage
from demand.selectors.owned import owned
from demand.selectors.versions import proposal_stale, stage_plan
from demand.services.entries import CellEdit, cells_save
from demand.services.new_lines import line_start
from demand.services.plan import proposal_build
from jobs.errors import Invalid, NotYours, Refused
from masterdata.models import Product
from tests.cast import Cast
from tests.stages import ENTRY, REVIEW, cycle_to_review

NOV = date(2026, 11, 1)
pytestmark = pytest.mark.django_db


def start(cycle: Cycle, cast: Cast, customer: str = "EAST", product: str = "DELTA", who: str = "other_rep") -> Line:
    return line_start(cycle=cycle, person=getattr(cast, who), customer=customer, product=product, at=ENTRY)


def test_a_new_line_starts_at_zero_and_can_be_filled(cast: Cast, cycle: Cycle) -> None:
    line = start(cycle, cast)
    numbers = owned(cycle, [cast.other_rep.pk])
    row = list(numbers.lines).index(line.pk)
    assert numbers.baseline[row].tolist() == [0.0] * 24
    assert numbers.frame["price"].iloc[row] == cast.products["DELTA"].price
    edit = CellEdit(line.pk, NOV, 12.0, seen=0.0)
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.other_rep, edits=[edit], at=ENTRY)
    assert stage_plan(cycle, Stage.SALES, np.array([line.pk])).quantity[0, 0] == 12.0


def test_a_new_line_reaches_the_proposal_for_the_demand_plan(cast: Cast, cycle: Cycle) -> None:
    line = start(cycle, cast)
    edit = CellEdit(line.pk, NOV, 12.0)
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.other_rep, edits=[edit], at=ENTRY)
    cycle_advance(cycle=cycle, at=REVIEW)
    proposal_build(cycle=cycle, at=REVIEW, rule="take_sales")
    assert stage_plan(cycle, Stage.DEMAND_PLAN, np.array([line.pk])).quantity[0, 0] == 12.0


def test_a_line_that_comes_in_after_the_proposal_makes_it_stale(cast: Cast, cycle: Cycle) -> None:
    cycle_to_review(cycle)
    assert not proposal_stale(cycle)
    reopened = REVIEW + timedelta(minutes=1)
    due_at = reopened + timedelta(days=1)
    step_reopen(
        cycle=cycle, step=Step.SALES_FORECAST, by=cast.leader.user, at=reopened, reason="A customer won", due_at=due_at
    )
    line = line_start(cycle=cycle, person=cast.other_rep, customer="EAST", product="DELTA", at=reopened)
    assert proposal_stale(cycle)
    proposal_build(cycle=cycle, at=due_at)
    assert not proposal_stale(cycle)
    assert line.pk in stage_plan(cycle, Stage.DEMAND_PLAN).lines


def test_a_detail_product_starts_its_planning_product(cast: Cast, cycle: Cycle) -> None:
    detail = Product.objects.create(
        code="DELTA-RED", name="Delta, red", family=cast.families["PARTS"], plan_as=cast.products["DELTA"]
    )
    assert start(cycle, cast, product=detail.code).product == cast.products["DELTA"]


def test_what_is_there_already_is_refused(cast: Cast, cycle: Cycle) -> None:
    with pytest.raises(Refused, match="already has a line for Alpha"):
        start(cycle, cast, product="ALPHA")


@pytest.mark.parametrize(
    ("customer", "product", "who", "error", "says"),
    [
        ("NORTH", "DELTA", "other_rep", NotYours, "belongs to Rita Rep"),
        ("NOWHERE", "DELTA", "other_rep", Invalid, "no customer 'NOWHERE'"),
        ("EAST", "OMEGA", "other_rep", Invalid, "no product 'OMEGA'"),
        ("EAST", "DELTA", "demand_planner", NotYours, "Starting a line"),
    ],
)
def test_bad_input_is_named(
    cast: Cast, cycle: Cycle, customer: str, product: str, who: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        start(cycle, cast, customer, product, who)
    assert not Line.objects.filter(product=cast.products["DELTA"], customer=cast.customers["EAST"]).exists()


def test_a_product_that_has_ended_or_comes_too_late_is_refused(cast: Cast, cycle: Cycle) -> None:
    product = cast.products["DELTA"]
    product.phase_out_month = date(2026, 10, 1)
    product.save()
    with pytest.raises(Invalid, match="ended in October 2026"):
        start(cycle, cast)
    product.phase_out_month, product.launch_month = None, date(2028, 11, 1)
    product.save()
    with pytest.raises(Invalid, match="starts in November 2028"):
        start(cycle, cast)


def test_after_entry_no_line_is_started(cast: Cast, cycle: Cycle) -> None:
    cycle_advance(cycle=cycle, at=REVIEW)
    with pytest.raises(Refused, match="is closed"):
        start(cycle, cast)
