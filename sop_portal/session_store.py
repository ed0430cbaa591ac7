"""Sessions in the database as Django keeps them, with their account: one statement finds everything at the door.

That is the session, who is signed in, the person behind the account, the company's time zone and the open cycle.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as Stored
from django.db import DatabaseError

from cycles.models import Cycle
from cycles.selectors import OPEN
from jobs.selectors.rows import columns_of, first_row, row_of
from masterdata.selectors import ACCOUNT, Asker, account_of
from sop_portal.models import Session
from sop_portal.outage import is_outage

FOUND = f"""
SELECT s.session_data, {columns_of(Cycle, "c")}, {ACCOUNT}
FROM sop_portal_session s LEFT JOIN auth_user u ON u.id = s.account_id
LEFT JOIN masterdata_person p ON p.user_id = u.id LEFT JOIN ({OPEN}) c ON true
WHERE s.session_key = %s AND s.expire_date > now()
"""
END_OF_CYCLE = 1 + len(Cycle._meta.concrete_fields)


class SessionStore(Stored):
    """The same rows. One that cannot be written because the database is away is no lost session."""

    asker: Asker | None = None
    open_cycle: Cycle | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def load(self) -> dict[str, Any]:
        row = first_row(FOUND, [self.session_key])
        if row is None:
            self._session_key = None
            return {}
        self.open_cycle = None if row[1] is None else row_of(Cycle, row[1:END_OF_CYCLE])
        self.asker = account_of(row[END_OF_CYCLE:])
        return dict(self.decode(row[0]))

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """A row of the session; its account is the one that is signed in."""
        made: Session = super().create_model_instance(data)  # type: ignore[assignment]
        made.account_id = User._meta.pk.to_python(data.get(SESSION_KEY))
        return made

    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except UpdateError as error:
            # Every failure looks like a session that was deleted, which is answered 400 though the request was done.
            if isinstance(error.__context__, DatabaseError) and is_outage(error.__context__):
                raise error.__context__ from error.__context__.__cause__
            raise


def due(*, at: datetime) -> None:
    """What is over is removed: nobody can use such a session any more."""
    Session.objects.filter(expire_date__lt=at).delete()
