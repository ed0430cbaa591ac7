"""Signing in by password or by the company's account; the demonstration shows its own sign-ins."""

from typing import Any

from authlib.integrations.django_client import DjangoOAuth2App
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.views import LoginView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET

from masterdata.selectors import company
from sop_portal.demonstration.sign_ins import demo_sign_ins
from sop_portal.single_sign_on import FAULTS, claims_proven, failed, person_proven, provider

NEXT = "company_sign_in_next"
BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignIn(LoginView):
    template_name = "registration/login.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = demo_sign_ins() if company().is_demonstration else []
        name = settings.OIDC_NAME if settings.OIDC_ISSUER else ""
        return super().get_context_data(demo_sign_ins=shown, company_account=name, **kwargs)


@require_GET
def company_sign_in(request: HttpRequest) -> HttpResponse:
    """Sends the browser to the company's provider."""
    client = _provider()
    request.session[NEXT] = request.GET.get("next", "")
    try:
        return client.authorize_redirect(request, f"{settings.PORTAL_URL}{reverse('company-sign-in-back')}")
    except FAULTS as error:
        raise failed(error) from error


@require_GET
def company_sign_in_back(request: HttpRequest) -> HttpResponse:
    """The provider has sent the browser back."""
    person = person_proven(claims_proven(_provider(), request))
    wanted = request.session.pop(NEXT, "")
    login(request, person.user, backend=BACKEND)
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return redirect(wanted if safe else settings.LOGIN_REDIRECT_URL)


def _provider() -> DjangoOAuth2App:
    client = provider()
    if client is None:
        raise Http404
    return client
