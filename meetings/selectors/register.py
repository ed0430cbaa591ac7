"""The register of risks and opportunities: what may come, who watches it, and what it weighs together."""

from typing import Any

from cycles.models import Cycle
from masterdata.models import Family, Person
from masterdata.selectors import people
from meetings.selectors.pack import open_risks, weighted
from meetings.selectors.rights import leads, takes_part


def register(cycle: Cycle, person: Person) -> dict[str, Any]:
    """The open ones of this and earlier cycles, the heaviest first, with what a form to add one offers."""
    risks = open_risks(cycle)
    return {
        "cycle": cycle,
        "risks": risks,
        "risks_weighted": weighted(risks),
        "writes": leads(person),
        "takes_part": takes_part(person),
        "everybody": list(people().order_by("user__first_name")),
        "families": list(Family.objects.all()),
    }
