"""Rows of a table by a statement written down once: nothing is put together anew for each request."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS
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
