"""One stack for all faults, and the table of what was seen."""

from collections.abc import Callable, Iterator

import pytest

from tests.faults.stack import Stack, running_stack

TABLE = pytest.StashKey[list[tuple[str, str, str]]]()
# Seconds that a fault goes on: in every run of the tests, and in a run of all faults (--faults).
SHORT, LONG = 3.0, 30.0


@pytest.fixture(scope="session")
def one_stack() -> Iterator[Stack]:
    with running_stack() as running:
        yield running


@pytest.fixture
def stack(one_stack: Stack) -> Iterator[Stack]:
    """The same for every test; what one leaves broken is mended before the next."""
    yield one_stack
    one_stack.mend()


@pytest.fixture(scope="session")
def whole(request: pytest.FixtureRequest) -> bool:
    """Whether all faults were asked for."""
    return bool(request.config.getoption("faults"))


@pytest.fixture(scope="session")
def length(whole: bool) -> float:
    return LONG if whole else SHORT


@pytest.fixture
def background(stack: Stack) -> Iterator[Stack]:
    """With nobody at work at first; afterwards nobody is, nothing is left to do, and the clock is set back."""
    (began,) = stack.rows("SELECT at FROM jobs_movedclock")
    yield stack
    stack.mend()
    stack.forget_work()
    stack.rows("UPDATE jobs_movedclock SET at = %s", *began)


@pytest.fixture
def seen(request: pytest.FixtureRequest) -> Callable[[str, str, str], None]:
    """`seen("F1", "a web worker killed each second", "2,114 saves, 0 lost")`: a row of the table at the end."""
    rows = request.config.stash.setdefault(TABLE, [])
    return lambda number, fault, figures: rows.append((number, fault, figures))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if rows := config.stash.get(TABLE, []):
        terminalreporter.section("Faults put in, and what was seen")
        for number, fault, figures in rows:
            terminalreporter.write_line(f"{number:<4} {fault:<58} {figures}")
