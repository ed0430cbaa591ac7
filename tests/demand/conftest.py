"""The small company in sales entry, built once a module: a baseline takes longer than most tests."""

import copy
from collections.abc import Iterator

import pytest
from django.db import transaction

from cycles.models import Cycle
from tests.cast import Cast, small_company
from tests.stages import cycle_in_entry


@pytest.fixture(scope="module")
def company_in_entry(django_db_setup: None, django_db_blocker: pytest.FixtureDef) -> Iterator[tuple[Cast, Cycle]]:
    """Around all tests of the module lies one transaction; each test's own is a savepoint in it."""
    with django_db_blocker.unblock():
        around = transaction.atomic()
        around.__enter__()
        made = small_company(), cycle_in_entry()
    yield made
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.fixture
def cast(company_in_entry: tuple[Cast, Cycle], db: None) -> Cast:
    return copy.deepcopy(company_in_entry[0])


@pytest.fixture
def cycle(company_in_entry: tuple[Cast, Cycle], db: None) -> Cycle:
    return copy.deepcopy(company_in_entry[1])
