"""Mails while senders, beats and the mail server fail: each goes out, under one Message-ID, to whom it is due."""

import math
import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from tests.faults.mailbox import Mailbox
from tests.faults.stack import Stack
from tests.processes import Process

pytestmark = [pytest.mark.slow, pytest.mark.worker]
Seen = Callable[[str, str, str], None]
LATER = timedelta(hours=2)  # longer than every lease and pause of a message
QUEUE = """
from sop_portal.clock import now
from django.contrib.auth import get_user_model
from jobs.models import Message
from jobs.services.messages import messages_cancel, messages_queue
users = list(get_user_model().objects.filter(username__startswith="rep").order_by("username"))
for twice in range(2):
    messages_queue(messages=[
        Message(key=f"{tag}:{{u.username}}:{{n}}", kind="test", recipient=u, subject=f"{tag}:{{u.username}}:{{n}}",
                text="x", due_at=now())
        for u in users for n in range({each})
    ])
messages_cancel(keys=[f"{tag}:{{u.username}}:0" for u in users[:10]], why="answered")
"""
POKE = """
from sop_portal.celery import app
for _ in range(20):
    app.send_task("sop_portal.tick")
    app.send_task("sop_portal.work")
"""
BAD = {"rep10": "hangs", "rep11": "later", "rep12": "unknown"}
NEXT = "SELECT min(due_at) FROM jobs_message, jobs_movedclock WHERE key LIKE %s AND state = 'due' AND due_at > at"
PUT_OFF = NEXT.replace("min(due_at)", "count(*)")
STATES = "SELECT state, count(*) FROM jobs_message WHERE key LIKE %s GROUP BY 1"


@pytest.fixture
def box(background: Stack) -> Iterator[Mailbox]:
    """Every mail of the stack goes to this server."""
    with Mailbox() as box:
        background.environment["EMAIL_URL"] = f"smtp://127.0.0.1:{box.port}"
        # what other tests left to be told is not this test's
        background.rows("UPDATE jobs_message SET state = 'cancelled' WHERE state IN ('due', 'sending')")
        yield box
        background.stop_workers()
        del background.environment["EMAIL_URL"]


def states(stack: Stack, tag: str) -> dict[str, int]:
    return dict(stack.rows(STATES, f"{tag}:%"))


def test_f11_senders_are_killed_and_the_mail_server_stops(
    background: Stack, box: Mailbox, whole: bool, seen: Seen
) -> None:
    """The server is away for every mail's first try; then senders are killed at random; at the end all of them with
    mails in hand, which the server does not take any more."""
    stack, tag, kills, dice = background, f"f11-{time.monotonic_ns()}", 0, random.Random(11)
    each, rounds = (10, 10) if whole else (4, 1)
    want = 50 * each - 10
    box.close()
    stack.run(QUEUE.format(tag=tag, each=each))
    senders = stack.start_workers(3)
    stack.start_beat()
    stack.start_beat()
    stack.wait(lambda: stack.one(PUT_OFF, f"{tag}:%") == want, "all have found no server")
    box.most, box.pause = want // 3, 0.2
    box.open()
    stack.move_clock(LATER)
    for _ in range(rounds):
        stack.run(POKE)
        time.sleep(dice.uniform(0.0, 0.5))
        kills += _kill(stack, senders.pop(0))
        senders += [stack.start_worker()] if whole else []
    stack.wait(lambda: len(box.came) >= box.most, "the mail server takes no more")
    kills += sum(_kill(stack, sender) for sender in senders)
    left = states(stack, tag).get("sending", 0)
    assert left > 0
    box.most, box.pause = math.inf, 0.0
    stack.move_clock(LATER)
    stack.start_worker()
    stack.wait(lambda: _all_told(stack, tag), "everybody is told")
    told = {subject: ids for subject, ids in box.subjects.items() if subject.startswith(tag)}
    assert states(stack, tag) == {"sent": want, "cancelled": 10}
    assert set(told) == {f"{tag}:rep{r:02d}:{n}" for r in range(50) for n in range(each) if n or r >= 10}
    assert all(len(ids) == 1 for ids in told.values())
    twice = sum(box.came[number] - 1 for ids in told.values() for number in ids)
    assert twice <= kills
    seen(
        "F11",
        "2 beats, 3 senders killed, mail server stopped",
        f"{want} mails, 0 missing, {twice} twice, {kills} kills, {left} in hand at the last, 10 answered got none",
    )


def _kill(stack: Stack, sender: Process) -> int:
    sender.kill()
    stack.workers.remove(sender)
    return 1


def _all_told(stack: Stack, tag: str) -> bool:
    """What failed waits for the clock, which moves only when nobody holds a message."""
    found = states(stack, tag)
    if found.get("due") and not found.get("sending"):
        stack.move_clock_to(NEXT, f"{tag}:%")
    return not found.get("due") and not found.get("sending")


def test_f12_one_bad_recipient_blocks_nobody(
    background: Stack, box: Mailbox, whole: bool, monkeypatch: pytest.MonkeyPatch, seen: Seen
) -> None:
    stack, tag = background, f"f12-{time.monotonic_ns()}"
    if not whole:
        monkeypatch.setitem(stack.environment, "DJANGO_SETTINGS_MODULE", "tests.faults.impatient")
    address = "UPDATE auth_user SET email = %s WHERE username = %s"
    for name, bad in BAD.items():
        stack.rows(address, f"{bad}@small.example", name)
    try:
        stack.run(QUEUE.format(tag=tag, each=1))
        stack.start_worker()
        stack.start_beat()
        seconds = stack.wait(lambda: states(stack, tag).get("sent") == 37, "all good ones are told")
        stack.wait(lambda: states(stack, tag).get("due") == 3, "all bad ones are tried")
    finally:
        for name in BAD:
            stack.rows(address, f"{name}@small.example", name)
    why = dict(
        stack.rows(
            "SELECT split_part(key, ':', 2), error FROM jobs_message WHERE key LIKE %s AND state = 'due'", f"{tag}:%"
        )
    )
    assert set(why) == set(BAD)
    assert "timed out" in why["rep10"]
    assert "mailbox busy" in why["rep11"]
    assert "no such mailbox" in why["rep12"]
    stack.wait(lambda: _all_told(stack, tag), "their mailboxes answer again")
    assert states(stack, tag) == {"sent": 40, "cancelled": 10}
    assert all(count == 1 for count in box.came.values())
    seen(
        "F12", "mail server hangs, 4xx, 5xx for one recipient each", f"37 others told in {seconds:.1f} s, reasons shown"
    )
