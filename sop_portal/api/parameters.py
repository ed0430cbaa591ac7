"""Reading query parameters: every unknown one and every wrong value is told, none is ignored."""

import base64
import binascii
import json
from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from django.http import QueryDict

from cycles.models import Cycle
from cycles.periods import parse_month
from cycles.selectors import cycle_of, latest_published
from cycles.typed import whole_number
from demand.models import Stage
from demand.selectors.forecast import FILTERS, Level, Measure, Wanted
from jobs.errors import Refused

T = TypeVar("T", Stage, Level, Measure)
PAGE_SIZE, LARGEST_PAGE = 1000, 10_000
# A position that the database can count to, a page beyond it included.
FARTHEST = 2**62


def bad(name: str, detail: str) -> Refused:
    return Refused("bad_parameter", detail, status=400, parameter=name)


def check_known(query: QueryDict, known: Iterable[str]) -> None:
    """Refuse parameters that mean nothing here, naming the ones that do."""
    known = sorted(known)
    for name in query:
        if name not in known:
            raise bad(name, f"There is no parameter {name!r}. Known: {', '.join(known)}.")
        if "\x00" in "".join(query.getlist(name)):
            raise bad(name, f"{name} has a character that is not allowed.")


def choice(query: QueryDict, name: str, kind: type[T], default: T) -> T:
    text = query.get(name, default.value)
    if text not in kind.values:
        raise bad(name, f"{text!r} is not a {name}. Use one of: {', '.join(kind.values)}.")
    return kind(text)


def month(query: QueryDict, name: str) -> date | None:
    if name not in query:
        return None
    try:
        return parse_month(str(query[name]))
    except ValueError as error:
        raise bad(name, str(error)) from error


def whole(query: QueryDict, name: str, default: int, largest: int) -> int:
    text = query.get(name, str(default))
    number = whole_number(text, largest)
    if not number:
        raise bad(name, f"{text[:40]!r} is not a {name}. Use a whole number from 1 to {largest:,}.")
    return number


def cycle(query: QueryDict) -> Cycle:
    """The cycle asked for, else the one whose company forecast is in force."""
    asked = month(query, "cycle")
    if asked is not None:
        return cycle_of(asked)
    published = latest_published()
    if published is None:
        raise Refused("not_published", "No company forecast has been published yet.", status=404)
    return published


def wanted(query: QueryDict) -> Wanted:
    """What a forecast request asks for."""
    return Wanted(
        cycle=cycle(query),
        stage=choice(query, "stage", Stage, Stage.COMPANY_FORECAST),
        level=choice(query, "level", Level, Level.PRODUCT),
        measure=choice(query, "measure", Measure, Measure.QUANTITY),
        filters={name: query.getlist(name) for name in FILTERS if name in query},
        month_from=month(query, "month_from"),
        month_to=month(query, "month_to"),
    )


def cursor_make(position: int, tag: str) -> str:
    """Where the next page begins, bound to the numbers it was made for."""
    return base64.urlsafe_b64encode(json.dumps([position, tag]).encode()).decode()


def cursor_read(query: QueryDict, tag: str) -> int:
    """The position of a page; a cursor that is garbage or belongs to other numbers is refused, never page one."""
    text = query.get("cursor")
    if text is None:
        return 0
    try:
        position, made_for = json.loads(base64.urlsafe_b64decode(text.encode("ascii")))
    except (ValueError, binascii.Error, TypeError, RecursionError) as error:
        raise bad("cursor", "This cursor is not one of ours. Start again without it.") from error
    if made_for != tag or not isinstance(position, int) or not 0 <= position <= FARTHEST:
        raise bad("cursor", "The numbers or filters have changed since this cursor was made. Start again without it.")
    return position
