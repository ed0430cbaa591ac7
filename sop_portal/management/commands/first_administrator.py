"""first_administrator USERNAME: who sets up an empty portal, and the link where they choose their password."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from masterdata.services.people import first_administrator_create
from sop_portal.clock import now
from sop_portal.management.refusals import refusals
from sop_portal.welcome import welcome_link


class Command(BaseCommand):
    help = "Make the first administrator of an empty portal. Refused as soon as there is anybody."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="")
        parser.add_argument("--email", default="")

    @refusals
    def handle(self, *args: Any, **options: Any) -> None:
        person = first_administrator_create(
            username=options["username"], name=options["name"], email=options["email"], at=now()
        )
        self.stdout.write(f"{person.username} sets up the portal. Choose a password here, once:")
        self.stdout.write(welcome_link(person.user))
