"""Whether a decision brief may be put before people: what it lacks, field by field."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from meetings.decision_effects import effect_from

FEWEST_OPTIONS: Final = 2
MOST_OPTIONS: Final = 3


@dataclass(frozen=True)
class OptionFacts:
    """One option of a brief; money effects are None when nobody has filled them in."""

    key: str
    label: str
    do_nothing: bool = False
    revenue: float | None = None
    margin: float | None = None
    cost: float | None = None
    plan_effect: dict[str, object] = field(default_factory=dict)

    @property
    def has_money(self) -> bool:
        """Whether at least one money effect is filled in (0 counts)."""
        return any(value is not None for value in (self.revenue, self.margin, self.cost))


def brief_faults(question: str, options: Sequence[OptionFacts], recommendation: str = "") -> list[str]:
    """What a decision brief lacks, in plain words with the field; empty when it is complete.

    It needs a question, two or three options with different keys, exactly one of them *do nothing*,
    a money effect for each, effects on the plan that can be read, and, where a recommendation is
    given, one that names an option.
    """
    faults = [] if question.strip() else ["question: say what is to be decided."]
    return faults + _choice_faults(options, recommendation) + [f for o in options for f in _option_faults(o)]


def _choice_faults(options: Sequence[OptionFacts], recommendation: str) -> list[str]:
    keys = [option.key for option in options]
    checks = {
        f"options: a brief has {FEWEST_OPTIONS} or {MOST_OPTIONS}, this one has {len(options)}.": (
            FEWEST_OPTIONS <= len(options) <= MOST_OPTIONS
        ),
        "options: exactly one of them is to do nothing.": sum(o.do_nothing for o in options) == 1,
        "options: two have the same key.": len(set(keys)) == len(keys),
        f"recommendation: {recommendation!r} is none of the options.": not recommendation or recommendation in keys,
    }
    return [words for words, holds in checks.items() if not holds]


def _option_faults(option: OptionFacts) -> list[str]:
    name = option.label.strip() or option.key
    faults = [] if option.label.strip() else [f"option {option.key}: give it a name."]
    if not option.has_money:
        faults.append(f"option {name}: fill in its effect on revenue, margin or cost (0 if none).")
    try:
        effect = effect_from(option.plan_effect)
    except ValueError as error:
        return [*faults, f"option {name}, effect on the plan: {error}"]
    if option.do_nothing and effect is not None:
        faults.append(f"option {name}: doing nothing cannot change the plan.")
    return faults


def cash_effect(margin: float | None, cost: float | None, inventory: float | None) -> float | None:
    """What an option brings in cash over the horizon, in money: margin (which is after extra cost) - change of stock
    at cost; without a margin the extra cost alone is paid.

    None when neither margin nor cost is known; stock nobody gave counts as unchanged. Payment terms are left out.

    >>> cash_effect(9_000.0, 2_000.0, 1_500.0), cash_effect(None, 2_000.0, None), cash_effect(None, None, 5.0)
    (7500.0, -2000.0, None)
    """
    earned = margin if margin is not None else None if cost is None else -cost
    return None if earned is None else earned - (inventory or 0.0)
