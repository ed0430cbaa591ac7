"""What BI tools read in SQL, and the database role that reads it and nothing else."""

import secrets
from collections.abc import Iterator
from contextlib import closing
from typing import Final

import psycopg2
from django.db import connection
from psycopg2 import sql

from jobs.errors import Invalid, Refused

VIEWS: Final = ("bi_company_forecast", "bi_actuals", "bi_accuracy")
LONGEST_STATEMENT: Final = "5min"


def reader_create(*, name: str, address: str = "") -> str:
    """Make a database role that may sign in and read the BI views; returns its password, which is shown once.

    `address` is the database as somebody who may make roles reaches it; without it the portal's own role is used.
    """
    if not name.isidentifier() or not name.isascii() or not name.islower() or len(name) > 60:
        raise Invalid(f"{name!r} is no name for a role. Use small letters, digits and _.")
    password = secrets.token_urlsafe(24)
    parameters = {} if address else {**connection.get_connection_params(), "cursor_factory": None}
    try:
        with closing(psycopg2.connect(address or None, **parameters)) as own, own, own.cursor() as cursor:
            for statement in _statements(name, password):
                cursor.execute(statement)
    except psycopg2.errors.InsufficientPrivilege as error:
        words = "This database role may not make others. Name one that may: --as postgres://postgres@host/sop_portal"
        raise Refused("no_right", words, status=403) from error
    except psycopg2.errors.DuplicateObject as error:
        raise Invalid(f"There is a role {name} already. Choose another name.") from error
    except psycopg2.OperationalError as error:
        raise Invalid(f"The database does not answer there: {str(error).strip()}") from error
    return password


def _statements(name: str, password: str) -> Iterator[sql.Composed]:
    role, views = sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, VIEWS))
    words = {"role": role, "views": views, "password": sql.Literal(password), "longest": sql.Literal(LONGEST_STATEMENT)}
    for text in (
        "CREATE ROLE {role} LOGIN PASSWORD {password} NOINHERIT",
        "ALTER ROLE {role} SET default_transaction_read_only = on",
        "ALTER ROLE {role} SET statement_timeout = {longest}",
        "GRANT USAGE ON SCHEMA public TO {role}",
        "GRANT SELECT ON {views} TO {role}",
    ):
        yield sql.SQL(text).format(**words)
