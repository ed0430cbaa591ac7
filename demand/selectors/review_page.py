"""Everything the demand review shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cycles.models import Cycle, MilestoneReached
from cycles.periods import add_months
from cycles.selectors import closed_steps, milestones_reached, step_of
from cycles.steps import Milestone, Step, missing_for_milestone
from demand.models import Assumption, Change, ForecastVersion, Origin, Stage
from demand.selectors.outlook import chart_data, outlook
from demand.selectors.review import Review, review
from demand.selectors.versions import proposal_stale, stages_available, version_current, version_proposed
from masterdata.models import Family, Person, Product
from masterdata.roles import Role
from masterdata.selectors import company, head_of, people

SHOWN = 60
PAST_MONTHS, AHEAD_MONTHS = 6, 12


@dataclass(frozen=True)
class Signature:
    """Who signs, whether this person may, what is missing, and who has signed."""

    head: Person | None
    may_sign: bool
    missing: list[str]
    signed: MilestoneReached | None


@dataclass(frozen=True)
class ReviewPage:
    """The page's context; `review` is None before the baseline is built."""

    cycle: Cycle
    review: Review | None
    version: ForecastVersion | None
    rule: str
    sentences: list[str]
    is_stale: bool
    signature: Signature
    chart: dict[str, Any] | None
    assumptions: list[Assumption]
    portfolio: list[Product]
    families: list[Family]
    owners: list[Person]
    may_settle: bool
    may_undo: bool
    due_at: datetime

    @property
    def shown(self) -> list[Any]:
        return self.review.lines[:SHOWN] if self.review else []

    @property
    def family_rows(self) -> list[dict[str, Any]]:
        if self.review is None:
            return []
        table = self.review.families
        table = table[(table[["baseline", "plan"]] > 0).any(axis=1)]
        return table.assign(change=table["plan"] - table["baseline"]).to_dict("records")

    @property
    def hidden(self) -> int:
        return max(len(self.review.lines) - SHOWN, 0) if self.review else 0


def review_page(cycle: Cycle, person: Person, *, at: datetime, family: str = "") -> ReviewPage:
    built = version_current(cycle, Stage.BASELINE) is not None
    version = version_current(cycle, Stage.DEMAND_PLAN) or version_proposed(cycle)
    signature = _signature(cycle, person)
    open_for_work = built and signature.signed is None and version is not None
    undo = Change.objects.filter(cycle=cycle, stage=Stage.DEMAND_PLAN, origin=Origin.RULE, by=person)
    return ReviewPage(
        cycle=cycle,
        review=review(cycle) if built else None,
        version=version,
        rule=version.rule if version else "",
        sentences=version.note.splitlines() if version else [],
        is_stale=version is not None and signature.signed is None and proposal_stale(cycle),
        signature=signature,
        chart=_chart(cycle, family) if built else None,
        assumptions=list(Assumption.objects.filter(cycle=cycle).select_related("owner__user", "family")),
        portfolio=_portfolio(cycle),
        families=list(Family.objects.filter(products__lines__isnull=False).distinct()),
        owners=list(people()),
        may_settle=open_for_work and person.role == Role.DEMAND_PLANNER,
        may_undo=open_for_work and undo.exists(),
        due_at=step_of(cycle, Step.DEMAND_REVIEW).due_at,
    )


def _signature(cycle: Cycle, person: Person) -> Signature:
    head = head_of("Sales")
    reached = milestones_reached(cycle)
    missing = missing_for_milestone(Milestone.DEMAND_SIGNED, closed_steps(cycle), reached)
    signed = MilestoneReached.objects.filter(cycle=cycle, kind=Milestone.DEMAND_SIGNED.value, withdrawn_at=None)
    may_sign = head is not None and person.pk in (head.pk, head.deputy_id)
    return Signature(head, may_sign, missing, signed.select_related("by", "on_behalf_of").first())


def _chart(cycle: Cycle, family: str) -> dict[str, Any]:
    stage = [s for s in stages_available(cycle) if s not in (Stage.SUPPLY_PLAN, Stage.COMPANY_FORECAST)][-1]
    start = add_months(cycle.month, -PAST_MONTHS)
    view = outlook(cycle, stage, start=start, months=PAST_MONTHS + AHEAD_MONTHS, family=family)
    ahead = float(view.values[PAST_MONTHS:].sum())
    before = float(view.last_year[PAST_MONTHS:].sum())
    share = f", {(ahead - before) / before:+.0%} on the year before" if before else ""
    named = Family.objects.filter(code=family).values_list("name", flat=True).first() or "All families"
    return chart_data(
        view,
        unit=company().currency,
        message=f"The next twelve months are {ahead / 1e6:.1f} m{share}.".replace("-", "−"),
        who=named,
        when=f"{stage.label}, {start:%b %Y} to {view.months[-1]:%b %Y}; AC, FC, PL budget, PY",
    )


def _portfolio(cycle: Cycle) -> list[Product]:
    """Launches and phase-outs inside the horizon."""
    end = add_months(cycle.month, cycle.horizon)
    planned = Product.objects.filter(plan_as=None).select_related("family", "like_product")
    launches = planned.filter(launch_month__gte=cycle.month, launch_month__lt=end)
    endings = planned.filter(phase_out_month__gte=cycle.month, phase_out_month__lt=end)
    return list((launches | endings).distinct().order_by("family__name", "name"))
