"""The first page."""

from django.urls import URLPattern, path

from sop_portal.pages.away import away, away_end
from sop_portal.pages.home import barrier, home
from sop_portal.pages.mails import calendar_renew, mail_hours, mails_page

urlpatterns: list[URLPattern] = [
    path("", home, name="home"),
    path("taking-part/", barrier, name="barrier"),
    path("away/", away, name="away"),
    path("away/<int:pk>/end/", away_end, name="away-end"),
    path("mails/", mails_page, name="mails"),
    path("mails/hours/", mail_hours, name="mail-hours"),
    path("mails/calendar/", calendar_renew, name="calendar-renew"),
]
