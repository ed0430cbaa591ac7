"""Sessions in the database, as Django keeps them, read by a statement that is not put together anew each time."""

from typing import Any

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as Stored
from django.db import DatabaseError

from jobs.selectors.rows import first_row
from sop_portal.outage import is_outage

FOUND = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > now()"


class SessionStore(Stored):
    """The same rows. One that cannot be written because the database is away is no lost session."""

    def load(self) -> dict[str, Any]:
        row = first_row(FOUND, [self.session_key])
        if row is None:
            self._session_key = None
            return {}
        return dict(self.decode(row[0]))

    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except UpdateError as error:
            # Every failure looks like a session that was deleted, which is answered 400 though the request was done.
            if isinstance(error.__context__, DatabaseError) and is_outage(error.__context__):
                raise error.__context__ from error.__context__.__cause__
            raise
