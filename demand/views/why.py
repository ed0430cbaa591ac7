"""Why this number, and what was said about it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from demand.forms import month_read
from demand.models import Comment, Line
from demand.policy import may_ask, may_mark_stock_outs
from demand.selectors.present import cycle_named, cycle_now
from demand.selectors.standing_in import answers_for
from demand.selectors.threads import people_named
from demand.selectors.why import why
from demand.services.comments import note_add, question_answer, question_ask
from demand.services.said import line_seen
from demand.services.stock_outs import stock_out_say
from jobs.errors import Invalid, Refused
from masterdata.requests import PortalRequest

MOST_TYPED = 60


@require_GET
def why_number(request: PortalRequest, line: int, month: str) -> HttpResponse:
    return _shown(request, line, month)


def _shown(request: PortalRequest, line: int, month: str, problem: Refused | None = None) -> HttpResponse:
    """The number and its thread; with what was typed and why it was refused when there was a problem."""
    cycle = cycle_named(request.GET.get("cycle", ""))
    found = why(cycle, line, month_read(month), request.person)
    line_seen(person=request.person, line=found.line, at=request.now)
    in_panel = bool(request.headers.get("HX-Request"))
    template = "demand/_why.html" if in_panel else "demand/why.html"
    context: dict[str, Any] = {
        "why": found,
        "may_ask": may_ask(request.person, found.row.owner),
        "answers_for": answers_for(request.person, found.thread, request.today),
        "may_mark": may_mark_stock_outs(request.person, cycle),
        "in_panel": in_panel,
    }
    if problem is not None:
        context |= {"problem": problem, "typed": request.POST.get("text", "")}
    return render(request, template, context, status=problem.status if problem else 200)


@require_GET
def names(request: PortalRequest) -> HttpResponse:
    """Who can be named with @, for the list that opens while somebody types."""
    found = people_named(request.GET.get("q", "")[:MOST_TYPED])
    return JsonResponse(
        {"people": [{"username": p.username, "name": p.name, "role": p.get_role_display()} for p in found]}
    )


@require_POST
def note(request: PortalRequest, line: int, month: str) -> HttpResponse:
    about = get_object_or_404(Line, pk=line)
    text = request.POST.get("text", "")
    try:
        note_add(cycle=cycle_now(), by=request.person, text=text, at=request.now, line=about, month=month_read(month))
    except Invalid as problem:
        return _shown(request, line, month, problem)
    return _back(request, line, month)


@require_POST
def stock_out(request: PortalRequest, line: int, month: str) -> HttpResponse:
    about, out = get_object_or_404(Line.objects.select_related("product"), pk=line), request.POST.get("out") == "1"
    told = month_read(request.POST.get("stock_month", ""))
    stock_out_say(cycle=cycle_now(), person=request.person, line=about, month=told, sold_out=out, at=request.now)
    word = "out of stock" if out else "not out of stock"
    messages.success(request, f"{told:%b %Y} is marked as {word}. It counts from the next baseline on.")
    return _back(request, line, month)


@require_POST
def ask(request: PortalRequest, line: int, month: str) -> HttpResponse:
    about = get_object_or_404(Line, pk=line)
    text, at = request.POST.get("text", ""), request.now
    try:
        question = question_ask(
            cycle=cycle_now(), line=about, by=request.person, text=text, at=at, month=month_read(month)
        )
    except Invalid as problem:
        return _shown(request, line, month, problem)
    messages.success(request, f"Sent back to {question.to.name if question.to else 'the owner'} with your question.")
    return _back(request, line, month)


@require_POST
def answer(request: PortalRequest, pk: int) -> HttpResponse:
    question = get_object_or_404(Comment, pk=pk)
    question_answer(question=question, by=request.person, text=request.POST.get("text", ""), at=request.now)
    whose = f" for {question.to.name}" if question.to and question.to.pk != request.person.pk else ""
    messages.success(request, f"Answered{whose}. {question.by.name} sees it beside the number.")
    return redirect(_safe(request, reverse("demand:sheet")))


def _back(request: PortalRequest, line: int, month: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return _shown(request, line, month)
    return redirect(_safe(request, reverse("demand:why", args=[line, month])))


def _safe(request: PortalRequest, otherwise: str) -> str:
    """Where the form came from, when that is a page of ours."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else otherwise
