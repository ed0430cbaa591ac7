"""What a meeting has to talk about, found in what is open."""

from datetime import date

import numpy as np
import pandas as pd
from django.db.models import Q

from cycles.models import Cycle
from cycles.periods import add_months
from demand.models import Assumption, Stage
from demand.selectors.lines import cycle_lines
from demand.selectors.versions import stage_plan, stages_available
from masterdata.models import Product
from meetings.agenda import Section, Topic
from meetings.models import Action, Decision, Meeting, MeetingKind
from meetings.selectors.outcomes import PROMISE, outcomes_shown
from meetings.selectors.pack import open_risks, waits_for_review
from supply.models import Gap, SupplyAnswer
from supply.wording import count_text, percent_text

EXCEPTION_MONTHS = 4
MOST_EXCEPTIONS = 15
LEAST_VALUE_SHARE = 0.002
PORTFOLIO_MONTHS = 6
STOCK_MONTHS = 3
OPEN_DECISIONS = (Decision.State.OPEN, Decision.State.DEFERRED)

Topics = dict[Section, list[Topic]]


def topics_of(meeting: Meeting, on: date) -> Topics:
    """The topics of a meeting as they stand on a day, by section; sections without any are left out."""
    found: Topics = {Section.ACTIONS: action_topics(meeting, on), Section.PROMISES: promise_topics(meeting)}
    if meeting.kind == MeetingKind.DEMAND_REVIEW:
        found[Section.PORTFOLIO] = portfolio_topics(meeting.cycle)
        found[Section.EXCEPTIONS] = exception_topics(meeting.cycle)
        found[Section.ASSUMPTIONS] = assumption_topics(meeting.cycle, on)
    elif meeting.kind == MeetingKind.SUPPLY_REVIEW:
        found[Section.GAPS] = gap_topics(meeting.cycle)
        found[Section.INVENTORY] = inventory_topics(meeting.cycle)
    else:
        found[Section.DECISIONS] = decision_topics(meeting, on)
        found[Section.RISKS] = risk_topics(meeting.cycle)
    return {section: topics for section, topics in found.items() if topics}


def open_actions(meeting: Meeting, on: date) -> list[Action]:
    """Open actions of this kind of meeting or of none, and overdue ones of any, until they are closed."""
    rows = Action.objects.filter(state=Action.State.OPEN).select_related("owner__user", "meeting", "cycle")
    return [row for row in rows if row.meeting is None or row.meeting.kind == meeting.kind or row.due_on < on]


def action_topics(meeting: Meeting, on: date) -> list[Topic]:
    return [
        Topic(row.code, f"{row.code} {row.text} ({row.owner.name})", overdue=row.due_on < on)
        for row in open_actions(meeting, on)
    ]


def open_decisions(meeting: Meeting, on: date) -> list[Decision]:
    """What is to be decided here: open questions of this forum, deferred ones whose day has come, proposals."""
    here = Q(forum=meeting.kind, state__in=OPEN_DECISIONS) | Q(proposed=True, forum__in=_confirmed_by(meeting))
    rows = Decision.objects.filter(here, cycle__month__lte=meeting.cycle.month)
    rows = rows.select_related("decider__user", "decider__deputy__user", "cycle").prefetch_related("options")
    return [row for row in rows if row.state != Decision.State.DEFERRED or (row.deferred_to and row.deferred_to <= on)]


def _confirmed_by(meeting: Meeting) -> set[str]:
    """Of which meetings this one confirms proposals: its own kind, and the executive one those of pre-S&OP too."""
    return {meeting.kind} | ({MeetingKind.PRE_SOP.value} if meeting.kind == MeetingKind.EXECUTIVE else set())


def decision_topics(meeting: Meeting, on: date) -> list[Topic]:
    return [
        Topic(
            row.code,
            f"{'Confirm: ' if row.proposed else ''}{row.code} {row.question}",
            value=_stake(row),
            overdue=row.decide_by < on,
        )
        for row in open_decisions(meeting, on)
    ]


def promise_topics(meeting: Meeting) -> list[Topic]:
    """Decisions whose months have closed: what was promised stands beside what came."""
    return [
        Topic(f"{PROMISE}{row.decision.code}", f"What came of {row.decision.code}? {row.decision.question}")
        for row in outcomes_shown(meeting.kind, meeting.cycle.month)
    ]


def _stake(decision: Decision) -> float:
    """The largest money effect any of its options has."""
    values = [abs(v) for o in decision.options.all() for v in (o.revenue, o.margin, o.cost) if v is not None]
    return max(values, default=0.0)


def portfolio_topics(cycle: Cycle) -> list[Topic]:
    """Products that start or end around now."""
    first, last = add_months(cycle.month, -1), add_months(cycle.month, PORTFOLIO_MONTHS)
    topics = []
    for product in Product.objects.filter(launch_month__range=(first, last), plan_as=None).order_by("code"):
        topics.append(Topic(f"launch:{product.code}", f"{product.name} starts in {product.launch_month:%b %Y}"))
    for product in Product.objects.filter(phase_out_month__range=(first, last), plan_as=None).order_by("code"):
        topics.append(Topic(f"end:{product.code}", f"{product.name} ends in {product.phase_out_month:%b %Y}"))
    return topics


def exception_topics(cycle: Cycle) -> list[Topic]:
    """Lines where people and the baseline differ most in money over the next four months."""
    if Stage.BASELINE not in stages_available(cycle):
        return []
    frame = cycle_lines(cycle)
    lines = frame.index.to_numpy(dtype=np.int64)
    base = stage_plan(cycle, Stage.BASELINE, lines).quantity[:, :EXCEPTION_MONTHS].sum(axis=1)
    team = stage_plan(cycle, Stage.TEAM, lines).quantity[:, :EXCEPTION_MONTHS].sum(axis=1)
    price = frame["price"].to_numpy()
    value = (team - base) * price
    threshold = LEAST_VALUE_SHARE * float((team * price).sum())
    largest = np.argsort(-np.abs(value), kind="stable")[:MOST_EXCEPTIONS]
    return [
        Topic(f"line:{lines[i]}", _exception(frame.iloc[i], float(team[i]), float(base[i])), value=float(value[i]))
        for i in largest
        if abs(value[i]) > threshold
    ]


def _exception(line: pd.Series, team: float, base: float) -> str:
    share = f", {percent_text(team / base - 1)}" if base else ""
    months = f"over {EXCEPTION_MONTHS} months"
    return (
        f"{line['customer_name']}, {line['product_name']}: team {count_text(team)} against baseline "
        f"{count_text(base)} {months}{share}"
    )


def assumption_topics(cycle: Cycle, on: date) -> list[Topic]:
    """Those of earlier cycles, and those whose day has come, are reviewed first."""
    return [
        Topic(f"assumption:{row.pk}", _assumption(row, cycle), overdue=_is_earlier(row, cycle) or row.check_on < on)
        for row in assumptions(cycle)
    ]


def _is_earlier(row: Assumption, cycle: Cycle) -> bool:
    return bool(row.cycle.month < cycle.month)


def _assumption(row: Assumption, cycle: Cycle) -> str:
    since = f", since {row.cycle.month:%b %Y}: does it still hold?" if _is_earlier(row, cycle) else ""
    return f"{row.text} ({row.owner.name}{since})"


def assumptions(cycle: Cycle) -> list[Assumption]:
    """What the plan rests on: those that still hold, of this cycle and earlier ones."""
    rows = Assumption.objects.filter(state=Assumption.State.HOLDS, cycle__month__lte=cycle.month)
    return list(rows.select_related("owner__user", "family", "cycle"))


def gap_topics(cycle: Cycle) -> list[Topic]:
    rows = Gap.objects.filter(cycle=cycle, state=Gap.State.OPEN).select_related("resource")
    return [
        Topic(
            f"gap:{row.pk}",
            f"{row.resource.name} {row.month:%b %Y}: {count_text(row.hours, 'hour')} short, "
            f"{count_text(row.units)} late",
            value=row.value,
        )
        for row in rows
    ]


def inventory_topics(cycle: Cycle) -> list[Topic]:
    """Products whose planned stock falls below safety stock in the next months."""
    topics = []
    for row in SupplyAnswer.objects.filter(cycle=cycle).select_related("product"):
        low = min(row.inventory[:STOCK_MONTHS], default=0.0)
        if row.safety_stock and low < row.safety_stock - 0.5:
            words = f"{row.product.name}: stock falls to {count_text(low)}, safety stock is {row.safety_stock:,.0f}"
            value = (row.safety_stock - low) * (row.product.price or 0.0)
            topics.append(Topic(f"stock:{row.product.code}", words, value=value))
    return topics


def risk_topics(cycle: Cycle) -> list[Topic]:
    return [
        Topic(
            f"risk:{risk.pk}",
            f"{risk.get_kind_display()}: {risk.text} ({percent_text(risk.probability)}, {risk.owner.name})",
            value=risk.value * risk.probability,
            overdue=waits_for_review(risk, cycle),
        )
        for risk in open_risks(cycle)
    ]
