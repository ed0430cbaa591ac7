"""Fixtures everybody shares: the real database, a real worker, a real web process, a browser.

`./portal test` has started PostgreSQL and Valkey; run it rather than bare pytest.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as properties

from tests import chromium
from tests.processes import Process, Web, manage, web_process, worker_process

if TYPE_CHECKING:
    from playwright.sync_api import BrowserType, Page

# How long an example takes says nothing about whether it is right.
properties.register_profile("portal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
properties.load_profile("portal")

pytest_plugins = ["tests.demo"]
PROJECT = Path(__file__).resolve().parent.parent
# Playwright's synchronous interface runs an event loop in this thread.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def tools_folder() -> Path:
    return Path(os.environ.get("PORTAL_TOOLS") or PROJECT / ".portal-test")


def database_url(name: str) -> str:
    """The URL of another database on the server the tests use."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults", action="store_true", help="every fault at full length instead of the short selection")
    parser.addoption("--attack", action="store_true", help="every hostile request and file instead of a selection")


# --- Database ---------------------------------------------------------------------


@pytest.fixture(scope="session")
def test_environment(django_db_setup: None) -> dict[str, str]:
    """What a child process needs to work on pytest's own database and broker."""
    name = settings.DATABASES["default"]["NAME"]
    return {
        "DATABASE_URL": database_url(name),
        "REDIS_URL": os.environ["REDIS_URL"],
        "PORTAL_TESTING": "1",
        "DJANGO_SETTINGS_MODULE": "sop_portal.settings",
    }


@pytest.fixture
def run_manage(test_environment: dict[str, str], transactional_db: None) -> Callable[..., Any]:
    """`run_manage("import_data", folder)` in a process of its own; returns status and output."""
    return lambda *arguments: manage(test_environment, *map(str, arguments))


@pytest.fixture
def no_repeated_queries() -> Iterator[None]:
    """Fails the test when it runs the same query once per row."""
    import zeal

    with zeal.zeal_context():
        yield


# --- Worker -----------------------------------------------------------------------


def empty_broker() -> None:
    import redis

    client = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=5)
    client.flushall()
    client.close()


@pytest.fixture
def broker() -> None:
    """The throw-away broker, empty."""
    empty_broker()


@pytest.fixture
def celery_worker_process(
    test_environment: dict[str, str], transactional_db: None, broker: None, tmp_path: Path
) -> Iterator[Process]:
    """A real `celery -A sop_portal worker` on the test database; `.kill()` it as a crash would."""
    with worker_process(test_environment, tmp_path / "worker.log") as worker:
        worker.wait_until("ready.")
        yield worker


# --- Web --------------------------------------------------------------------------


@pytest.fixture(scope="session")
def web_on_test_database(test_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with web_process(test_environment, tmp_path_factory.mktemp("web") / "web.log") as web:
        web.wait_answer()
        yield web


def at_work() -> int:
    """How many other connections to this database are in the midst of something."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend' AND state <> 'idle'"
        )
        return int(cursor.fetchone()[0])


def wait_for_rest(looks: int = 4, patience: float = 60.0) -> None:
    """Until nothing was at work at so many looks in a row: a request whose browser left is still being answered."""
    deadline = time.monotonic() + patience
    quiet = 0
    while quiet < looks:
        quiet = 0 if at_work() else quiet + 1
        assert time.monotonic() < deadline, "a request did not end, so the database cannot be emptied"
        time.sleep(0.02)


@pytest.fixture
def live_portal(web_on_test_database: Web, transactional_db: None) -> Iterator[Web]:
    """A real gunicorn on the test database, under the strict CSP; `live_portal.url` is its address.

    The database is emptied after each test, so every test brings its own data. Ask for it before a page: what is
    asked for later is closed earlier, and emptying waits for the requests of a closed page.
    """
    yield web_on_test_database
    wait_for_rest()


# --- Browser ----------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type: "BrowserType") -> dict[str, object]:
    return chromium.find(tools_folder(), browser_type.executable_path).launch_arguments()


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, object]:
    return {"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", "timezone_id": "UTC"}


@pytest.fixture
def csp_violations(page: "Page") -> Iterator[list[str]]:
    """What the browser refused or a script threw; the test fails if anything is left in it."""
    seen: list[str] = []
    page.on("console", lambda message: seen.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: seen.append(str(error)))
    yield seen
    assert not seen, f"the browser complained: {seen}"


# --- Figures ----------------------------------------------------------------------

FIGURES = pytest.StashKey[list[tuple[str, str]]]()


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`figure("One promotion", "7 clicks")`: a figure we claim, printed at the end of the run."""
    return lambda what, value: request.config.stash.setdefault(FIGURES, []).append((what, value))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    figures = config.stash.get(FIGURES, [])
    if figures:
        terminalreporter.section("What it costs a person")
        for what, value in figures:
            terminalreporter.write_line(f"{what:<55} {value}")


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """The folder screenshots go to: $PORTAL_SHOTS, else .portal-test/shots."""
    folder = Path(os.environ.get("PORTAL_SHOTS") or tools_folder() / "shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
