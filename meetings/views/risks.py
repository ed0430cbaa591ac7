"""The register of risks and opportunities: a page, and a panel of the demand review."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from cycles.typed import whole_number
from demand.selectors.present import cycle_now
from jobs.errors import Invalid, Refused
from masterdata.requests import PortalRequest
from meetings.forms import day_read, number_read, risk_read
from meetings.models import Meeting, RiskOpportunity
from meetings.selectors.register import register
from meetings.services.actions import risk_add, risk_review, risk_settle


@require_GET
def risks(request: PortalRequest) -> HttpResponse:
    return _page(request)


def _page(request: PortalRequest, problem: Refused | None = None, form: str = "risk") -> HttpResponse:
    """The register; as a panel of the demand review its forms lead back there."""
    in_panel = bool(request.headers.get("HX-Request"))
    context = register(cycle_now(), request.person, request.today) | {
        "problem": problem,
        "problem_form": form if problem else "",
        "typed": request.POST if problem else {},
        "back": "demand" if in_panel else request.POST.get("back", ""),
        "tab": "risks",
    }
    template = "meetings/_register.html" if in_panel else "meetings/risks.html"
    return render(request, template, context, status=problem.status if problem else 200)


@require_POST
def add(request: PortalRequest) -> HttpResponse:
    try:
        risk = risk_add(cycle=cycle_now(), by=request.person, at=request.now, **risk_read(request.POST))
    except Refused as refusal:
        return _page(request, refusal)
    messages.success(request, f"{risk.get_kind_display()} on the register: {risk.text}")
    return _back(request)


@require_POST
def settle(request: PortalRequest, pk: int) -> HttpResponse:
    risk = get_object_or_404(RiskOpportunity.objects.select_related("owner__user"), pk=pk)
    try:
        state = RiskOpportunity.State(request.POST.get("state", ""))
    except ValueError:
        raise Invalid("Say whether it came true or did not.") from None
    risk_settle(risk=risk, cycle=cycle_now(), by=request.person, state=state, at=request.now)
    messages.success(request, f"{risk.get_kind_display()} settled: {state.label.lower()}.")
    return _back(request)


@require_POST
def review(request: PortalRequest, pk: int) -> HttpResponse:
    risk = get_object_or_404(RiskOpportunity.objects.select_related("owner__user"), pk=pk)
    try:
        risk_review(
            risk=risk,
            cycle=cycle_now(),
            by=request.person,
            value=number_read(request.POST, "value", "Value"),
            probability=number_read(request.POST, "probability", "Probability") / 100,
            check_on=day_read(request.POST, "check_on", "Checked on"),
            at=request.now,
        )
    except Invalid as refusal:
        return _page(request, refusal, f"review-{pk}")
    messages.success(request, f"Reviewed: {risk.text}")
    return _back(request)


def _back(request: PortalRequest) -> HttpResponse:
    """To the room or the review that the form stood in, else to the register."""
    given = whole_number(request.POST.get("meeting", ""))
    meeting = Meeting.objects.filter(pk=given).select_related("cycle").first() if given else None
    if meeting is not None:
        return redirect(reverse("meetings:room", args=[meeting.cycle.code, meeting.kind]) + "#risks")
    page = "demand:review" if request.POST.get("back") == "demand" else "meetings:risks"
    return redirect(reverse(page) + "#risks")
