"""Questions that raise themselves: a gap sent to pre-S&OP becomes a brief with its options filled in."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from cycles.models import Cycle
from cycles.selectors import step_of
from cycles.steps import Step
from masterdata.selectors import company, head_of
from meetings.models import Decision, MeetingKind
from meetings.selectors.brief_form import EFFECTS, KEYS, brief_options, option_words
from meetings.selectors.people import leader
from meetings.selectors.rooms import gaps_without_brief
from meetings.services.decisions import OptionDraft, decision_raise
from supply.models import Gap
from supply.selectors.gaps import BriefOption, GapBrief, gap_brief

FEWEST_OPTIONS = 2


def gap_briefs_raise(*, cycle: Cycle, at: datetime) -> list[Decision]:
    """One brief per gap sent on and not asked about yet; a gap with nothing to choose from waits for a person."""
    raised = [gap_brief_raise(gap=gap, at=at) for gap in gaps_without_brief(cycle)]
    return [decision for decision in raised if decision is not None]


@transaction.atomic
def gap_brief_raise(*, gap: Gap, at: datetime) -> Decision | None:
    """Ask about a gap at pre-S&OP, in the name of whoever sent it on; the head of Operations decides."""
    brief = gap_brief(gap)
    options = brief_options(brief)
    by, decider = gap.by or leader(), head_of("Operations") or leader()
    if len(options) < FEWEST_OPTIONS or by is None or decider is None:
        return None
    keys = dict(zip((option.key for option in options), KEYS, strict=False))
    return decision_raise(
        cycle=gap.cycle,
        forum=MeetingKind.PRE_SOP,
        question=brief.question,
        options=[_draft(keys[option.key], option, brief) for option in options],
        recommendation=keys.get(brief.recommendation, ""),
        decider=decider,
        decide_by=_day_of_pre_sop(gap.cycle, at),
        by=by,
        at=at,
        gap=gap,
    )


def _draft(key: str, option: BriefOption, brief: GapBrief) -> OptionDraft:
    return OptionDraft(
        key=key,
        label=option.label,
        do_nothing=option.do_nothing,
        text=option_words(brief, option),
        effects={name: getattr(option, name) for name, _ in EFFECTS},
        plan_effect=option.plan_effect,
    )


def _day_of_pre_sop(cycle: Cycle, at: datetime) -> date:
    zone = ZoneInfo(company().timezone)
    return max(step_of(cycle, Step.PRE_SOP).due_at, at).astimezone(zone).date()
