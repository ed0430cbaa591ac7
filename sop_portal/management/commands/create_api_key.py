"""create_api_key USERNAME --scopes forecast:read,cycles:read: a key for a program, shown once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs.errors import Refused
from masterdata.models import Person
from masterdata.services.keys import SCOPES, key_create
from sop_portal.clock import now


class Command(BaseCommand):
    help = "Make an API key for a person. It is printed once; only its hash is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--scopes", required=True, help=f"comma-separated: {', '.join(SCOPES)}")
        parser.add_argument("--name", default="", help="what the key is for")
        parser.add_argument("--days", type=int, default=365, help="how long it is valid (default 365)")

    def handle(self, *args: Any, **options: Any) -> None:
        person = Person.objects.filter(user__username=options["username"]).first()
        if person is None:
            raise CommandError(f"Nobody here is called {options['username']!r}.")
        scopes = [scope for scope in options["scopes"].replace(",", " ").split() if scope]
        try:
            key, secret = key_create(person=person, scopes=scopes, at=now(), name=options["name"], days=options["days"])
        except Refused as refused:
            raise CommandError(f"{refused.detail} Scopes: {', '.join(SCOPES)}.") from refused
        self.stdout.write(secret)
        self.stderr.write(f"Keep it: it is not shown again. Valid until {key.expires_at:%Y-%m-%d}, for {key.name}.")
