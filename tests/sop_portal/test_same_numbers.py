"""Two people with different rights read the same numbers, except what is private, wherever numbers leave the portal.

Whoever may read an address is asked for it; under the same name everybody reads the same number. Addresses come from
the URLconf, so a new page, file or list of the REST interface is compared without being named here.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import pytest
from django.http import HttpResponseBase
from django.urls import reverse

from tests.everything import Everything, routes
from tests.shown_numbers import Numbers, differences, numbers_of
from tests.sop_portal.test_privacy import Asker, asker

# a rep; Finance, who reads costs; a program with a key
READERS = ("rita", "finn", "key")
# whose numbers are the reader's own: what one's input did, what waits for one, who was mailed what, one's own team
PERSONAL = ("home", "kpis:feedback", "kpis:lesson", "mails", "away", "demand:team")
# where people meet over numbers: to be compared in earnest
SHARED = (
    "kpis:executive", "kpis:dashboard", "kpis:measure", "kpis:accuracy", "kpis:forecast", "supply:review",
    "supply:family", "supply:gap", "demand:review", "demand:finance", "meetings:paper", "meetings:paper-file",
    "api-company-forecast", "api-accuracy", "api-kpis",
)  # fmt: skip
# margin by what is below a family is for those who see costs
MARGIN = (
    "/dashboard/margin/?by=customer", "/dashboard/margin_share/?by=region", "/dashboard/margin/?by=family",
    "/forecast/?cycle=2026-10&measure=margin&level=product", "/forecast/?cycle=2026-10&measure=margin&level=family",
    "/api/v1/company-forecast/?cycle=2026-10&measure=margin&level=line",
)  # fmt: skip
PARTS = re.compile(r"\b(ALPHA|BETA|GAMMA|NORTH|SOUTH|EAST|WEST)\b", re.IGNORECASE)
pytestmark = pytest.mark.django_db


@pytest.fixture
def house(db: None) -> Everything:
    made = Everything.made()
    made.to_supply()
    made.to_executive()
    return made


def paths(house: Everything) -> Iterator[tuple[str, str]]:
    """(name, path) of every address once, without those that show the reader's own numbers."""
    for route in routes():
        values = house.parameters(route)
        if values and not route.name.startswith(PERSONAL):
            yield route.name, reverse(route.name, kwargs=values[0])
    yield from (("margin", path) for path in MARGIN)


def read(asks: dict[str, Asker], path: str) -> dict[str, Numbers]:
    """Reader -> numbers, of those who may read the address."""
    found = {}
    for reader, each in asks.items():
        answer = each.get(path)
        if answer.status_code == 405:
            break
        if answer.status_code == 200:
            found[reader] = numbers_of(body(answer), answer.headers.get("Content-Type", ""))
    return found


def body(answer: HttpResponseBase) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]


def margins(path: str, numbers: Numbers) -> set[str]:
    """Where a margin or cost of something below a family is told."""
    names = (" / ".join((path, *name)) for name in numbers)
    return {name for name in names if re.search("margin|unit.cost", name, re.IGNORECASE) and PARTS.search(name)}


def test_everybody_reads_the_same_number_and_margins_stay_where_they_may_be_seen(house: Everything) -> None:
    asks = {name: asker(house, name) for name in READERS}
    told, compared, seen = [], Counter(), {name: set() for name in READERS}
    for name, path in paths(house):
        shown = read(asks, path)
        for one, other in combinations(shown, 2):
            compared[name] += len(shown[one].keys() & shown[other].keys())
            told += [f"{path} to {one} and {other}: {each}" for each in differences(shown[one], shown[other])]
        for reader, numbers in shown.items():
            seen[reader] |= margins(path, numbers)
    assert told == []
    assert [name for name in SHARED if compared[name] < 5] == [], compared
    assert seen["rita"] == seen["key"] == set()
    assert {path.partition("?")[0] for path in seen["finn"]} >= {"/dashboard/margin/", "/forecast/"}


def test_a_difference_under_the_same_name_is_found() -> None:
    page = b"<h2>Families</h2><table><tr><th>Family</th><th>Demand</th></tr><tr><td>Bikes</td><td>%s</td></tr></table>"
    one, same, other = (
        numbers_of(page % text, "text/html") for text in (b"12 of 30", b"12 of 30, at 4.50", b"13 of 30")
    )
    assert differences(one, same) == []
    assert differences(one, other) == ["Families / Bikes / Demand: ['12', '30'] and ['13', '30']"]
    rows = b'[{"family": "BIKES", "value": 1}, {"family": "ROAD", "value": 2}]'
    assert differences(numbers_of(rows, "application/json"), numbers_of(rows.replace(b"2", b"3"), "application/json"))
