"""The first page."""

from django.urls import URLPattern, path

from sop_portal.pages.home import home

urlpatterns: list[URLPattern] = [path("", home, name="home")]
