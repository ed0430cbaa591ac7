"""What the plan rests on: of this cycle, and what earlier ones left to be checked."""

from django.db.models import Q, QuerySet

from cycles.models import Cycle
from demand.models import Assumption, CycleLine


def assumptions_of(cycle: Cycle) -> list[Assumption]:
    """Those of earlier cycles that nobody has closed come first, then this cycle's, each by the day of their check."""
    open_before = Q(state=Assumption.State.HOLDS, cycle__month__lt=cycle.month)
    return list(_read(Q(cycle=cycle) | open_before).order_by("cycle__month", "check_on", "id"))


def assumptions_about(cycle: Cycle, about: CycleLine) -> list[Assumption]:
    """What a line rests on: its own assumptions and those of its whole family."""
    own = Q(line=about.line_id) | Q(line=None, family=about.family_id)
    standing = Q(cycle=cycle) | Q(state=Assumption.State.HOLDS, cycle__month__lt=cycle.month)
    return list(_read(own & standing).order_by("cycle__month", "check_on", "id"))


def _read(wanted: Q) -> QuerySet[Assumption]:
    related = ("owner__user", "family", "cycle", "line__customer", "line__product")
    return Assumption.objects.filter(wanted).select_related(*related)
