"""Rows of a table by a statement written down once: nothing is put together anew for each request."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connection
from django.db.models import Model

Row = TypeVar("Row", bound=Model)


def columns_of(model: type[Model], table: str) -> str:
    """`t.id, t.name, …`: every column of a model in the order `row_of` takes them, of the table named so."""
    return ", ".join(f'{table}."{field.column}"' for field in model._meta.concrete_fields)


def row_of(model: type[Row], values: Sequence[Any]) -> Row:
    """The row with these values of all columns, as a query would give it.

    Values are taken as the driver reads them, so the model may have no field that reads them in its own way (JSON).
    """
    return model.from_db(DEFAULT_DB_ALIAS, [field.attname for field in model._meta.concrete_fields], values)


def first_row(statement: str, facts: Sequence[Any] | Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The row that a request's first read gives, None if there is none; it proves the connection that was kept.

    So the database need not be asked beforehand whether it is there. Where it is not, it is read once more on a new
    connection: a statement that writes may be done twice then, as counting the use of a key bears.
    """
    connection.health_check_done = True  # type: ignore[attr-defined]
    try:
        return _row(statement, facts)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        return _row(statement, facts)


def _row(statement: str, facts: Sequence[Any] | Mapping[str, Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, facts)
        found: tuple[Any, ...] | None = cursor.fetchone()
    return found
