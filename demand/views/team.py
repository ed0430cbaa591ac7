"""The manager's roll-up: accept, adjust, take back, nudge."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from cycles.periods import add_months, month_range
from demand.forms import month_read, number_read, words
from demand.models import Reason
from demand.policy import demand_signed
from demand.selectors.goals import goal_days, goal_of_manager
from demand.selectors.present import cycle_now
from demand.selectors.reorganised import reorganised
from demand.selectors.team import team_changes, team_questions, team_rollup
from demand.services.team import Scope, team_accept, team_adjust, team_adjust_undo, team_nudge
from jobs.errors import Refused
from masterdata.models import Person
from masterdata.requests import PortalRequest
from masterdata.roles import Role


@require_GET
def team(request: PortalRequest) -> HttpResponse:
    return _page(request)


def _page(request: PortalRequest, problem: Refused | None = None) -> HttpResponse:
    """The page; after a refused adjustment with what was typed and the reason it was refused."""
    cycle = cycle_now()
    rollup = team_rollup(cycle, request.person, on=request.today)
    context = {
        "team": rollup,
        "moved": reorganised(cycle, request.person),
        "cycle": cycle,
        "goal": goal_of_manager(cycle, request.person, request.today),
        "goal_days": goal_days(cycle, request.today),
        "changes": team_changes(cycle, request.person),
        "questions": team_questions(cycle, [row.rep for row in rollup.rows]),
        "reasons": Reason,
        "months": month_range(cycle.month, cycle.horizon),
        "third_month": add_months(cycle.month, 2),
        "typed": request.POST if problem else {},
        "problem": problem,
        "may_write": request.person.role == Role.SALES_MANAGER and not demand_signed(cycle),
    }
    return render(request, "demand/team.html", context, status=problem.status if problem else 200)


def _rep(request: PortalRequest) -> Person:
    return get_object_or_404(Person.objects.select_related("user"), user__username=request.POST.get("rep", ""))


@require_POST
def accept(request: PortalRequest) -> HttpResponse:
    cycle = cycle_now()
    wanted = request.POST.getlist("rep")
    rollup = team_rollup(cycle, request.person)
    reps = [row.rep for row in rollup.rows if row.rep.username in wanted] or [row.rep for row in rollup.acceptable]
    count = team_accept(cycle=cycle, manager=request.person, reps=reps, at=request.now)
    names = reps[0].name if count == 1 else f"{count} people"
    messages.success(request, f"Accepted the numbers of {names}." if count else "There was nothing left to accept.")
    return redirect("demand:team")


@require_POST
def adjust(request: PortalRequest) -> HttpResponse:
    try:
        rep = _rep(request)
        scope = Scope(
            rep=rep,
            first=month_read(request.POST.get("first")),
            last=month_read(request.POST.get("last")),
            family=request.POST.get("family", ""),
        )
        done = team_adjust(
            cycle=cycle_now(),
            manager=request.person,
            scope=scope,
            entry=request.POST.get("entry", ""),
            reason=request.POST.get("reason", ""),
            comment=words(request.POST.get("comment")),
            at=request.now,
            seen=number_read(request.POST.get("seen")),
        )
    except Refused as refusal:
        return _page(request, refusal)
    messages.success(
        request,
        f"{rep.name}: {done.before:,.0f} → {done.after:,.0f} units over {done.lines} lines, {done.basis}. "
        f"{rep.name} sees it at once.",
    )
    return redirect("demand:team")


@require_POST
def undo(request: PortalRequest) -> HttpResponse:
    rep = _rep(request)
    cells = team_adjust_undo(cycle=cycle_now(), manager=request.person, rep=rep, at=request.now)
    messages.success(request, f"Your adjustments of {rep.name} are taken back: {cells} cells show the rep's number.")
    return redirect("demand:team")


@require_POST
def nudge(request: PortalRequest) -> HttpResponse:
    rep = _rep(request)
    team_nudge(cycle=cycle_now(), manager=request.person, rep=rep, at=request.now)
    messages.success(request, f"{rep.name} gets one mail from you. It takes the place of the second reminder.")
    return redirect("demand:team")
