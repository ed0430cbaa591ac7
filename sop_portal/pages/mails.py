"""Which mails one gets, what can be switched off and why not, what was sent lately; and one's calendar address."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from jobs.models import Message
from masterdata.requests import PortalRequest
from masterdata.roles import SALES_ROLES
from masterdata.selectors.mails import mail_choice
from masterdata.services.mails import mail_choice_set
from meetings.selectors.calendar import feed_address
from meetings.services.invitations import calendar_address_renew

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
    context = {"choice": choice, "sells": sells, "sent": sent, "calendar": feed_address(request.person)}
    return render(request, "home/mails.html", context)


@require_POST
def calendar_renew(request: PortalRequest) -> HttpResponse:
    """A new address for one's own calendar."""
    calendar_address_renew(person=request.person)
    messages.success(request, "Your calendar has a new address. Programs that use the old one get nothing any more.")
    return redirect("mails")
