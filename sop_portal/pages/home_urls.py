"""The first page."""

from django.urls import URLPattern, path

from sop_portal.pages.home import home
from sop_portal.pages.mails import mails_page

urlpatterns: list[URLPattern] = [path("", home, name="home"), path("mails/", mails_page, name="mails")]
