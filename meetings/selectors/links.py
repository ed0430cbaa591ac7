"""Addresses as they stand outside the portal: in mails and calendars."""

from django.conf import settings


def link(path: str) -> str:
    """A path of the portal as a mail program needs it."""
    return f"{settings.PORTAL_URL}{path}"
