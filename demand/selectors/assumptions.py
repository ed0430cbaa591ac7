"""What the plan rests on: of this cycle, and what earlier ones left to be checked."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from cycles.models import Cycle
from demand.models import Assumption, AssumptionCheck, CycleLine
from masterdata.models import Person
from masterdata.roles import Role

WRITERS = (Role.DEMAND_PLANNER, Role.SALES_MANAGER, Role.MARKETING, Role.SOP_LEADER)
STANDING = Assumption.State.HOLDS


@dataclass(frozen=True)
class AssumptionView:
    """An assumption with every look at it, oldest first; `waits`: of an earlier cycle and not looked at in this one."""

    row: Assumption
    checks: list[AssumptionCheck]
    waits: bool
    may_check: bool


def assumptions_of(cycle: Cycle) -> list[Assumption]:
    """Those of earlier cycles that nobody has closed come first, then this cycle's, each by the day of their check."""
    open_before = Q(state=STANDING, cycle__month__lt=cycle.month)
    return list(_read(Q(cycle=cycle) | open_before).order_by("cycle__month", "check_on", "id"))


def assumption_views(cycle: Cycle, person: Person) -> list[AssumptionView]:
    """The assumptions of a cycle with what was found: those that wait for a look in this cycle first."""
    rows = _read(Q(cycle=cycle) | Q(state=STANDING, cycle__month__lt=cycle.month)).prefetch_related("checks__by__user")
    views = [_view(row, cycle, person) for row in rows.order_by("cycle__month", "check_on", "id")]
    return sorted(views, key=lambda view: not view.waits)


def _view(row: Assumption, cycle: Cycle, person: Person) -> AssumptionView:
    checks = list(row.checks.all())
    looked_at = cycle.opened_at is not None and any(check.at >= cycle.opened_at for check in checks)
    waits = row.cycle_id != cycle.pk and row.state == STANDING and not looked_at
    return AssumptionView(row, checks, waits, may_check(row, person))


def may_check(assumption: Assumption, person: Person) -> bool:
    """Its owner, and those who write assumptions."""
    return person.pk == assumption.owner_id or person.role in WRITERS


def assumptions_due(on: date) -> list[Assumption]:
    """Those that stand and whose day has come."""
    return list(_read(Q(state=STANDING, check_on__lte=on)).order_by("check_on", "id"))


def assumptions_about(cycle: Cycle, about: CycleLine) -> list[Assumption]:
    """What a line rests on: its own assumptions and those of its whole family."""
    own = Q(line=about.line_id) | Q(line=None, family=about.family_id)
    standing = Q(cycle=cycle) | Q(state=STANDING, cycle__month__lt=cycle.month)
    return list(_read(own & standing).order_by("cycle__month", "check_on", "id"))


def _read(wanted: Q) -> QuerySet[Assumption]:
    related = ("owner__user", "family", "cycle", "line__customer", "line__product")
    return Assumption.objects.filter(wanted).select_related(*related)
