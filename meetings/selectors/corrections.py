"""The revisions of a published company forecast, and what is asked to be corrected."""

from typing import Any

from django.db.models import F, QuerySet

from cycles.models import Cycle
from cycles.periods import format_month, month_range
from cycles.selectors import latest_published
from demand.models import ForecastVersion, Stage
from masterdata.models import Person
from meetings.models import Decision
from meetings.selectors.brief_form import scopes
from meetings.selectors.rights import leads

LEAVE, CORRECTION = "a", "b"


def corrections_to_publish() -> QuerySet[Decision]:
    """Approved by the CEO, and no revision has come of them yet; in the order they were approved."""
    rows = Decision.objects.filter(corrects=True, state=Decision.State.DECIDED, revision=None)
    rows = rows.filter(chosen=CORRECTION).exclude(cycle=None)
    return rows.select_related("cycle").order_by(F("decided_at"), "pk")


def corrections_page(person: Person) -> dict[str, Any]:
    """The forecast in force with its revisions, newest first, and the form for the S&OP leader."""
    cycle = latest_published()
    if cycle is None:
        return {"cycle": None}
    waiting = Decision.objects.filter(cycle=cycle, corrects=True).exclude(state=Decision.State.DECIDED)
    return {
        "cycle": cycle,
        "revisions": _revisions(cycle),
        "waiting": waiting.select_related("decider__user", "raised_by__user").first(),
        "publishing": corrections_to_publish().filter(cycle=cycle).first(),
        "writes": leads(person) and not cycle.simulated,
        "scopes": scopes(),
        "months": [format_month(month) for month in month_range(cycle.month, cycle.horizon)],
    }


def _revisions(cycle: Cycle) -> list[dict[str, Any]]:
    """Each revision with the decision that made it; the first one has none."""
    rows = ForecastVersion.objects.filter(cycle=cycle, stage=Stage.COMPANY_FORECAST).order_by("-revision")
    made = Decision.objects.filter(cycle=cycle, corrects=True, revision__isnull=False)
    by_revision = {row.revision: row for row in made.select_related("decided_by__user", "on_behalf_of__user")}
    return [{"version": row, "decision": by_revision.get(row.revision)} for row in rows]
