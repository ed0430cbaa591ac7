"""Addresses outside that are told of events, and what became of every telling."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from jobs.errors import Refused
from jobs.models import Delivery, Webhook
from jobs.services.webhooks import EVENTS, delivery_again, webhook_add, webhook_stop
from masterdata.policy import Action, check
from masterdata.requests import PortalRequest

SHOWN = 50
WORDS = {"forecast.published": "A company forecast is published", "step.changed": "A step opens, closes or is reopened"}


class WebhookForm(forms.Form):
    url = forms.CharField(max_length=400, label="Address")
    events = forms.MultipleChoiceField(choices=[(event, WORDS[event]) for event in EVENTS], label="Tell it when")


def webhooks_page(request: PortalRequest) -> HttpResponse:
    """All of them, their newest deliveries, and a form; a secret is shown in the answer to the form and never again."""
    check(request.person, Action.SET_UP)
    form = WebhookForm(request.POST) if request.method == "POST" else WebhookForm(initial={"events": EVENTS})
    secret = ""
    if request.method == "POST" and form.is_valid():
        try:
            given = form.cleaned_data
            _, secret = webhook_add(url=given["url"], events=given["events"], by=request.user, at=request.now)
            form = WebhookForm(initial={"events": EVENTS})
        except Refused as refused:
            form.add_error("url", refused.detail)
    context = {
        "webhooks": Webhook.objects.filter(active=True),
        "deliveries": Delivery.objects.select_related("webhook")[:SHOWN],
        "form": form,
        "secret": secret,
        "words": WORDS,
    }
    return render(request, "data/webhooks.html", context, status=422 if form.errors else 200)


@require_POST
def webhook_stop_page(request: PortalRequest, pk: int) -> HttpResponse:
    check(request.person, Action.SET_UP)
    webhook = get_object_or_404(Webhook, pk=pk)
    webhook_stop(webhook=webhook, at=request.now)
    messages.success(request, f"{webhook.url} is told nothing more.")
    return redirect("webhooks")


@require_POST
def delivery_again_page(request: PortalRequest, pk: int) -> HttpResponse:
    check(request.person, Action.SET_UP)
    delivery_again(delivery=get_object_or_404(Delivery, pk=pk), at=request.now)
    messages.success(request, "It is sent again with the next look, within half a minute.")
    return redirect("webhooks")
