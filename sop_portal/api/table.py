"""What a list over REST is: its name, its fields, its filters, and who reads which of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from masterdata.models import Person
from masterdata.roles import COST_ROLES

TEXT, NUMBER, WHOLE, YES_NO, DAY, MONTH, MOMENT = "text", "number", "integer", "boolean", "date", "month", "moment"


@dataclass(frozen=True)
class Field:
    """A column of an answer: `path` leads there from the row; `private` is for those who may see cost (P10)."""

    name: str
    path: str
    kind: str = TEXT
    private: bool = False


@dataclass(frozen=True)
class Table:
    """One list. `key`: the field that names a row, '' when none does. `file`: the import file that writes it.

    The file's columns and the fields have the same names, so that what was read can be sent back.
    """

    name: str
    about: str
    scope: str
    model: type[Model]
    fields: tuple[Field, ...]
    filters: tuple[str, ...] = ()
    key: str = ""
    file: str = ""
    write_scope: str = "data:write"
    where: Mapping[str, Any] | None = None

    def rows(self) -> QuerySet[Any]:
        return self.model._default_manager.filter(**(self.where or {}))

    def fields_for(self, person: Person) -> list[Field]:
        """What this reader may see."""
        return [field for field in self.fields if not field.private or person.role in COST_ROLES]

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)


def cells(kind: str, *names: str, private: bool = False) -> tuple[Field, ...]:
    """Fields of one kind; `name=path` where they differ."""
    pairs = [name.partition("=") for name in names]
    return tuple(Field(name, path or name, kind, private) for name, _, path in pairs)


def table(name: str, about: str, scope: str, model: type[Model], *fields: tuple[Field, ...], **more: Any) -> Table:
    return Table(name, about, scope, model, tuple(field for some in fields for field in some), **more)
