"""sign_ins: who can sign in to the demonstration, one per role."""

from typing import Any

from django.core.management.base import BaseCommand

from masterdata.selectors import company, people
from sop_portal.demonstration.sign_ins import demo_sign_ins

EMPTY = (
    "Nobody is here yet. This prints a link for the first person, who sets up the company: "
    "./portal manage first_administrator USERNAME"
)
NAMES = (
    "This is no demonstration: people sign in under the names in people.csv. "
    "Give somebody a first password with: ./portal manage changepassword USERNAME"
)
COLUMNS = {"role": "Role", "name": "Name", "username": "User name", "password": "Password"}


class Command(BaseCommand):
    help = "List one sign-in per role of the demonstration company."

    def handle(self, *args: Any, **options: Any) -> None:
        if not company().is_demonstration:
            self.stdout.write(NAMES if people().exists() else EMPTY)
            return
        rows = demo_sign_ins()
        widths = {key: max(len(title), *(len(row[key]) for row in rows)) for key, title in COLUMNS.items()}
        for row in [COLUMNS, *rows]:
            self.stdout.write("  ".join(row[key].ljust(widths[key]) for key in COLUMNS).rstrip())
