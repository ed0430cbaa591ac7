"""What `./portal run` does before anybody may come in: one process, because starting Django takes a second.

python -m sop_portal.preparation SIGN_INS_FILE [--demonstration]
"""

import os
import sys
from pathlib import Path

import django
from django.core.management import CommandError, call_command, get_commands
from django.db import connection

from sop_portal.postgres import RUNNING_ROLE
from sop_portal.rights import role_restrict


def role_exists(role: str) -> bool:
    """The embedded server has the account; a server of one's own has the accounts its owner made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        return cursor.fetchone() is not None


def prepare(sign_ins: Path, demonstration: bool) -> None:
    """Bring the database up to date, load the demonstration if wanted, note who can sign in."""
    commands = get_commands()
    call_command("migrate", verbosity=0, interactive=False)
    if role_exists(RUNNING_ROLE):
        role_restrict(RUNNING_ROLE)
    if demonstration and "load_demo" in commands:
        print("Loading the demonstration company …", flush=True)
        call_command("load_demo")
    with sign_ins.open("w") as file:
        if "sign_ins" in commands:
            call_command("sign_ins", stdout=file)


def main(arguments: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sop_portal.settings")
    django.setup()
    try:
        prepare(Path(arguments[0]), "--demonstration" in arguments)
    except CommandError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
