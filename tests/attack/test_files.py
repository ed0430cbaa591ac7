"""A spoiled file is loaded as what it means, or told with line, column and value; nothing is ever there by half.

A short selection runs each time, all of it by `./portal test --attack`.
"""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as portal
from django.db import transaction

from jobs.errors import Refused
from masterdata.bundles import ImportFile
from sop_portal.imports import SPECS
from sop_portal.uploads import upload_check, upload_load, upload_read
from tests.attack.conftest import FILES
from tests.attack.spoiled_files import GOOD, NEVER, SAME, TEXT_WAYS, WORKBOOK_WAYS, Spoiled
from tests.cast import Cast, small_company
from tests.matrix import changed_tables, counters, digests
from tests.sop_portal.test_uploads import AT

# Files of an ordinary run and of a whole one.
TEXTS = (60, 2_400)
WORKBOOKS = (6, 240)
PYTHON = ("Traceback", "object at 0x", "Errno", "NoneType", "Exception", "KeyError", "psycopg", "not supported between")


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with django_db_blocker.unblock(), transaction.atomic():
        before, portal.MEDIA_ROOT = portal.MEDIA_ROOT, tmp_path_factory.mktemp("media")
        yield small_company()
        portal.MEDIA_ROOT = before
        transaction.set_rollback(True)


def faults_of(file: Spoiled, cast: Cast) -> tuple[str, list[str]]:
    """(what became of it, what is wrong with that)."""
    try:
        token = upload_check(uploads=[ImportFile(file.name, file.data)], by=cast.leader, at=AT)
    except Refused as refusal:
        return "refused at the door", [] if refusal.detail.endswith(".") else [f"no sentence: {refusal.detail!r}"]
    found = upload_read(token)
    if not found["ok"]:
        return "told", list(badly_told(file, found))
    upload_load(token=token, by=cast.leader, at=AT)
    outcome = upload_read(token)["outcome"]
    return "loaded", list(badly_loaded(file, outcome, cast))


def badly_told(file: Spoiled, found: dict[str, Any]) -> Iterator[str]:
    if not found["errors"]:
        yield "told nothing"
    if file.fate == SAME:
        yield f"told although it means the same: {found['errors'][:2]}"
    for error in found["errors"][:50]:
        message = error["message"]
        if error["line"] < 1 or not message.endswith((".", "?", "…")) or any(word in message for word in PYTHON):
            yield f"badly told: {error}"


def badly_loaded(file: Spoiled, outcome: dict[str, Any], cast: Cast) -> Iterator[str]:
    if not outcome["ok"]:
        yield f"checked as good and not loaded: {outcome['errors'][:2]}"
    if file.fate == NEVER:
        yield f"loaded: {outcome['files']}"
    if file.means:
        stem = file.name.partition(".")[0]
        token = upload_check(uploads=[ImportFile(f"{stem}.csv", file.means)], by=cast.leader, at=AT)
        again = upload_read(token)
        counts = again["files"].get(stem, {})
        if counts.get("new", 1) or counts.get("changed", 1):
            yield f"loaded as something else: {counts} {again['errors'][:2]} {again.get('previews', '')}"


def sent(ways: tuple[Any, ...], count: int, cast: Cast, config: pytest.Config) -> list[str]:
    """So many files, each undone; their faults."""
    dice, faults, before = random.Random(9), [], digests()
    table = config.stash.setdefault(FILES, {})
    for number in range(count):
        file = dice.choice(ways)(sorted(GOOD)[number % len(GOOD)], dice)
        with transaction.atomic():
            counted = counters()
            became, wrong = faults_of(file, cast)
            touched = changed_tables(counted, before) if became != "loaded" else []
            transaction.set_rollback(True)
        table.setdefault(file.how.partition(" '")[0], Counter())[became] += 1
        wrong += [f"rows of {', '.join(touched)} changed"] if touched else []
        faults += [f"{file.name}, {file.how}, {became}: {one}\n    {file.data[:300]!r}" for one in wrong]
    return faults


def told(faults: list[str]) -> str:
    return "\n".join([f"{len(faults)}:", *faults[:30]])


def test_nearly_every_file_of_the_contract_is_spoiled() -> None:
    assert len(GOOD.keys() & {spec.name for spec in SPECS}) >= len(SPECS) - 3


def test_spoiled_text_files(cast: Cast, whole: bool, request: pytest.FixtureRequest, db: None) -> None:
    faults = sent(TEXT_WAYS, TEXTS[whole], cast, request.config)
    assert not faults, told(faults)


def test_spoiled_workbooks(cast: Cast, whole: bool, request: pytest.FixtureRequest, db: None) -> None:
    faults = sent(WORKBOOK_WAYS, WORKBOOKS[whole], cast, request.config)
    assert not faults, told(faults)
