"""First passwords: a link that lets one person choose theirs, and the mail that brings it."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from jobs.errors import Refused
from jobs.models import Message
from jobs.services.messages import messages_queue
from masterdata.models import Person
from masterdata.policy import Action, check
from masterdata.selectors import company

KIND = "welcome"
UNUSABLE = "!"  # begins a password that nobody can type
TEXT = """{name},

{company} plans sales and operations together in a portal. You take part as {role}.

Choose a password within {days} days, then sign in as {username}:

{link}

--
You get this because {by} invited you.
"""


def welcome_link(user: User) -> str:
    """Where a person chooses a password, once, for as long as the settings say."""
    parts = [urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)]
    return f"{settings.PORTAL_URL}{reverse('welcome', args=parts)}"


def without_password() -> QuerySet[Person]:
    """Everybody who may sign in, has an address and has never had a password."""
    never = Q(user__password__startswith=UNUSABLE) | Q(user__password="")
    found = Person.objects.filter(never, user__is_active=True).exclude(user__email="").exclude(role="api_client")
    return found.select_related("user").order_by("user__username")


def people_invite(*, people: Iterable[Person], by: Person, at: datetime) -> int:
    """A mail with a link to everybody among them who has no password yet; once a day at most."""
    check(by, Action.SET_UP)
    ids = [person.pk for person in people]
    invited = list(without_password().filter(pk__in=ids))
    if not invited:
        raise Refused("nobody_to_invite", "Everybody with a mail address has a password already.")
    return messages_queue(messages=[_message(person, by, at) for person in invited])


def _message(person: Person, by: Person, at: datetime) -> Message:
    name = company().name or "The company"
    text = TEXT.format(
        name=person.name,
        company=name,
        role=person.get_role_display(),
        days=settings.PASSWORD_RESET_TIMEOUT // 86_400,
        username=person.username,
        link=welcome_link(person.user),
        by=by.name,
    )
    return Message(
        key=f"{KIND}:{person.user_id}:{at:%Y-%m-%d}",
        kind=KIND,
        recipient=person.user,
        subject=f"Your place in the planning of {name}",
        text=text,
        due_at=at,
    )
