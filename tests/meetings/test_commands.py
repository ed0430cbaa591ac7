"""open_cycle, publish and verify as commands."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from cycles.models import Cycle
from demand.models import Change, CycleLine
from demand.selectors.seals import record_check
from jobs.models import Job
from tests.cast import Cast, small_company
from tests.meetings.journey import approved, frozen

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_open_cycle_says_when_every_step_is(cast: Cast) -> None:
    said = run("open_cycle", "2026-11", "--at", "2026-11-02T08:30")
    assert "Cycle 2026-11 is open." in said
    assert "Sales forecast  2026-11-04 08:00 to 2026-11-10 17:00" in said
    with pytest.raises(CommandError, match="opened already"):
        run("open_cycle", "2026-11", "--at", "2026-11-02T08:30")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("2026-13",), "2026-13"), (("2026-11", "--at", "monday"), "'monday' is not a date and time")],
)
def test_open_cycle_says_what_is_wrong(cast: Cast, arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        run("open_cycle", *arguments)
    assert not Cycle.objects.exists()


def test_publish_and_verify_an_approved_cycle(cast: Cast) -> None:
    cycle = approved(cast)
    Job.objects.all().delete()
    said = run("publish", "2026-11")
    assert "Company forecast 2026-11 revision 1: 11 lines, 24 months, content " in said
    content = said.split()[-1]
    record = record_check(cycle)
    changes = Change.objects.filter(cycle=cycle).count()
    said = f"record  {record.head} over {changes} changes\nstored  {content}\nrebuilt {content}\nequal\n"
    assert run("verify", "2026-11") == said
    with pytest.raises(CommandError, match="was published on"):
        run("publish", "2026-11")
    CycleLine.objects.filter(cycle=cycle).update(price=1)
    with pytest.raises(CommandError, match="not what its inputs give"):
        run("verify", "2026-11")


def test_publish_needs_the_approval(cast: Cast) -> None:
    frozen(cast)
    with pytest.raises(CommandError, match="once the CEO has approved"):
        run("publish", "2026-11")
    with pytest.raises(CommandError, match="real cycle"):
        run("publish", "2026-11", "--replayed")
    with pytest.raises(CommandError, match="no cycle 2027-01"):
        run("publish", "2027-01")
    with pytest.raises(CommandError, match="no published"):
        run("verify", "2026-11")
