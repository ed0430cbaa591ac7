"""Decision briefs: raising a question with its options, deciding it once, deferring it, sending it up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction

from cycles.models import Cycle, CycleState
from jobs.errors import Invalid, NotYours, Refused
from masterdata.models import Person
from masterdata.selectors import ceo
from meetings.briefs import OptionFacts, brief_faults
from meetings.decision_effects import effect_from
from meetings.models import Decision, DecisionOption, Meeting, MeetingKind
from meetings.policy import check_plan_open, check_raises_briefs, deciding_for
from meetings.quorum import quorum
from meetings.selectors.company_forecast import effect_difference
from meetings.selectors.rights import Deciders, leads
from meetings.services.codes import next_code
from meetings.services.corrections import correction_publish_queue
from supply.models import Gap, GapOptionKind, Scenario
from supply.services.gaps import gap_escalate, gap_option_choose
from supply.services.scenarios import scenario_choose


@dataclass(frozen=True)
class OptionDraft:
    """One way to go, as somebody writes it; effects that are not known are left out."""

    key: str
    label: str
    do_nothing: bool = False
    text: str = ""
    effects: Mapping[str, float | None] = field(default_factory=dict)
    plan_effect: Mapping[str, Any] = field(default_factory=dict)

    def facts(self) -> OptionFacts:
        money = {name: self.effects.get(name) for name in ("revenue", "margin", "cost")}
        return OptionFacts(self.key, self.label, self.do_nothing, plan_effect=dict(self.plan_effect), **money)


@transaction.atomic
def decision_raise(
    *,
    cycle: Cycle,
    forum: MeetingKind,
    question: str,
    options: Sequence[OptionDraft],
    recommendation: str,
    decider: Person,
    decide_by: date,
    by: Person,
    at: datetime,
    gap: Gap | None = None,
) -> Decision:
    """Store a brief: a question, two or three options of which one is doing nothing, who decides by when.

    An effect on the plan fills in the units, revenue and margin nobody has given. Refused with everything missing.
    """
    check_raises_briefs(by)
    if cycle.state != CycleState.OPEN:
        raise Refused("cycle_ended", f"The cycle {cycle.code} has ended; raise the question in the open one.")
    code = next_code(Decision)
    if gap is not None:
        _gap_take(gap, by, at)
    options = [_with_difference(cycle, option) for option in options]
    faults = brief_faults(question, [option.facts() for option in options], recommendation)
    if faults:
        raise Invalid(" ".join(faults), errors=[{"detail": fault} for fault in faults])
    decision = Decision.objects.create(
        code=code,
        cycle=cycle,
        forum=forum,
        question=question.strip(),
        recommendation=recommendation,
        decider=decider,
        decide_by=decide_by,
        raised_by=by,
        raised_at=at,
        gap=gap.pk if gap else None,
    )
    DecisionOption.objects.bulk_create(_option(decision, draft) for draft in options)
    return decision


def _gap_take(gap: Gap, by: Person, at: datetime) -> None:
    """A gap is put as one question; an open one is sent on with it."""
    known = Decision.objects.filter(gap=gap.pk).exclude(state=Decision.State.DECIDED).first()
    if known is not None:
        raise Refused("gap_asked", f"{known.code} asks about this gap already.")
    if gap.state == Gap.State.OPEN:
        gap_escalate(gap=gap, person=by, at=at)


def _with_difference(cycle: Cycle, option: OptionDraft) -> OptionDraft:
    """Doing nothing changes nothing; an effect on the plan is worth what it changes there."""
    if option.do_nothing:
        return replace(option, effects={"units": 0.0, "revenue": 0.0, "margin": 0.0, **_given(option)})
    try:
        effect = effect_from(option.plan_effect)
        difference = effect_difference(cycle, effect) if effect else {}
    except ValueError as error:
        raise Invalid(f"Option {option.label or option.key}: {error}") from error
    return replace(option, effects={**difference, **_given(option)})


def _given(option: OptionDraft) -> dict[str, float]:
    return {name: value for name, value in option.effects.items() if value is not None}


def _option(decision: Decision, draft: OptionDraft) -> DecisionOption:
    return DecisionOption(
        decision=decision,
        key=draft.key,
        label=draft.label.strip(),
        do_nothing=draft.do_nothing,
        text=draft.text.strip(),
        plan_effect=dict(draft.plan_effect),
        **draft.effects,
    )


@transaction.atomic
def decision_decide(*, decision: Decision, option: str, person: Person, at: datetime, reason: str = "") -> Decision:
    """Choose an option; of two who decide at the same time one wins and the other is told.

    The chosen option's effect on the plan is applied when the company forecast is built; the chosen way to close a
    supply gap and a chosen scenario go to operations at once, a correction of what is published to the workers.
    """
    decision = Decision.objects.select_for_update().get(pk=decision.pk)
    on_behalf_of = deciding_for(person, decision)
    _check_undecided(decision)
    chosen = decision.options.filter(key=option).first()
    if chosen is None:
        keys = ", ".join(decision.options.values_list("key", flat=True))
        raise Invalid(f"{decision.code} has no option {option!r}; it has: {keys}.")
    if chosen.plan_effect and not decision.corrects:
        check_plan_open(decision.cycle)
    decision.state, decision.chosen = Decision.State.DECIDED, chosen.key
    decision.decided_by, decision.on_behalf_of, decision.decided_at = person, on_behalf_of, at
    decision.reason, decision.deferred_to = reason.strip(), None
    decision.proposed = _without_quorum(decision, person)
    decision.save()
    _gap_answer(decision, chosen, person, at)
    _scenario_answer(decision, chosen, person, at)
    if decision.corrects and chosen.plan_effect:
        correction_publish_queue(decision=decision, at=at)
    return decision


def _without_quorum(decision: Decision, person: Person) -> bool:
    """Whether the decision falls in a meeting that is too small; what the CEO decides holds at once."""
    boss = ceo()
    if boss is not None and person.pk == boss.pk:
        return False
    running = Meeting.objects.filter(cycle=decision.cycle, kind=decision.forum, state=Meeting.State.RUNNING).first()
    return running is not None and not quorum(list(running.attendance.values_list("present", flat=True)))


@transaction.atomic
def decision_confirm(*, decision: Decision, person: Person) -> Decision:
    """Confirm a proposal: the CEO at any time, else who may decide it, in a running meeting with a quorum."""
    decision = Decision.objects.select_for_update().get(pk=decision.pk)
    if not decision.proposed:
        raise Refused("no_proposal", f"{decision.code} is not a proposal that waits to be confirmed.")
    deciding_for(person, decision)
    boss = ceo()
    if not (boss is not None and person.pk == boss.pk) and not _confirming(decision):
        raise Refused("no_quorum", "A proposal is confirmed in a running meeting with at least half of those invited.")
    decision.proposed = False
    decision.save(update_fields=["proposed"])
    return decision


def _confirming(decision: Decision) -> bool:
    """Whether a meeting that may confirm it runs and is large enough."""
    running = Meeting.objects.filter(
        state=Meeting.State.RUNNING, kind__in={decision.forum, MeetingKind.EXECUTIVE.value}
    )
    return any(quorum([row.present for row in one.attendance.all()]) for one in running.prefetch_related("attendance"))


def proposals_confirm(*, cycle: Cycle) -> int:
    """The CEO has approved the plan and with it what was only proposed; returns how many that were."""
    return cycle.decisions.filter(proposed=True).update(proposed=False)


def _gap_answer(decision: Decision, chosen: DecisionOption, person: Person, at: datetime) -> None:
    """Operations plan again with the option; a gap that has closed by itself meanwhile needs none."""
    kind = chosen.plan_effect.get("gap_option")
    gap = Gap.objects.filter(pk=decision.gap).first() if kind and decision.gap else None
    if gap is not None:
        gap_option_choose(gap=gap, kind=GapOptionKind(kind), person=person, at=at, decision=decision.code)


def _scenario_answer(decision: Decision, chosen: DecisionOption, person: Person, at: datetime) -> None:
    """Operations plan by the scenario; refused when it was removed meanwhile."""
    number = chosen.plan_effect.get("scenario")
    if number is None:
        return
    scenario = Scenario.objects.filter(pk=number, cycle=decision.cycle).first()
    if scenario is None:
        raise Refused("scenario_gone", "The scenario of this option was removed. Choose another option.")
    scenario_choose(scenario=scenario, person=person, at=at, decision=decision.code)


def _check_undecided(decision: Decision) -> None:
    if decision.state != Decision.State.DECIDED:
        return
    label = decision.options.get(key=decision.chosen).label
    who = decision.decided_by.name if decision.decided_by else "somebody"
    raise Refused("already_decided", f"{who} has decided {decision.code} already: {label}.", chosen=decision.chosen)


@transaction.atomic
def decision_defer(*, decision: Decision, person: Person, to: date, on: date, at: datetime, reason: str) -> Decision:
    """Put a decision off to a day that lies ahead, with a reason; it comes back on the agenda."""
    decision = Decision.objects.select_for_update().get(pk=decision.pk)
    on_behalf_of = deciding_for(person, decision)
    _check_undecided(decision)
    if to <= on:
        raise Invalid("Defer it to a day that lies ahead.")
    if not reason.strip():
        raise Invalid("Say in a few words why it is deferred.")
    decision.state, decision.deferred_to, decision.reason = Decision.State.DEFERRED, to, reason.strip()
    decision.decided_by, decision.on_behalf_of, decision.decided_at = person, on_behalf_of, at
    decision.save()
    return decision


@transaction.atomic
def decision_escalate(*, decision: Decision, person: Person, decide_by: date, decider: Person) -> Decision:
    """Send a question from pre-S&OP up to the executive meeting."""
    decision = Decision.objects.select_for_update().get(pk=decision.pk)
    if not (leads(person) or Deciders().may(person, decision)):
        raise NotYours("Questions are sent up by the S&OP leader or by those who could decide them.")
    _check_undecided(decision)
    if decision.forum == MeetingKind.EXECUTIVE:
        raise Refused("escalated", f"{decision.code} is on the executive agenda already.")
    decision.forum, decision.decider, decision.decide_by = MeetingKind.EXECUTIVE, decider, decide_by
    decision.save(update_fields=["forum", "decider", "decide_by"])
    return decision
