"""Short codes that people say aloud: D-14, A-7, counted over all cycles."""

from django.db import connection

from meetings.models import Action, Decision

SPACE = 0x50C


def next_code(model: type[Action] | type[Decision]) -> str:
    """The next free code; needs a transaction, and makes others wait for it."""
    letter = "D" if model is Decision else "A"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [SPACE, ord(letter)])
    numbers = [int(code[2:]) for code in model.objects.values_list("code", flat=True) if code[2:].isdigit()]
    return f"{letter}-{max(numbers, default=0) + 1}"
