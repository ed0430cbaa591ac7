"""The agreement as two panels: Finance's money view, and the CEO's approval."""

from typing import Any

from cycles.models import Cycle, MilestoneReached, StepEvent
from cycles.selectors import closed_steps, milestones_reached
from cycles.steps import Action, Milestone, Step, missing_for_milestone
from demand.models import Stage
from demand.selectors.versions import version_current
from masterdata.models import Person
from masterdata.roles import Role
from masterdata.selectors import ceo, company, head_of
from meetings.models import Decision, Meeting, MeetingKind
from meetings.selectors.company_forecast import forecast_build
from meetings.selectors.money import months_money, year_money
from meetings.selectors.rights import leads
from supply.wording import count_text

QUARTER = 3


def _stands(cycle: Cycle, kind: Milestone) -> MilestoneReached | None:
    rows = MilestoneReached.objects.filter(cycle=cycle, kind=kind.value, withdrawn_at=None)
    return rows.select_related("by", "on_behalf_of").first()


def _missing(cycle: Cycle, kind: Milestone) -> list[str]:
    return missing_for_milestone(kind, closed_steps(cycle), milestones_reached(cycle))


def _signs(person: Person, head: Person | None) -> bool:
    return head is not None and person.pk in (head.pk, head.deputy_id)


def signed_panel(cycle: Cycle, person: Person) -> dict[str, Any]:
    """Who has signed demand and supply, and which of the two this person may return to the other side."""
    approved = Milestone.CEO_APPROVED in milestones_reached(cycle)
    events = StepEvent.objects.filter(step__cycle=cycle, action=Action.REOPEN.value, reason__startswith="Returned by")
    return {
        "cycle": cycle,
        "sides": [
            {
                "step": step.value,
                "plan": plan,
                "title": title,
                "signed": _stands(cycle, signed),
                "head": head_of(department),
                "may_return": not approved and _stands(cycle, signed) and _signs(person, head_of(other)),
            }
            for step, plan, title, signed, department, other in SIDES
        ],
        "returns": list(events.select_related("step", "by").order_by("-id")),
    }


SIDES = (
    (Step.DEMAND_REVIEW, "Demand plan", "head of Sales", Milestone.DEMAND_SIGNED, "Sales", "Operations"),
    (Step.SUPPLY_REVIEW, "Supply plan", "head of Operations", Milestone.SUPPLY_SIGNED, "Operations", "Sales"),
)


def confirm_panel(cycle: Cycle, person: Person) -> dict[str, Any]:
    """What Finance confirms: the year against the budget with the forecast as it would be published now."""
    missing = _missing(cycle, Milestone.FINANCE_CONFIRMED)
    return {
        "cycle": cycle,
        "confirmed": _stands(cycle, Milestone.FINANCE_CONFIRMED),
        "missing": missing,
        "money": money_now(cycle),
        "may_confirm": person.role == Role.FINANCE or _signs(person, head_of("Finance")),
        "frozen": _stands(cycle, Milestone.PACK_FROZEN),
        "may_freeze": leads(person) and not _missing(cycle, Milestone.PACK_FROZEN),
    }


def money_now(cycle: Cycle) -> dict[str, Any] | None:
    """Year and next quarter of the forecast as it stands; None before demand and supply have a plan."""
    if any(version_current(cycle, stage) is None for stage in (Stage.DEMAND_PLAN, Stage.SUPPLY_PLAN)):
        return None
    settings, built = company(), forecast_build(cycle)
    revenue = (built.forecast.quantity * built.frame["price"].to_numpy()[:, None]).sum(axis=0)
    ahead = months_money(cycle.month, revenue)[:QUARTER]
    return {"year": year_money(settings, cycle.month, revenue), "ahead": ahead, "currency": settings.currency}


def approve_panel(cycle: Cycle, person: Person) -> dict[str, Any]:
    """Where the approval stands, what it waits for, and what the CEO may do about it."""
    meeting = Meeting.objects.filter(cycle=cycle, kind=MeetingKind.EXECUTIVE).first()
    waiting = cycle.decisions.filter(forum=MeetingKind.EXECUTIVE).exclude(state=Decision.State.DECIDED).count()
    boss = ceo()
    return {
        "cycle": cycle,
        "meeting": meeting,
        "pack_number": meeting.pack.get("number") if meeting else None,
        "approved": _stands(cycle, Milestone.CEO_APPROVED),
        "published": _stands(cycle, Milestone.PUBLISHED),
        "missing": _missing(cycle, Milestone.CEO_APPROVED),
        "undecided": count_text(waiting, "decision is", "decisions are") if waiting else "",
        "ceo": boss,
        "may_approve": _signs(person, boss),
        "for_name": boss.name if boss and person.pk != boss.pk else "",
    }
