"""What stands before the signature, and what was signed."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cycles.models import Cycle, MilestoneReached
from cycles.selectors import closed_steps, milestones_reached
from cycles.steps import Milestone, missing_for_milestone
from demand.models import Assumption, ForecastVersion, Settlement, Stage
from demand.selectors.assumptions import assumptions_of
from demand.selectors.review import NEAR_MONTHS, Review
from demand.selectors.stored import version_plan
from demand.selectors.versions import version_current
from masterdata.models import Person
from masterdata.selectors import head_of

NAMED = 3


@dataclass(frozen=True)
class Fix:
    """Something to put right and the page where it is done ('' = none); `blocks` the signature until then."""

    text: str
    page: str = ""
    blocks: bool = False


@dataclass(frozen=True)
class Record:
    """What was signed, and how the plan came about: choices by hand and by rule, and exceptions nobody settled."""

    version: ForecastVersion
    lines: int
    units: float
    value: float
    baseline_value: float
    exceptions: int
    unsettled: int
    by_hand: int
    by_rule: int
    assumptions: list[Assumption]

    @property
    def change(self) -> float:
        return self.value - self.baseline_value


@dataclass(frozen=True)
class Signature:
    """Who signs, whether this person may, what is missing, who has signed, and the record of it."""

    head: Person | None
    may_sign: bool
    missing: list[str]
    signed: MilestoneReached | None
    record: Record | None = None


def signature_of(cycle: Cycle, person: Person, found: Review | None) -> Signature:
    head = head_of("Sales")
    missing = missing_for_milestone(Milestone.DEMAND_SIGNED, closed_steps(cycle), milestones_reached(cycle))
    rows = MilestoneReached.objects.filter(cycle=cycle, kind=Milestone.DEMAND_SIGNED.value, withdrawn_at=None)
    signed = rows.select_related("by", "on_behalf_of").first()
    may_sign = head is not None and person.pk in (head.pk, head.deputy_id)
    record = record_of(cycle, found) if signed and found else None
    return Signature(head, may_sign, missing, signed, record)


def record_of(cycle: Cycle, found: Review) -> Record | None:
    """The signed version with its totals of the next twelve months; None when there is none."""
    version = version_current(cycle, Stage.DEMAND_PLAN)
    if version is None:
        return None
    plan = version_plan(version)
    frame = found.everything
    price = frame.set_index("line")["price"].reindex(plan.lines).fillna(0.0).to_numpy()
    near = plan.quantity[:, :NEAR_MONTHS].sum(axis=1)
    rules = Settlement.objects.filter(cycle=cycle, undone_at=None).values_list("rule", flat=True)
    return Record(
        version=version,
        lines=len(plan.lines),
        units=float(near.sum()),
        value=float(np.dot(near, price)),
        baseline_value=float((frame["baseline"] * frame["price"]).sum()),
        exceptions=len(found.lines),
        unsettled=found.open,
        by_hand=sum(1 for rule in rules if not rule),
        by_rule=sum(1 for rule in rules if rule),
        assumptions=assumptions_of(cycle),
    )


def fixes_of(found: Review | None, *, is_stale: bool) -> list[Fix]:
    """What is wrong with the numbers, with the page that puts it right; only what makes them wrong blocks."""
    if found is None:
        return []
    fixes = []
    if is_stale:
        fixes.append(Fix("Sales or team numbers have changed: the proposal is being built again.", blocks=True))
    planned = found.everything[found.everything["plan"] > 0]
    fixes += _named(planned[planned["price"] <= 0], "without a price count as nothing in money", "/finance/")
    fixes += _named(planned[planned["rep_name"] == ""], "in the plan without an owner in Sales", "/people/")
    fixes += _named(
        planned[planned["region"] == ""], "of customers without a region are in no region's total", "/data/"
    )
    asked = sum(1 for line in found.lines if line.question)
    if asked:
        fixes.append(Fix(f"{asked} question{'s wait' if asked > 1 else ' waits'} for an answer from Sales."))
    return fixes


def _named(lines: pd.DataFrame, words: str, page: str) -> list[Fix]:
    """One sentence for all lines of a kind, the first ones by name."""
    if lines.empty:
        return []
    names = [f"{row.customer_name}, {row.product_name}" for row in lines.head(NAMED).itertuples()]
    more = f" and {len(lines) - NAMED} more" if len(lines) > NAMED else ""
    count = "1 line" if len(lines) == 1 else f"{len(lines):,} lines"
    return [Fix(f"{count} {words}: {'; '.join(names)}{more}.", page)]
