"""What the account that web, worker and beat use may do in the database: everything but rewrite what is on record."""

from typing import Any

from django.db import connection, transaction
from psycopg2 import sql

from jobs.errors import Refused

# On record for good: rows are added and read.
APPEND_ONLY = ("demand_change", "demand_changeseal", "masterdata_rowchange")
# Replaced as a whole or not at all.
NEVER_UPDATED = ("demand_forecastline",)
NOT_ITS_OWN = ("django_migrations",)

GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "GRANT EXECUTE ON FUNCTION demonstration_empty(text[]) TO {role}",
)


@transaction.atomic
def role_restrict(role: str) -> None:
    """Give an existing account its rights on all tables there are now; refused for one that stands above rights."""
    with connection.cursor() as cursor:
        _check(cursor, role)
        for grant in GRANTS:
            cursor.execute(sql.SQL(grant).format(role=sql.Identifier(role)))
        _take(cursor, role, "UPDATE, DELETE, TRUNCATE", APPEND_ONLY)
        _take(cursor, role, "UPDATE, TRUNCATE", NEVER_UPDATED)
        _take(cursor, role, "INSERT, UPDATE, DELETE, TRUNCATE", NOT_ITS_OWN)


def _check(cursor: Any, role: str) -> None:
    cursor.execute(
        "SELECT rolsuper OR pg_has_role(rolname, current_user, 'MEMBER') FROM pg_roles WHERE rolname = %s", [role]
    )
    found = cursor.fetchone()
    if found is None:
        raise Refused(
            "no_role", f"The database has no account {role!r}. Make it first: CREATE ROLE {role} LOGIN PASSWORD '…'"
        )
    if found[0]:
        raise Refused("not_restrictable", f"{role!r} owns the tables or is a superuser: name an account of its own.")


def _take(cursor: Any, role: str, rights: str, tables: tuple[str, ...]) -> None:
    statement = sql.SQL(f"REVOKE {rights} ON {{tables}} FROM {{role}}").format(
        tables=sql.SQL(", ").join(map(sql.Identifier, tables)), role=sql.Identifier(role)
    )
    cursor.execute(statement)
