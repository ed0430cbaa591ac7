"""The demonstration company in a database of its own, loaded once and unshifted.

    def test_something(demo_company): ...

Use the fixture instead of the `django_db` mark: the test runs in a transaction on that database and leaves it as
it was.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import connection

from masterdata.models import Company
from masterdata.services.companies import company_mark_demonstration
from sop_portal.demonstration.loading import demonstration_import

# The first of the month after the last closed one, 2020-05, in the morning of the company's own time.
DEMO_NOW = datetime(2020, 6, 1, 16, tzinfo=UTC)
NAME = "demo_unshifted"


def switch_database(name: str) -> str:
    """Point the connection at another database; returns the one before."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    return str(before)


@pytest.fixture(scope="session")
def demo_database(django_db_setup: None, django_db_blocker: pytest.FixtureDef) -> Iterator[str]:
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE {NAME} TEMPLATE template0")
        before = switch_database(NAME)
        call_command("migrate", verbosity=0)
        result = demonstration_import(at=DEMO_NOW)
        assert result.ok, result.errors[:10]
        company_mark_demonstration(months_shifted=0)
        switch_database(before)
    yield NAME
    with django_db_blocker.unblock():
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


@pytest.fixture
def demo_company(demo_database: str, request: pytest.FixtureRequest) -> Iterator[Company]:
    """The loaded company, in a transaction that is rolled back after the test."""
    if request.node.get_closest_marker("django_db"):
        pytest.fail("demo_company brings its own database: leave the django_db mark out.")
    before = switch_database(demo_database)
    request.getfixturevalue("db")
    yield Company.objects.get()
    connection.settings_dict["NAME"] = before
