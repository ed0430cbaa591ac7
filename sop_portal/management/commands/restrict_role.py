"""Give the account that web, worker and beat use its rights: the record of changes can be added to, not rewritten."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from sop_portal.management.refusals import refusals
from sop_portal.rights import APPEND_ONLY, role_restrict


class Command(BaseCommand):
    help = "Grants an existing database account what the portal needs to run, and no more. Run it after each migrate."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", metavar="ROLE")

    @refusals
    def handle(self, *args: Any, **options: Any) -> None:
        role_restrict(options["role"])
        tables = ", ".join(APPEND_ONLY)
        self.stdout.write(f"{options['role']} may run the portal. It may add to {tables}, not change them.")
