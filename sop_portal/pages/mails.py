"""Which mails one gets: what can be switched off, what cannot and why, and what was sent lately."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jobs.models import Message
from masterdata.requests import PortalRequest
from masterdata.roles import SALES_ROLES
from masterdata.selectors.mails import mail_choice
from masterdata.services.mails import mail_choice_set

MOST_SHOWN = 10


@require_http_methods(["GET", "POST"])
def mails_page(request: PortalRequest) -> HttpResponse:
    """One's own choice, and only one's own."""
    sells = request.person.role in SALES_ROLES
    choice = mail_choice(request.person)
    if request.method == "POST":
        digest, minutes = ("digest" in request.POST, "minutes" in request.POST)
        card = "card" in request.POST if sells else choice.card
        mail_choice_set(person=request.person, digest=digest, card=card, minutes=minutes, at=request.now)
        messages.success(request, "Saved.")
        return redirect("mails")
    sent = Message.objects.filter(recipient=request.person.user_id).order_by("-due_at", "-id")[:MOST_SHOWN]
    return render(request, "home/mails.html", {"choice": choice, "sells": sells, "sent": sent})
