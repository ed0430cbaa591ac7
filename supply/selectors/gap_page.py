"""One gap with its options planned for real, side by side."""

from typing import Any

from cycles.models import CycleState
from masterdata.models import Person
from masterdata.roles import COST_ROLES
from supply.models import Gap
from supply.policy import may_plan, supply_signed
from supply.selectors.gaps import gap_comparison, gap_facts, gap_question, gap_row


def gap_page(gap: Gap, person: Person) -> dict[str, Any]:
    signed = supply_signed(gap.cycle)
    return {
        "cycle": gap.cycle,
        "row": gap_row(gap, person),
        "question": gap_question(gap),
        "facts": gap_facts(gap),
        "compared": gap_comparison(gap, person),
        "money_open": person.role in COST_ROLES,
        "can_plan": may_plan(person) and not signed and gap.cycle.state == CycleState.OPEN,
        "signed": signed,
    }
