"""Choosing the rule that makes the proposal."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from cycles.models import Cycle
from demand.models import RuleChoice
from demand.policy import check_demand_open, check_role
from demand.proposal import RULES
from demand.selectors.rules import rules_by_span
from jobs.errors import Invalid
from masterdata.models import Person
from masterdata.roles import Role


@transaction.atomic
def rule_choose(*, cycle: Cycle, person: Person, rules: Sequence[str], at: datetime) -> RuleChoice:
    """Choose the rule of each span of months, from this cycle on; the proposal is then built again by itself."""
    check_role(person, Role.DEMAND_PLANNER, what="Choosing the rule of the proposal")
    check_demand_open(cycle)
    spans = rules_by_span(cycle)
    if len(rules) != len(spans) or not set(rules) <= set(RULES):
        raise Invalid(f"Choose for each span of months one of: {', '.join(RULES.values())}.")
    by_lag = [rule for rule, (first, last, _) in zip(rules, spans, strict=True) for _ in range(first, last + 1)]
    choice, _ = RuleChoice.objects.update_or_create(cycle=cycle, defaults={"rules": by_lag, "by": person, "at": at})
    return choice
