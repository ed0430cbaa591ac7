"""Sessions in the database, as Django keeps them, read by a statement that is not put together anew each time."""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as Stored
from django.utils import timezone

from jobs.selectors.rows import first_row

FOUND = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(Stored):
    """The same rows, written as ever."""

    def load(self) -> dict[str, Any]:
        row = first_row(FOUND, [self.session_key, timezone.now()])
        if row is None:
            self._session_key = None
            return {}
        return dict(self.decode(row[0]))
