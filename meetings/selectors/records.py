"""Decisions and actions as facts for minutes and digests, and who may see which money in them."""

from masterdata.models import Person
from masterdata.roles import COST_ROLES
from meetings import minutes
from meetings.decision_effects import Scope
from meetings.models import Action, Decision, DecisionOption, Meeting

OPEN_SCOPES = (Scope.ALL.value, Scope.FAMILY.value)
PRIVATE = ("margin", "cost", "inventory")


def margin_open(option: DecisionOption) -> bool:
    """Margin is open for the company and whole families; an option about less, or about a gap, is not."""
    return option.do_nothing or option.plan_effect.get("scope") in OPEN_SCOPES


def sees_margin(person: Person | None, option: DecisionOption) -> bool:
    return margin_open(option) or (person is not None and person.role in COST_ROLES)


def decision_facts(decision: Decision) -> minutes.DecisionFacts:
    """A decision with the option that was chosen and what it is worth, as everybody may read it."""
    option = next((o for o in decision.options.all() if o.key == decision.chosen), None)
    return minutes.DecisionFacts(
        code=decision.code,
        question=decision.question,
        chosen=option.label if option else "",
        decided_by=decision.decided_by.name if decision.decided_by else "",
        on_behalf_of=decision.on_behalf_of.name if decision.on_behalf_of else "",
        deferred_to=decision.deferred_to,
        reason=decision.reason,
        revenue=option.revenue if option else None,
        proposed=decision.proposed,
        margin=option.margin if option and margin_open(option) else None,
    )


def action_facts(action: Action) -> minutes.ActionFacts:
    return minutes.ActionFacts(
        code=action.code,
        text=action.text.rstrip("."),
        owner=action.owner.name,
        due=action.due_on,
        closed=action.state != Action.State.OPEN,
        outcome=action.outcome,
    )


def decided_in(meeting: Meeting) -> list[Decision]:
    """Decisions of the meeting's cycle and forum that were decided or deferred since it was started."""
    rows = Decision.objects.filter(cycle=meeting.cycle, forum=meeting.kind).exclude(state=Decision.State.OPEN)
    rows = rows.select_related("decided_by__user", "on_behalf_of__user", "raised_by__user").prefetch_related("options")
    return list(rows)


def closed_in(meeting: Meeting) -> list[Action]:
    """Actions that were on the agenda and have been closed since the meeting was started."""
    if meeting.started_at is None:
        return []
    rows = Action.objects.filter(closed_at__gte=meeting.started_at).select_related("owner__user")
    return list(rows)
