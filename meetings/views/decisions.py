"""Decision briefs: the list, one brief, a new one, and what is done with it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cycles.models import Cycle
from cycles.selectors import current_cycle, open_cycle
from cycles.typed import whole_number
from jobs.errors import Refused
from masterdata.requests import PortalRequest
from masterdata.selectors import ceo
from meetings.forms import day_read, forum_read, options_read, person_read, words_read
from meetings.models import Decision
from meetings.policy import check_raises_briefs
from meetings.selectors.brief_form import brief_form
from meetings.selectors.decisions import decision_rows, decision_views, decisions_page
from meetings.selectors.rights import raises_briefs
from meetings.services.decisions import (
    decision_confirm,
    decision_decide,
    decision_defer,
    decision_escalate,
    decision_raise,
)
from supply.models import Gap, Scenario


def _decision(code: str) -> Decision:
    return get_object_or_404(decision_rows(), code=code)


@require_GET
def decisions(request: PortalRequest) -> HttpResponse:
    cycle = current_cycle()
    context = decisions_page(cycle, request.person, request.today)
    context |= {"cycle": cycle, "raises_briefs": raises_briefs(request.person), "tab": "decisions"}
    return render(request, "meetings/decisions.html", context)


@require_GET
def decision(request: PortalRequest, code: str) -> HttpResponse:
    return _brief(request, _decision(code))


def _brief(request: PortalRequest, row: Decision, problem: Refused | None = None) -> HttpResponse:
    context = {
        "view": decision_views([row], request.person, request.today)[0],
        "problem": problem,
        "typed": request.POST if problem else {},
        "tab": "decisions",
    }
    return render(request, "meetings/decision.html", context, status=problem.status if problem else 200)


@require_http_methods(["GET", "POST"])
def new(request: PortalRequest) -> HttpResponse:
    """A new brief, prefilled where it is about a gap; after a refusal with everything that was typed."""
    check_raises_briefs(request.person)
    cycle = open_cycle()
    if cycle is None:
        raise Refused("no_cycle", "No cycle is open, so there is nothing to decide.")
    gap = _gap(request)
    if request.method == "GET":
        return _form(request, cycle, gap, scenario=_scenario(request))
    try:
        row = _raise(request, cycle, gap)
    except Refused as refusal:
        return _form(request, cycle, gap, refusal)
    messages.success(request, f"{row.code} is on the agenda of the {row.get_forum_display()}.")
    return redirect("meetings:decision", code=row.code)


def _gap(request: PortalRequest) -> Gap | None:
    wanted = whole_number(request.POST.get("gap") or request.GET.get("gap", ""))
    if wanted is None:
        return None
    return get_object_or_404(Gap.objects.select_related("resource", "cycle"), pk=wanted)


def _scenario(request: PortalRequest) -> Scenario | None:
    wanted = whole_number(request.GET.get("scenario", ""))
    if wanted is None:
        return None
    return get_object_or_404(Scenario.objects.select_related("cycle"), pk=wanted)


def _form(
    request: PortalRequest,
    cycle: Cycle,
    gap: Gap | None,
    problem: Refused | None = None,
    scenario: Scenario | None = None,
) -> HttpResponse:
    typed = request.POST if problem else None
    context = brief_form(cycle, gap, request.today, typed, scenario) | {"problem": problem, "tab": "decisions"}
    return render(request, "meetings/brief.html", context, status=problem.status if problem else 200)


def _raise(request: PortalRequest, cycle: Cycle, gap: Gap | None) -> Decision:
    given = request.POST
    return decision_raise(
        cycle=cycle,
        forum=forum_read(given),
        question=words_read(given, "question"),
        options=options_read(given),
        recommendation=given.get("recommendation", ""),
        decider=person_read(given, "decider", "Who decides"),
        decide_by=day_read(given, "decide_by", "Decide by"),
        by=request.person,
        at=request.now,
        gap=gap,
    )


def _done(request: PortalRequest, row: Decision, said: str) -> HttpResponse:
    """Back to where it was decided: the room or its wall when it was done there, else the brief."""
    messages.success(request, said)
    back = request.POST.get("back", "")
    if back == "executive":
        return redirect("/executive/")
    wall = whole_number(back.removeprefix("present-"))
    if back != "room" and wall is None:
        return redirect("meetings:decision", code=row.code)
    response = redirect("meetings:room", month=row.cycle.code, kind=row.forum)
    response["Location"] += f"#{row.code}" if back == "room" else f"?present={wall}"
    return response


@require_POST
def decide(request: PortalRequest, code: str) -> HttpResponse:
    def act(row: Decision) -> str:
        decided = decision_decide(
            decision=row,
            option=request.POST.get("option", ""),
            person=request.person,
            at=request.now,
            reason=words_read(request.POST, "reason"),
        )
        what = "proposed, to be confirmed" if decided.proposed else "decided"
        return f"{decided.code} is {what}: {decided.options.get(key=decided.chosen).label}."

    return _act(request, code, act)


@require_POST
def defer(request: PortalRequest, code: str) -> HttpResponse:
    def act(row: Decision) -> str:
        deferred = decision_defer(
            decision=row,
            person=request.person,
            to=day_read(request.POST, "to", "Defer to"),
            on=request.today,
            at=request.now,
            reason=words_read(request.POST, "reason"),
        )
        return f"{deferred.code} is deferred to {deferred.deferred_to:%d %b %Y}; it comes back then."

    return _act(request, code, act)


@require_POST
def confirm(request: PortalRequest, code: str) -> HttpResponse:
    def act(row: Decision) -> str:
        return f"{decision_confirm(decision=row, person=request.person).code} is confirmed."

    return _act(request, code, act)


@require_POST
def escalate(request: PortalRequest, code: str) -> HttpResponse:
    def act(row: Decision) -> str:
        boss = ceo()
        if boss is None:
            raise Refused("no_ceo", "Nobody is set up as CEO: the executive who reports to nobody.")
        decision_escalate(decision=row, person=request.person, decider=boss, decide_by=row.decide_by)
        return f"{row.code} goes to the executive meeting; {boss.name} decides."

    return _act(request, code, act)


def _act(request: PortalRequest, code: str, act: Callable[[Decision], str]) -> HttpResponse:
    row = _decision(code)
    try:
        said = act(row)
    except Refused as refusal:
        return _brief(request, _decision(code), refusal)
    return _done(request, row, said)
