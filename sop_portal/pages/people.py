"""Who works here: role, manager, deputy, customers; and the keys of programs."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from cycles.selectors import open_cycle
from demand.policy import entry_open
from demand.services.hand_over import customers_hand_over_now
from jobs.errors import Refused
from masterdata.models import ApiKey, Person
from masterdata.policy import Action, check
from masterdata.requests import PortalRequest
from masterdata.selectors.directory import api_keys, by_department, changes_about, directory, owned_customers
from masterdata.services.keys import key_create, key_revoke
from masterdata.services.people import customers_hand_over, person_change
from sop_portal.pages.people_forms import HandOverForm, KeyForm, PlaceForm


@require_GET
def people_page(request: PortalRequest) -> HttpResponse:
    check(request.person, Action.SET_UP)
    return _people(request, KeyForm())


def _people(request: PortalRequest, form: KeyForm, secret: str = "") -> HttpResponse:
    context = {
        "departments": by_department(directory()),
        "keys": api_keys(),
        "form": form,
        "secret": secret,
        "now": request.now,
    }
    return render(request, "data/people.html", context, status=422 if form.errors else 200)


@require_POST
def make_key(request: PortalRequest) -> HttpResponse:
    """A key, whose secret stands in this answer and nowhere after it."""
    check(request.person, Action.SET_UP)
    form, secret = KeyForm(request.POST), ""
    if form.is_valid():
        _, secret = key_create(**form.cleaned_data, at=request.now)
        form = KeyForm()
    return _people(request, form, secret)


def person_page(request: PortalRequest, pk: int) -> HttpResponse:
    """A person's place; sent back with what was wrong when the change is refused."""
    check(request.person, Action.SET_UP)
    person = get_object_or_404(directory(), pk=pk)
    form = PlaceForm(person, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            if person_change(person=person, place=form.place(), by=request.person, at=request.now):
                messages.success(request, f"{person.name} is changed.")
            return redirect("person", pk=pk)
        except Refused as refused:
            form.add_error(None, refused.detail)
    return _person(request, person, form, HandOverForm(person, on=request.today))


@require_POST
def hand_over(request: PortalRequest, pk: int) -> HttpResponse:
    check(request.person, Action.SET_UP)
    person = get_object_or_404(directory(), pk=pk)
    form = HandOverForm(person, request.POST)
    if form.is_valid():
        try:
            messages.success(request, _hand_over(request, form))
            return redirect("person", pk=pk)
        except Refused as refused:
            form.add_error(None, refused.detail)
    return _person(request, person, PlaceForm(person), form)


def _hand_over(request: PortalRequest, form: HandOverForm) -> str:
    """Hand over, in the running cycle too where that is ticked; returns what was done."""
    to, on = form.cleaned_data["to"], form.cleaned_data["on"]
    customers, today, by, at = form.customer_ids(), request.today, request.person, request.now
    if not form.cleaned_data["running"]:
        count = customers_hand_over(customers=customers, to=to, on=on, today=today, by=by, at=at)
        return f"Handed over to {to.name} from {on:%Y-%m-%d}: {count}."
    done = customers_hand_over_now(customers=customers, to=to, on=on, today=today, by=by, at=at)
    lines = f"{done.lines} line{'' if done.lines == 1 else 's'} of the running cycle went with them"
    return f"Handed over to {to.name} from {on:%Y-%m-%d}: {done.customers}; {lines}."


def _person(request: PortalRequest, person: Person, form: PlaceForm, handing: HandOverForm) -> HttpResponse:
    context = {
        "subject": person,
        "form": form,
        "handing": handing,
        "customers": owned_customers(person),
        "chosen": handing.chosen(),
        "running": cycle if (cycle := open_cycle()) and entry_open(cycle) else None,
        "changes": changes_about(person),
    }
    return render(request, "data/person.html", context, status=422 if form.errors or handing.errors else 200)


@require_POST
def revoke_key(request: PortalRequest, pk: int) -> HttpResponse:
    check(request.person, Action.SET_UP)
    key = get_object_or_404(ApiKey, pk=pk)
    key_revoke(key=key, at=request.now)
    messages.success(request, f"The key {key.name} works no more.")
    return redirect("people")
