"""How a command says no: one sentence on stderr and exit status 1, never a traceback."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.management.base import CommandError

from jobs.errors import Refused

Handle = Callable[..., Any]


def refusals(handle: Handle) -> Handle:
    """Turn a service's refusal, or a value that cannot be read, into a command error."""

    @wraps(handle)
    def told(*args: Any, **options: Any) -> Any:
        try:
            return handle(*args, **options)
        except Refused as refusal:
            raise CommandError(refusal.detail) from refusal
        except ValueError as error:
            raise CommandError(str(error)) from error

    return told
