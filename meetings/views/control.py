"""The control page of the cycle: everybody reads it, the S&OP leader writes."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from cycles.models import CycleStep
from cycles.selectors import current_cycle, cycle_of, open_cycle
from cycles.steps import Step
from cycles.typed import whole_numbers
from jobs.errors import Invalid, Refused
from masterdata.requests import PortalRequest
from meetings.forms import day_read, moment_read, month_read, person_read, words_read
from meetings.selectors.audit import audit_found
from meetings.selectors.control import control_page
from meetings.selectors.rights import leads
from meetings.services.barriers import barrier_remedy_add
from meetings.services.cadence import cycle_start, step_date_move, step_end_early, step_take_back
from meetings.services.reminders import late_nudge, nudge_preview
from supply.wording import count_text

DONE = {"close": "is closed", "move": "has a new date", "reopen": "is open again"}


@require_GET
def control(request: PortalRequest) -> HttpResponse:
    return _page(request)


def _page(request: PortalRequest, problem: Refused | None = None, step: str = "") -> HttpResponse:
    """The page; after a refusal with what was typed, at the step it was typed for."""
    wanted = request.GET.get("cycle", "")
    cycle = cycle_of(month_read(request.GET, "cycle", "Cycle")) if wanted else current_cycle()
    context = control_page(cycle, request.now, request.person) | {
        "writes": leads(request.person),
        "problem": problem,
        "problem_step": step,
        "typed": request.POST if problem else {},
        "tab": "cycle",
        "audit": audit_found() if leads(request.person) else None,
    }
    return render(request, "meetings/control.html", context, status=problem.status if problem else 200)


@require_POST
def cycle_open_view(request: PortalRequest) -> HttpResponse:
    try:
        month = month_read(request.POST, "month", "Cycle")
        cycle = cycle_start(month=month, at=request.now, by=request.person)
    except Refused as refusal:
        return _page(request, refusal)
    messages.success(request, f"The cycle {cycle.code} is open. Its steps and meetings have their dates.")
    return redirect("meetings:control")


@require_POST
def step_change(request: PortalRequest, step: str, what: str) -> HttpResponse:
    """Close early, move or reopen one step of the open cycle."""
    try:
        row = _change(request, _step(step), what)
    except Refused as refusal:
        return _page(request, refusal, step)
    messages.success(request, f"{row.kind.label} {DONE[what]}. Everybody affected gets a mail with the reason.")
    return redirect("meetings:control")


def _step(code: str) -> Step:
    try:
        return Step(code)
    except ValueError:
        raise Refused("no_step", f"There is no step {code!r}.", status=404) from None


def _change(request: PortalRequest, step: Step, what: str) -> CycleStep:
    cycle = open_cycle()
    if cycle is None:
        raise Refused("no_cycle", "No cycle is open, so no step can be changed.")
    if what not in DONE:
        raise Refused("no_change", f"A step cannot be changed by {what!r}.", status=404)
    by, at, reason = request.person, request.now, words_read(request.POST, "reason")
    if what == "close":
        return step_end_early(cycle=cycle, step=step, by=by, at=at, reason=reason)
    service: Callable[..., CycleStep] = step_date_move if what == "move" else step_take_back
    due_at = moment_read(request.POST, "due_at", "New date")
    return service(cycle=cycle, step=step, by=by, at=at, reason=reason, due_at=due_at)


@require_POST
def barrier_remedy(request: PortalRequest) -> HttpResponse:
    """What was done about a barrier; with who and until when it is an action too."""
    cycle = current_cycle()
    if cycle is None:
        raise Refused("no_cycle", "There is no cycle yet that this could belong to.")
    given = request.POST
    try:
        remedy = barrier_remedy_add(
            cycle=cycle,
            department=words_read(given, "department"),
            barrier=words_read(given, "barrier"),
            text=words_read(given, "text"),
            owner=person_read(given, "owner", "Who") if given.get("owner") else None,
            due_on=day_read(given, "due_on", "Until") if given.get("due_on") else None,
            by=request.person,
            on=request.today,
            at=request.now,
        )
    except Invalid as refusal:
        return _page(request, refusal, f"barrier:{given.get('department')}:{given.get('barrier')}")
    what = f"Written down as {remedy.action.code}." if remedy.action else "Written down."
    messages.success(request, f"{what} It stands beside the barrier for everybody.")
    return redirect("meetings:control")


@require_GET
def nudge_look(request: PortalRequest) -> HttpResponse:
    """Who would get what, before anything is sent."""
    cycle = open_cycle()
    if cycle is None:
        raise Refused("no_cycle", "No cycle is open, so nobody is asked for anything.")
    context = {"preview": nudge_preview(cycle, on=request.today), "cycle": cycle, "writes": leads(request.person)}
    template = "meetings/_nudge.html" if request.headers.get("HX-Request") else "meetings/nudge.html"
    return render(request, template, context)


@require_POST
def nudge(request: PortalRequest) -> HttpResponse:
    cycle = open_cycle()
    if cycle is None:
        raise Refused("no_cycle", "No cycle is open, so nobody is asked for anything.")
    users = whole_numbers(request.POST.getlist("user"))
    if not users:
        raise Invalid("Choose at least one person to nudge.")
    sent = late_nudge(cycle=cycle, by=request.person, at=request.now, users=users)
    who = count_text(sent, "person gets", "people get")
    messages.success(request, f"{who} a personal reminder; it is the last one.")
    return redirect("meetings:control")
