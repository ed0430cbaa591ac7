"""What one more hour at a bottleneck is worth, from the scenario that says it about the plan in force."""

from typing import Any, Final

from cycles.models import Cycle
from masterdata.models import Person
from masterdata.roles import COST_ROLES
from masterdata.selectors import company
from supply.models import Scenario
from supply.selectors.scenarios_page import code_names, hour_words

NAMED: Final = 3


def hour_values_of(cycle: Cycle, person: Person, demand: int | None) -> dict[str, Any] | None:
    """The most valuable hours in words with the scenario they are from: the one chosen, else the newest with nothing
    changed; None where there is neither. Money is for those who may see it. `demand` is the version in force: what
    was worked out from another one is out of date."""
    done = Scenario.objects.filter(cycle=cycle, state=Scenario.State.DONE)
    chosen = done.filter(chosen_at__isnull=False).first() or done.filter(changes=[]).last()
    if chosen is None or person.role not in COST_ROLES:
        return None
    names, currency = code_names(), company().currency
    hours = chosen.result["hours"]
    return {
        "scenario": chosen,
        "stale": chosen.demand_version_id != demand,
        "sentences": [hour_words(hour, names, currency) for hour in hours[:NAMED]],
        "more": max(len(hours) - NAMED, 0),
    }
