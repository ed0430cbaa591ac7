"""Signing in to the REST interface with a key: `Authorization: Bearer <key>`."""

from datetime import timedelta

from django.contrib.auth.models import User
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from masterdata.models import ApiKey
from masterdata.services.keys import key_find, key_used
from sop_portal.clock import now

USED_EVERY = timedelta(minutes=5)


class KeyAuthentication(BaseAuthentication):
    """Finds the key by its prefix and compares hashes; an expired or revoked key is told apart from a wrong one."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2:
            raise AuthenticationFailed("Send the key as: Authorization: Bearer <key>.")
        try:
            secret = parts[1].decode("ascii")
        except UnicodeDecodeError as error:
            raise AuthenticationFailed("The key has characters that no key has.") from error
        at = now()
        key = key_find(secret=secret, at=at)
        if key is None:
            raise AuthenticationFailed("This key is not valid, has expired or was revoked.")
        if key.last_used_at is None or at - key.last_used_at > USED_EVERY:
            key_used(key=key, at=at)
        return key.person.user, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
