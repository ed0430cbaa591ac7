"""Bulk rules in words."""

from demand.bulk_rules import ANY, NONE, BulkRule, rule_sentence
from demand.models import Reason, Source
from jobs.errors import Invalid
from masterdata.models import Family
from masterdata.selectors import company

SOURCE_WORDS = {
    Source.PROPOSAL: "the proposal",
    Source.SALES: "sales",
    Source.BASELINE: "the baseline",
    Source.HALF: "half-way",
    Source.TYPED: "a typed number",
}


def rule_words(rule: BulkRule) -> str:
    """A rule with the names of what it speaks of; refused when it speaks of a family or reason that is not there."""
    family = Family.objects.filter(code=rule.family).values_list("name", flat=True).first() if rule.family else ""
    if family is None:
        raise Invalid(f"There is no family {rule.family!r}.")
    if rule.reason not in (ANY, NONE, *Reason.values):
        raise Invalid(f"{rule.reason!r} is not a reason.")
    reason = "" if rule.reason in (ANY, NONE) else Reason(rule.reason).label
    return rule_sentence(
        rule,
        source=SOURCE_WORDS[Source(rule.source)],
        family=family,
        reason=reason,
        currency=company().currency,
    )
