"""Tests that run beside others on servers of their own."""

import psutil
import pytest

from sop_portal.testing import beside, places

NOBODY = "tests/nobody-wrote-this.py"


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def test_what_they_said_and_their_status_are_told(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with beside(NOBODY) as told:
        assert told() == pytest.ExitCode.USAGE_ERROR
    assert f"file or directory not found: {NOBODY}".encode() in capfdbinary.readouterr().out


def give_up() -> None:
    with beside("tests"):
        assert len(children()) > 0
        raise KeyboardInterrupt


def test_they_end_when_the_others_are_given_up() -> None:
    before = children()
    with pytest.raises(KeyboardInterrupt):
        give_up()
    assert children() <= before


@pytest.mark.parametrize(
    ("arguments", "found"),
    [(["--faults", "-q"], ["tests/faults"]), (["--attack", "tests/year"], []), (["-q"], []), ([], [])],
)
def test_a_switch_runs_its_own_tests_unless_others_are_named(arguments: list[str], found: list[str]) -> None:
    assert places(arguments) == found
