"""create_bi_reader NAME: a database role that reads the BI views and nothing else; its password is shown once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from sop_portal.bi import VIEWS, reader_create
from sop_portal.management.refusals import refusals


class Command(BaseCommand):
    help = "Make a database role for a BI tool. Its password is printed once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument(
            "--as", dest="address", default="", help="the database's address for a role that makes roles"
        )

    @refusals
    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(reader_create(name=options["name"], address=options["address"]))
        self.stderr.write(f"Keep it: it is not shown again. {options['name']} reads {', '.join(VIEWS)}.")
