"""Addresses of the REST interface."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView

from sop_portal.api import schema
from sop_portal.api.answers import ByFormat
from sop_portal.api.cycles import CyclesView, CycleView
from sop_portal.api.forecast import CompanyForecastView
from sop_portal.api.reading import list_view, row_view
from sop_portal.api.resources import TABLES

# importing the scheme is what makes the description know it
__all__ = ["schema", "urlpatterns"]


class Description(SpectacularAPIView):
    """The description as YAML or JSON, by `format` or by `Accept`."""

    content_negotiation_class = ByFormat


urlpatterns = [
    path("company-forecast/", CompanyForecastView.as_view(), name="api-company-forecast"),
    path("cycles/", CyclesView.as_view(), name="api-cycles"),
    path("cycles/<str:code>/", CycleView.as_view(), name="api-cycle"),
    *(path(f"{table.name}/", list_view(table).as_view(), name=f"api-{table.name}") for table in TABLES),
    *(
        path(f"{table.name}/<str:code>/", row_view(table).as_view(), name=f"api-{table.name}-row")
        for table in TABLES
        if table.key
    ),
    path("schema/", Description.as_view(authentication_classes=[], permission_classes=[]), name="api-schema"),
    path(
        "docs/",
        SpectacularRedocView.as_view(url_name="api-schema", authentication_classes=[], permission_classes=[]),
        name="api-docs",
    ),
]
