"""Options for a gap that more than one resource stands behind.

Units that are late because of one resource often need hours of others that are full as well. An option
helps only as far as the scarcest of them goes, and costs what it costs at all of them.
Shapes: P products, R resources.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import ArrayLike

from supply.gaps import Gap
from supply.options import Assumptions, Kind, Option, ResourceFacts, options_for
from supply.wording import count_text, list_text, money_text

TINY = 1e-6
LEAST_GAIN = 0.5


@dataclass(frozen=True)
class Short:
    """A resource (index) that lacks `hours` to ship the units of a gap in time."""

    resource: int
    hours: float


@dataclass(frozen=True)
class JointOption:
    """An option, with the hours it takes at every resource that is short."""

    option: Option
    hours_by: tuple[Short, ...]


def resources_short(gap: Gap, late: ArrayLike, load: ArrayLike, released: ArrayLike, hours: ArrayLike) -> list[Short]:
    """The gap's own resource, then every other one that could not take its late units as well.

    `late` (P,) units of the month, `load` and `released` (R,) hours of it as planned, `hours` (R, P).
    """
    units = np.zeros_like(np.asarray(late, dtype=float))
    chosen = list(gap.products)
    units[chosen] = np.asarray(late, dtype=float)[chosen]
    lacking = np.asarray(load, dtype=float) + np.asarray(hours, dtype=float) @ units - np.asarray(released, dtype=float)
    others = [Short(int(r), float(lacking[r])) for r in np.argsort(-lacking, kind="stable") if lacking[r] > TINY]
    return [Short(gap.resource, gap.hours), *(short for short in others if short.resource != gap.resource)]


def joint_options(
    gap: Gap,
    month: date,
    short: Sequence[tuple[Short, ResourceFacts]],
    *,
    caught_up: date | None,
    currency: str = "",
    assumed: Assumptions | None = None,
) -> list[JointOption]:
    """The five options for a gap, in the order of `Kind`; the gap's own resource is the first of `short`.

    `caught_up` is the month by which the plan ships the late units anyway (None: not within the horizon).
    """
    drafts = [
        options_for(replace(gap, hours=one.hours), month, facts, currency=currency, assumed=assumed)
        for one, facts in short
    ]
    result = []
    for options in zip(*drafts, strict=True):
        if options[0].kind is Kind.DELAY:
            result.append(JointOption(_later(gap, options[0], caught_up), ()))
        else:
            result.append(_together(gap, short, options, currency))
    return result


def evaluated(
    draft: JointOption,
    gap: Gap,
    short: Sequence[tuple[Short, ResourceFacts]],
    *,
    units: float,
    revenue: float,
    margin: float,
    currency: str = "",
) -> JointOption:
    """The draft with what the whole plan really gains by it: units in time, their revenue and margin.

    Free hours may be wanted twice, so a plan made again can gain less than the draft says. An option that
    brings no unit more in time is not possible; one that ships more units of less worth has a revenue below 0.
    """
    if units < LEAST_GAIN:
        reason = "the hours it needs are wanted by other gaps, or another resource holds the units up"
        return JointOption(_impossible(draft.option, gap, reason), ())
    option = replace(
        draft.option,
        units=units,
        revenue=revenue,
        margin=margin - draft.option.cost,
        units_left=max(gap.units - units, 0.0),
    )
    used = [pair for pair in short if pair[0].resource in {part.resource for part in draft.hours_by}]
    return replace(draft, option=replace(option, text=_text(option, used, draft.hours_by, currency)))


def _impossible(option: Option, gap: Gap, reason: str) -> Option:
    return replace(
        option,
        hours=0.0,
        units=0.0,
        revenue=0.0,
        margin=0.0,
        cost=0.0,
        inventory=0.0,
        units_left=gap.units,
        feasible=False,
        text=f"Not possible: {reason}.",
    )


def _together(
    gap: Gap, short: Sequence[tuple[Short, ResourceFacts]], options: Sequence[Option], currency: str
) -> JointOption:
    first = options[0]
    refused = next((option for option in options if not option.feasible), None)
    if refused is not None:
        return JointOption(refused, ())
    if len(options) == 1 or first.kind is Kind.DO_NOTHING:
        return JointOption(first, (Short(gap.resource, first.hours),) if first.hours else ())
    shares = [option.hours / one.hours for option, (one, _) in zip(options, short, strict=True)]
    share = min(shares)
    costs = [option.cost * share / part for option, part in zip(options, shares, strict=True)]
    cost = max(costs) if first.kind is Kind.PREBUILD else sum(costs)
    taken = tuple(Short(one.resource, one.hours * share) for one, _ in short)
    combined = replace(
        first,
        hours=taken[0].hours,
        units=gap.units * share,
        revenue=gap.value * share,
        margin=gap.margin * share - cost,
        cost=cost,
        inventory=first.inventory * share / shares[0],
        units_left=gap.units * (1 - share),
    )
    return JointOption(replace(combined, text=_text(combined, short, taken, currency)), taken)


def _text(option: Option, short: Sequence[tuple[Short, ResourceFacts]], taken: Sequence[Short], currency: str) -> str:
    where = [
        f"{count_text(part.hours, facts.unit)} at {facts.name}" for part, (_, facts) in zip(taken, short, strict=True)
    ]
    said = f"{list_text(where, len(where))} ship {count_text(option.units)}"
    end = f"{count_text(option.units_left)} stay late." if option.units_left >= 0.05 else "the gap is closed."
    return f"{said} for {money_text(option.cost, currency)}; {end}"


def _later(gap: Gap, draft: Option, caught_up: date | None) -> Option:
    """Delivering later is what the plan does anyway, so its month is the plan's own."""
    if caught_up is None:
        return _impossible(draft, gap, "these units do not ship within the horizon")
    text = f"{count_text(gap.units)} ship late, by {caught_up:%b %Y}; agree it with the customers first."
    return replace(
        draft,
        hours=gap.hours,
        units=gap.units,
        revenue=gap.value,
        margin=gap.margin,
        units_left=0.0,
        feasible=True,
        text=text,
    )
