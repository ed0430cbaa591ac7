"""Addresses of the portal: every app brings its own, the roof adds what belongs to all of them."""

from importlib.util import find_spec

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path

from sop_portal.pages.health import live, ready
from sop_portal.pages.jobs import job_detail, job_retry_view, jobs_list
from sop_portal.pages.sign_in import SignIn, company_sign_in, company_sign_in_back

handler400, handler404 = "sop_portal.problems.bad_request_told", "sop_portal.problems.not_found"
handler500 = "sop_portal.outage.server_error"
urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", SignIn.as_view(), name="login"),
    path("login/company/", company_sign_in, name="company-sign-in"),
    path("login/company/back/", company_sign_in_back, name="company-sign-in-back"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("healthz/live", live, name="health-live"),
    path("healthz/ready", ready, name="health-ready"),
    path("jobs/", jobs_list, name="jobs"),
    path("jobs/<int:pk>/", job_detail, name="job"),
    path("jobs/<int:pk>/retry/", job_retry_view, name="job-retry"),
    path("api/v1/", include("sop_portal.api.urls")),
]
for prefix, module in (
    ("", "sop_portal.pages.home_urls"),
    ("", "sop_portal.pages.data_urls"),
    ("", "demand.urls"),
    ("supply/", "supply.urls"),
    ("", "meetings.urls"),
    ("", "kpis.urls"),
):
    if find_spec(module):
        urlpatterns.append(path(prefix, include(module)))
