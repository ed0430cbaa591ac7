"""The access matrix: every address, asked in every way by thirteen actors for what is theirs, another's and missing.

What each may is declared in tests/access.py. An ordinary run asks pages in the name of some roles; forms are sent by
all of them. `./portal test --faults` asks everything as everybody.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from masterdata.roles import Role
from tests.access import NEVER, OPEN, READS, WRITES
from tests.attack.forms import BATCHES, TOKEN
from tests.everything import Everything, Route, routes
from tests.matrix import ACTORS, ROLES, SAFE, STRANGERS, Actors, Answer, Fields, forms_of, objects

pytestmark = pytest.mark.django_db
LATER = ("supply:", "meetings:", "kpis:")
FEW = (Role.SALES_REP, Role.SOP_LEADER)
# Who is shown the forms of a room.
SHOWN = {
    "demand:team": Role.SALES_MANAGER,
    "demand:event": Role.MARKETING,
    "demand:finance": Role.FINANCE,
    "demand:": Role.DEMAND_PLANNER,
    "supply:": Role.SUPPLY_PLANNER,
    "meetings:": Role.EXECUTIVE,
    "kpis:": Role.EXECUTIVE,
    "": Role.ADMIN,
}
OTHERS = (Role.SALES_REP, Role.DEMAND_PLANNER, "nobody")
# What guards a page's forms is another in every answer.
TOKENS = re.compile(rb"\b[A-Za-z0-9]{64}\b")
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


@dataclass(frozen=True)
class Cell:
    """One request of the matrix, and how it was answered."""

    name: str
    method: str
    actor: str
    whose: str
    path: str
    answer: Answer

    def __str__(self) -> str:
        changed = f" and changed {', '.join(sorted(self.answer.changed))}" if self.answer.changed else ""
        return f"{self.actor}: {self.method} {self.path} ({self.whose}) is answered {self.answer.status}{changed}"


@pytest.fixture(scope="module")
def cells(django_db_setup: None, django_db_blocker: Any, request: pytest.FixtureRequest) -> list[Cell]:
    """Addresses of demand and the roof while entry is open, the others when the pack is frozen; all is undone."""
    whole = request.config.getoption("faults")
    with django_db_blocker.unblock(), transaction.atomic():
        house = Everything.made()
        early = [route for route in routes() if not route.name.startswith(LATER)]
        found = list(asked(house, early, whole))
        house.to_supply()
        house.to_executive()
        found += asked(house, [route for route in routes() if route.name.startswith(LATER)], whole)
        transaction.set_rollback(True)
    return found


def asked(house: Everything, some: list[Route], whole: bool) -> Iterator[Cell]:
    actors = Actors(house)
    forms: dict[str, Fields | str] = dict(batches(house))
    kept = [route for route in some if route.name != "logout"]
    named = [(route, whose, path) for route in kept for whose, path in objects(house, route).items()]
    for route, whose, path in named:
        for actor in ACTORS if whole else readers(route, whose):
            answer = actors.ask(actor, "GET", path)
            if answer.status == 200:
                forms = forms_of(path, answer) | forms
            yield Cell(route.name, "GET", actor, whose, path, answer)
    for route, whose, path in named:
        for actor in ACTORS if whole or whose == "own" else OTHERS:
            yield Cell(route.name, "POST", actor, whose, path, actors.ask(actor, "POST", path, forms.get(path, [])))
        for method in ("HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"):
            for actor in ACTORS if whole else (Role.SOP_LEADER, "nobody"):
                if whose == "own" and (whole or method != "HEAD" or actor == "nobody"):
                    yield Cell(route.name, method, actor, whose, path, actors.ask(actor, method, path))


def readers(route: Route, whose: str) -> tuple[str, ...]:
    if route.name in READS and whose == "own":
        return ACTORS
    shown = next(role for start, role in SHOWN.items() if route.name.startswith(start))
    return (*FEW, shown, *STRANGERS) if whose == "own" else OTHERS


def batches(house: Everything) -> Iterator[tuple[str, str]]:
    """What the grids send, for a line of rita's."""
    line = house.cast.line("ALPHA", "NORTH").pk
    for name, batch in BATCHES.items():
        text = json.dumps(batch | {"token": TOKEN}).replace('"line": 0', f'"line": {line}')
        yield reverse(name), text.replace('"seen": 4', '"seen": null')


def none(cells: list[Cell], fault: Callable[[Cell], bool]) -> None:
    found = [str(cell) for cell in cells if fault(cell)]
    assert not found, "\n".join([f"{len(found)} of {len(cells)}:", *found[:60]])


def test_every_address_that_takes_a_form_says_who_may_send_it(cells: list[Cell]) -> None:
    takes, shows = (
        {cell.name for cell in cells if cell.method == method and cell.actor in ROLES and cell.answer.status != 405}
        for method in ("POST", "GET")
    )
    took = takes - shows
    declared = WRITES.keys() | NEVER
    assert {name for name in took if not name.startswith("api-")} - declared == set(), "say who may write in access.py"
    assert declared - {route.name for route in routes()} == set()


def test_nobody_writes_who_may_not(cells: list[Cell]) -> None:
    """A page that only reads writes nothing either, whoever asks."""

    def fault(cell: Cell) -> bool:
        may = WRITES.get(cell.name, frozenset()) if cell.method not in SAFE else frozenset()
        return bool(cell.answer.changed) and cell.actor not in may

    none(cells, fault)


def test_what_is_refused_changes_no_row(cells: list[Cell]) -> None:
    none(cells, lambda cell: cell.answer.status >= 400 and bool(cell.answer.changed))


def test_the_forms_are_good_enough_to_be_taken(cells: list[Cell]) -> None:
    """Otherwise a refusal would not be about who asks."""
    written = {cell.name for cell in cells if cell.answer.changed}
    assert len(written) >= 40, sorted(WRITES.keys() - written)


def test_strangers_are_sent_to_sign_in(cells: list[Cell]) -> None:
    def fault(cell: Cell) -> bool:
        if cell.actor not in STRANGERS or cell.name in OPEN:
            return False
        if cell.name.startswith("api-"):
            return cell.answer.status not in (401, 405)
        return cell.answer.status != 302 or not cell.answer.headers["location"].startswith("/login/?next=")

    none(cells, fault)


def test_who_may_read_reads_and_nobody_else(cells: list[Cell]) -> None:
    def fault(cell: Cell) -> bool:
        if cell.method != "GET" or cell.whose != "own" or cell.actor in STRANGERS:
            return False
        may = cell.name not in READS or cell.actor in READS[cell.name]
        return cell.answer.status == 403 if may else cell.answer.status != 403

    none(cells, fault)


def test_nothing_is_there_that_is_missing_and_nothing_is_our_fault(cells: list[Cell]) -> None:
    none(cells, lambda cell: cell.answer.status >= 500 and cell.name != "health-ready")
    missing = [cell for cell in cells if cell.whose == "missing" and cell.method == "GET" and cell.name not in OPEN]
    assert len(missing) > 100
    none(missing, lambda cell: cell.answer.status == 200)


def test_what_is_private_answers_as_what_is_missing(cells: list[Cell]) -> None:
    bodies = {
        cell.whose: (cell.answer.status, TOKENS.sub(b"", cell.answer.body.replace(b"no-such", b"rob")))
        for cell in cells
        if (cell.name, cell.method, cell.actor) == ("kpis:feedback-of", "GET", Role.SALES_REP)
    }
    assert bodies["other's"] == bodies["missing"]
    assert bodies["own"][0] == 200


def test_every_answer_tells_the_browser_to_be_careful(cells: list[Cell]) -> None:
    def fault(cell: Cell) -> bool:
        told = cell.answer.headers
        policy = told.get("content-security-policy", "")
        careful = "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        elsewhere = cell.actor in STRANGERS or cell.name in OPEN or cell.name.startswith("api-")
        kept = elsewhere or told.get("cache-control", "") == "private, no-store"
        return not (careful and kept and all(told.get(name) == value for name, value in HEADERS.items()))

    none(cells, fault)


def test_cookies_stay_with_the_browser(cells: list[Cell]) -> None:
    cookies = [line for cell in cells for line in cell.answer.cookies.splitlines()]
    assert any("csrftoken" in line for line in cookies)
    assert not [line for line in cookies if "SameSite=Lax" not in line]
    assert not [line for line in cookies if "sop_session" in line and "HttpOnly" not in line]


def test_nearly_every_cell_was_asked(cells: list[Cell]) -> None:
    asked_for = {(cell.name, cell.actor) for cell in cells if cell.method == "POST"}
    every = {(route.name, actor) for route in routes() for actor in ACTORS}
    assert len(asked_for & every) >= 0.95 * len(every)
