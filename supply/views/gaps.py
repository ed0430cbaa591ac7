"""Gaps: the options side by side, choosing one, taking it back, sending the question on."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from cycles.typed import words
from demand.selectors.present import cycle_now
from masterdata.requests import PortalRequest
from masterdata.selectors import company
from supply.forms import option_read
from supply.models import Gap
from supply.selectors.gap_page import gap_page
from supply.services.gaps import Replanned, gap_escalate, gap_option_choose, gap_option_clear, gaps_take_recommended
from supply.views.beside import beside
from supply.wording import count_text, money_text


def _gap(pk: int) -> Gap:
    return get_object_or_404(Gap.objects.select_related("cycle", "resource"), pk=pk)


@require_GET
def gap(request: PortalRequest, pk: int) -> HttpResponse:
    found = _gap(pk)
    return render(request, "supply/gap.html", gap_page(found, request.person) | beside(request, found.cycle))


@require_POST
def choose(request: PortalRequest, pk: int) -> HttpResponse:
    found = _gap(pk)
    kind = option_read(request.POST)
    replanned = gap_option_choose(gap=found, kind=kind, person=request.person, at=request.now)
    where = f"{found.resource.name}, {found.month:%b %Y}"
    return _back(request, f"{kind.label} for {where}. {effect_sentence(replanned)}")


@require_POST
def clear(request: PortalRequest, pk: int) -> HttpResponse:
    replanned = gap_option_clear(gap=_gap(pk), person=request.person, at=request.now)
    return _back(request, f"The choice is taken back. {effect_sentence(replanned)}")


@require_POST
def escalate(request: PortalRequest, pk: int) -> HttpResponse:
    found = gap_escalate(gap=_gap(pk), person=request.person, at=request.now, note=words(request.POST.get("note")))
    return _back(request, f"{found.resource.name} in {found.month:%b %Y} goes to pre-S&OP with its options.")


@require_POST
def recommended(request: PortalRequest) -> HttpResponse:
    replanned = gaps_take_recommended(cycle=cycle_now(), person=request.person, at=request.now)
    said = f"The recommended option is taken for every open gap. {effect_sentence(replanned)}"
    if replanned.reopened:
        said += (
            f" {count_text(replanned.reopened, 'gap')} leave more late than the option said: accept that there, choose "
            "another option, or send the question to pre-S&OP."
        )
    return _back(request, said)


def effect_sentence(replanned: Replanned) -> str:
    """Before and after in one sentence."""
    before, after = replanned.before, replanned.after
    currency = company().currency
    late = f"Units late: {before.units_late:,.0f} before, {after.units_late:,.0f} now"
    worth = f"worth {money_text(before.value_late, currency)} and {money_text(after.value_late, currency)}"
    service = f"shipped in the month asked: {before.in_time:.1%}, now {after.in_time:.1%}"
    if abs(replanned.units_gained) < 1:
        return f"{count_text(after.units_late)} are late, as before; {service}."
    return f"{late} ({worth}); {service}."


def _back(request: HttpRequest, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect(f"{reverse('supply:review')}#gaps")
