"""Signing in with the company's own account: OpenID Connect, authorization code with PKCE.

Off unless PORTAL_OIDC_ISSUER names a provider. The provider only says who somebody is: a person must already stand in
the portal under the same e-mail address, and keeps the role they have there.
"""

import logging

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.django_client import DjangoOAuth2App, OAuth
from authlib.oidc.core import CodeIDToken
from django.conf import settings
from django.http import HttpRequest
from joserfc.errors import JoseError
from requests import RequestException

from jobs.errors import Refused
from masterdata.models import Person
from masterdata.selectors.people import people

logger = logging.getLogger(__name__)
SECONDS = 5
# What the library, the network and a provider's odd answer raise.
FAULTS = (AuthlibBaseError, JoseError, RequestException, ValueError, KeyError, TypeError, RuntimeError)


class SignedToken(CodeIDToken):
    """An ID token whose signature was made with a key; a provider may list `none` among its ways to sign."""

    def validate(self, now: int | None = None, leeway: int = 0) -> None:
        if self.header.get("alg", "none") == "none":
            raise ValueError("The ID token is not signed.")
        super().validate(now, leeway)


def failed(error: Exception) -> Refused:
    """What the person is told; what went wrong stands in the log."""
    logger.warning("A sign-in by the company's account failed: %s", error, exc_info=error)
    words = "The company's sign-in did not work. Try again, or sign in with your password."
    return Refused("sign_in_failed", words, status=403)


def provider() -> DjangoOAuth2App | None:
    """The company's provider; None where none is named."""
    if not settings.OIDC_ISSUER:
        return None
    registry = OAuth()
    registry.register(
        "company",
        client_id=settings.OIDC_CLIENT_ID,
        client_secret=settings.OIDC_CLIENT_SECRET or None,
        server_metadata_url=f"{settings.OIDC_ISSUER.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email", "code_challenge_method": "S256", "default_timeout": SECONDS},
    )
    return registry.create_client("company")


def claims_proven(client: DjangoOAuth2App, request: HttpRequest) -> dict[str, object]:
    """What the provider says of who came back; Refused when any of it cannot be trusted."""
    checks = {
        "iss": {"essential": True, "value": settings.OIDC_ISSUER},
        "aud": {"essential": True, "value": settings.OIDC_CLIENT_ID},
    }
    try:
        token = client.authorize_access_token(request, claims_options=checks, claims_cls=SignedToken)
        return dict(token["userinfo"])
    except FAULTS as error:
        raise failed(error) from error


def person_proven(claims: dict[str, object]) -> Person:
    """The one person here who has the e-mail address that the provider has verified."""
    email = claims.get("email")
    if not isinstance(email, str) or not email or claims.get("email_verified") is not True:
        words = (
            "The company's sign-in does not confirm your e-mail address. Ask the administrator, or use your password."
        )
        raise Refused("email_unproven", words, status=403)
    found = [one for one in people().filter(user__email__iexact=email) if _same(one.user.email, email)]
    if len(found) != 1:
        words = f"No open account here has the e-mail address {email[:80]}. Ask the S&OP leader to add you."
        raise Refused("nobody_here", words, status=403)
    return found[0]


def _same(stored: str, told: str) -> bool:
    """Alike but for the case of ASCII letters: letters that only look alike once folded belong to somebody else."""
    return stored.encode().lower() == told.encode().lower()
