"""The house that is attacked, and the table that is printed at the end."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from tests.attack.forms import forms_and_links
from tests.attack.sending import Attack, Attackers, Tally
from tests.everything import Everything
from tests.matrix import ROLES

TALLY = pytest.StashKey[Tally]()
FILES = pytest.StashKey[dict[str, Counter[str]]]()
HOSTILE = pytest.StashKey[list[str]]()
# Of the ten roles, in an ordinary run.
FEW_READERS = 3


@pytest.fixture(scope="session")
def tally(request: pytest.FixtureRequest) -> Tally:
    return request.config.stash.setdefault(TALLY, Tally())


@pytest.fixture(scope="session")
def whole(request: pytest.FixtureRequest) -> bool:
    """Whether everything is sent and not a selection: `./portal test --attack`."""
    return bool(request.config.getoption("attack"))


@pytest.fixture(scope="module", params=["entry", "executive"])
def attackers(django_db_setup: None, django_db_blocker: Any, request: pytest.FixtureRequest) -> Iterator[Attackers]:
    """Everybody while reps enter, and when the pack is frozen for the executive meeting."""
    with django_db_blocker.unblock(), transaction.atomic():
        house = Everything.made()
        if request.param == "executive":
            house.to_supply()
            house.to_executive()
        yield Attackers(house)
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def seen(attackers: Attackers, whole: bool) -> list[Attack]:
    """What the pages would send: every form that somebody is shown, and every link with a query."""
    return forms_and_links(attackers, len(ROLES) if whole else FEW_READERS)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    tally = config.stash.get(TALLY, None)
    if tally and tally.statuses:
        terminalreporter.section("Hostile requests by kind and status")
        for line in tally.table():
            terminalreporter.write_line(line)
    files = config.stash.get(FILES, {})
    if files:
        terminalreporter.section("Spoiled files by kind and what became of them")
        for line in files_table(files):
            terminalreporter.write_line(line)

    hostile = config.stash.get(HOSTILE, [])
    if hostile:
        terminalreporter.section("Hostile files: most memory and time of the process that reads them, and what is said")
        for line in hostile:
            terminalreporter.write_line(line)


def files_table(files: dict[str, Counter[str]]) -> list[str]:
    columns = ("loaded", "told", "refused at the door")
    lines = [f"{'files':<44}{'sent':>7}" + "".join(f"{name:>21}" for name in columns)]
    for kind, counts in [*sorted(files.items()), ("all", sum(files.values(), Counter()))]:
        lines.append(f"{kind:<44}{counts.total():>7,}" + "".join(f"{counts[name]:>21,}" for name in columns))
    return lines
