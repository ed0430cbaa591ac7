"""Signing in; the demonstration shows its own sign-ins."""

from typing import Any

from django.contrib.auth.views import LoginView

from masterdata.selectors import company
from sop_portal.demonstration.sign_ins import demo_sign_ins


class SignIn(LoginView):
    template_name = "registration/login.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = demo_sign_ins() if company().is_demonstration else []
        return super().get_context_data(demo_sign_ins=shown, **kwargs)
