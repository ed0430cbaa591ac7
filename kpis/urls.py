"""Addresses of the pages everybody looks at together."""

from django.urls import path

from kpis.views import forecast

app_name = "kpis"

urlpatterns = [
    path("forecast/", forecast.forecast, name="forecast"),
]
