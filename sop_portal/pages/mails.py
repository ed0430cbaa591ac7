"""Which mails one gets, what can be switched off and why not, what was sent lately; and one's calendar address."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from cycles.selectors import sites
from jobs.errors import Invalid
from jobs.models import Message
from masterdata.requests import PortalRequest
from masterdata.roles import SALES_ROLES
from masterdata.selectors import company
from masterdata.selectors.mails import mail_choice
from masterdata.services.mails import mail_choice_set
from meetings.forms import hour_read
from meetings.selectors.calendar import feed_address
from meetings.services.calendar import own_hours_set
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
    return _page(request)


def _page(request: PortalRequest, problem: Invalid | None = None) -> HttpResponse:
    sent = Message.objects.filter(recipient=request.person.user_id).order_by("-due_at", "-id")[:MOST_SHOWN]
    context = {
        "choice": mail_choice(request.person),
        "sells": request.person.role in SALES_ROLES,
        "sent": sent,
        "calendar": feed_address(request.person),
        "house": company(),
        "sites": sites(),
        "zone": request.person.timezone or company().timezone,
        "problem": problem,
        "typed": request.POST if problem else {},
    }
    return render(request, "home/mails.html", context, status=problem.status if problem else 200)


@require_POST
def mail_hours(request: PortalRequest) -> HttpResponse:
    """One's own quiet hours and holidays."""
    given = request.POST
    asked = company().weekend_mails
    weekends = "weekends" in given if asked else mail_choice(request.person).weekend_mails
    try:
        since, until = hour_read(given, "since", "From"), hour_read(given, "until", "Until")
        own_hours_set(
            person=request.person,
            since=since,
            until=until,
            weekends=weekends,
            site=given.get("site", ""),
            at=request.now,
        )
    except Invalid as problem:
        return _page(request, problem)
    messages.success(request, "Saved. What is waiting already keeps its time.")
    return redirect("mails")


@require_POST
def calendar_renew(request: PortalRequest) -> HttpResponse:
    """A new address for one's own calendar."""
    calendar_address_renew(person=request.person)
    messages.success(request, "Your calendar has a new address. Programs that use the old one get nothing any more.")
    return redirect("mails")
