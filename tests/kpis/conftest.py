"""The small company, and somebody signed in at a moment."""

import html
import re
from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from jobs.models import MovedClock
from masterdata.models import Person
from tests.cast import Cast, small_company
from tests.meetings.journey import OPENED

SignIn = Callable[..., Client]


@pytest.fixture
def cast(db: None) -> Cast:
    return small_company()


@pytest.fixture
def as_(client: Client, db: None) -> SignIn:
    """`as_(person, at)`: the client signed in as this person at this time."""

    def sign_in(person: Person, at: datetime = OPENED) -> Client:
        MovedClock.objects.all().delete()
        MovedClock.objects.create(at=at)
        client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def text_of(response) -> str:
    """The page's words without markup, blanks made single."""
    body = re.sub(r"<(script|style|svg).*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())
