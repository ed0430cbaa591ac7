"""Saves while processes, connections and servers fail: nothing acknowledged is lost, nothing is half there."""

import random
import signal
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from sop_portal.uploads import CHECKED_AT_ONCE
from tests.faults.crowd import MONTHS, NOBODY, Answer, Client, Crowd, crowd
from tests.faults.gate import gate
from tests.faults.stack import Stack

pytestmark = [pytest.mark.slow]
Seen = Callable[[str, str, str], None]
REPS, EVERYBODY = 30, 50
# More than is checked at once, so that a worker has to be woken for it.
MANY_BOOKINGS = b"month,customer,product,qty\n" + b"2019-01,NORTH,ALPHA,1\n" * (CHECKED_AT_ONCE // 20)
NOT_WAITING = ("ALTER SYSTEM SET synchronous_commit = off", "ALTER SYSTEM SET wal_writer_delay = '10s'")


def assert_held(people: Crowd, allowed: set[int]) -> None:
    """The promise on acknowledged edits, and no answer that a rep could not do anything with."""
    assert set(people.statuses) <= allowed, people.statuses
    assert people.lost() == []
    assert people.half() == []
    assert sum(rep.given_up for rep in people.reps) == 0


def told(people: Crowd, *more: str) -> str:
    """Counts for the table."""
    again = sum(count for status, count in people.statuses.items() if status != 200)
    median = statistics.median(seconds for rep in people.reps for _, seconds in rep.seconds)
    return ", ".join([f"{people.saves:,} saves, 0 lost, {again} asked again, median {median * 1000:.0f} ms", *more])


def each_second(length: float, fault: Callable[[], object]) -> None:
    for _ in range(round(length)):
        time.sleep(1.0)
        fault()


def test_f1_a_web_worker_is_killed_each_second(stack: Stack, length: float, seen: Seen) -> None:
    people, kills = crowd(stack, EVERYBODY, seed=1), []
    with people.working():
        each_second(length, lambda: kills.append(stack.kill_web_worker()))
        people.everybody_saves()
    assert sum(kills) > 0
    assert_held(people, {200, NOBODY})
    seen("F1", "a web worker killed each second", told(people, f"{sum(kills)} kills"))


def test_f2_the_web_master_is_killed_and_started_again(stack: Stack, seen: Seen) -> None:
    people = crowd(stack, REPS, seed=2)
    with people.working():
        people.everybody_saves()
        back = stack.restart_web()
        people.everybody_saves()
    assert_held(people, {200, NOBODY})
    seen("F2", "all web processes killed, started again", told(people, f"first answer after {back:.1f} s"))


def test_f3_every_connection_is_cut_each_second(stack: Stack, length: float, seen: Seen) -> None:
    people, cut = crowd(stack, REPS, seed=3), []
    with people.working():
        each_second(length, lambda: cut.append(stack.cut_connections()))
        people.everybody_saves()
    assert sum(cut) > 0
    assert_held(people, {200, 503})
    seen("F3", "all database connections cut each second", told(people, f"{sum(cut)} connections"))


def test_f4_the_database_server_is_killed(stack: Stack, seen: Seen) -> None:
    people = crowd(stack, REPS, seed=4)
    with people.working():
        people.everybody_saves()
        stack.kill_server(stack.postgres)
        time.sleep(1.0)
        back = stack.restart_server(stack.postgres)
        people.everybody_saves()
    assert_held(people, {200, 503})
    seen("F4", "PostgreSQL killed, started again", told(people, f"database back after {back:.1f} s"))


def test_f4_the_test_itself_can_see_a_loss(stack: Stack, seen: Seen) -> None:
    """With commits that do not wait for the disk the same kill loses what was acknowledged: the check is not blind."""
    stack.superuser(*NOT_WAITING, "SELECT pg_reload_conf()")
    try:
        people = crowd(stack, REPS, seed=5)
        with people.working():
            people.everybody_saves()
            stack.kill_server(stack.postgres)
            stack.restart_server(stack.postgres)
        lost = len(people.lost())
    finally:
        stack.mend()
        stack.superuser("ALTER SYSTEM RESET ALL", "SELECT pg_reload_conf()")
    assert lost > 0
    seen("F4", "the same with synchronous_commit off (must lose)", f"{people.saves:,} saves, {lost} cells lost")


def test_f5_the_database_stands_still_for_three_seconds(stack: Stack, length: float, seen: Seen) -> None:
    people = crowd(stack, REPS, seed=6)
    with people.working():
        people.everybody_saves()
        began = time.monotonic()
        time.sleep(length / 3)
        stack.signal_server(stack.postgres, signal.SIGSTOP)
        stopped = time.monotonic()
        time.sleep(3.0)
        stack.signal_server(stack.postgres, signal.SIGCONT)
        settled = time.monotonic() + min(length, 5.0)
        people.everybody_saves()
        time.sleep(max(settled - time.monotonic(), 0.0) + length / 3)
    assert_held(people, {200})
    figures = (
        f"p95 before {people.p95(began, stopped):.0f} ms, from {min(length, 5.0):.0f} s after {people.p95(settled):.0f}"
    )
    seen("F5", "PostgreSQL held for 3 s", told(people, figures))


def test_f10_sixteen_writers_of_one_cell(stack: Stack, seen: Seen) -> None:
    cell = (stack.company["lines"]["rep00"][0], MONTHS[23])
    start = Client(stack.url, stack.company["sessions"]["rep00"])
    assert start.save(str(uuid4()), {cell: 1000.0}).status == 200
    answers = _at_once(stack, "rep00", [{cell: 2000.0 + i} for i in range(16)], seen_before={cell: 1000.0})
    won = [answer for answer in answers if answer.status == 200]
    conflicts = [answer.body["conflicts"] for answer in answers if answer.status == 409]
    assert (len(won), len(conflicts)) == (1, 15)
    stands = won[0].body["saved"][0]["value"]
    assert {found[0]["theirs"] for found in conflicts} == {stands}
    seen("F10", "16 writers of one cell at once", "1 saved, 15 told the value that stands")


def test_one_token_sent_many_times_at_once_counts_once(stack: Stack, seen: Seen) -> None:
    """A browser that gave up waiting sends the batch again while the first is still being written."""
    cell = (stack.company["lines"]["rep01"][0], MONTHS[22])
    token = str(uuid4())
    answers = _at_once(stack, "rep01", [{cell: 3000.5}] * 8, token=token)
    assert {answer.status for answer in answers} == {200}
    assert all(answer.body == answers[0].body for answer in answers)
    where = "line_id = %s AND to_char(month, 'YYYY-MM') = %s AND after = 3000.5"
    assert stack.one(f"SELECT count(*) FROM demand_change WHERE {where}", *cell) == 1
    seen("F10", "one batch sent 8 times at once", "8 equal answers, 1 change on record")


def test_f17_overlapping_batches_in_opposite_order(stack: Stack, whole: bool, seen: Seen) -> None:
    lines, rounds = stack.company["lines"]["rep02"], 100 if whole else 20
    dice, statuses, log = random.Random(17), [], stack.postgres.log
    before = log.read_text().count("deadlock detected")
    for number in range(rounds):
        cells = [(line, dice.choice(MONTHS[:20])) for line in lines]
        there = dict.fromkeys(cells, 5000.0 + number)
        back = dict.fromkeys(reversed(cells), 6000.0 + number)
        statuses += [answer.status for answer in _at_once(stack, "rep02", [there, back])]
    assert statuses == [200] * 2 * rounds
    assert log.read_text().count("deadlock detected") == before  # one would have been run once more, a second later
    seen("F17", "overlapping batches in opposite order", f"{2 * rounds} batches, all saved, no deadlock")


def test_f9_the_step_is_closed_while_reps_save(stack: Stack, seen: Seen) -> None:
    people = crowd(stack, REPS, seed=9)
    leader = Client(stack.url, stack.company["sessions"]["lena"])
    try:
        with people.working(pause=0.0):
            people.everybody_saves()
            closed = leader.post("/cycle/steps/sales_forecast/close/", reason="Everybody has answered.")
            shut, last = time.monotonic(), stack.one("SELECT max(id) FROM demand_change")
            people.everybody_is_refused(shut)
    finally:
        _open_again(leader)
    late = [answer for rep in people.reps for _, asked, answer in rep.refused if asked > shut]
    assert closed.status == 302
    assert stack.one("SELECT max(id) FROM demand_change") == last
    assert people.lost() == []
    assert people.half() == []
    assert len(late) >= REPS
    assert {(answer.status, answer.body["code"]) for answer in late} == {(409, "entry_closed")}
    seen("F9", "step closed while 30 reps save", told(people, f"closed in {closed.seconds * 1000:.0f} ms"))


def test_f9_a_save_in_its_midst_is_finished_before_the_step_closes(stack: Stack, seen: Seen) -> None:
    rep, leader = (Client(stack.url, stack.company["sessions"][name]) for name in ("rep03", "lena"))
    cells = {(stack.company["lines"]["rep03"][0], MONTHS[1]): 9009.0}
    stack.wait(lambda: stack.sessions("web", "xact_start IS NOT NULL") == 0, "nobody else is at work")
    try:
        with gate(stack, "web", ["demand_change"]) as writes, ThreadPoolExecutor(2) as both:
            writes.hold(1)
            save = both.submit(rep.save, str(uuid4()), cells)
            writes.wait_held()
            close = both.submit(leader.post, "/cycle/steps/sales_forecast/close/", reason="Everybody has answered.")
            waits = "wait_event_type = 'Lock' AND wait_event = 'advisory'"
            stack.wait(lambda: close.done() or stack.sessions("web", waits) > 0, "who closes is at the lock")
            closed_beside = close.done()
            writes.open()
            answers = [save.result().status, close.result().status]
        late = rep.save(str(uuid4()), cells)
    finally:
        _open_again(leader)
    assert not closed_beside, "the step was closed in the midst of a save"
    assert answers == [200, 302]
    assert (late.status, late.body["code"]) == (409, "entry_closed")
    seen("F9", "step closed in the midst of a save", "the closer waited for it, the next save was refused")


def _open_again(leader: Client) -> None:
    answer = leader.post("/cycle/steps/sales_forecast/reopen/", reason="Next test.", due_at="2026-11-20T12:00")
    assert answer.status == 302


def test_f8_the_broker_hangs_while_reps_save_and_submit(stack: Stack, length: float, seen: Seen) -> None:
    """Somebody who has saved nothing submits, another signs in, a program pulls, a file that wants a worker is sent."""
    people, company = crowd(stack, REPS, seed=8), stack.company
    sender, leader = (Client(stack.url, company["sessions"][name]) for name in ("rob", "lena"))
    name, password = company["leader"]
    with people.working():
        people.everybody_saves()
        began = time.monotonic()
        time.sleep(length / 2)
        stack.signal_server(stack.valkey, signal.SIGSTOP)
        hung = time.monotonic()
        try:
            time.sleep(2 * length)
            stack.rows("UPDATE jobs_heartbeat SET at = (SELECT at FROM jobs_movedclock) - interval '4 minutes'")
            submitted = sender.post("/sheet/submit/")
            read = sender.ask("GET", "/sheet/")
            signed_in = Client(stack.url).post("/login/", username=name, password=password)
            pulled = Client(stack.url, key=company["key"]).ask("GET", "/api/v1/products/")
            ready = sender.ask("GET", "/healthz/ready")
            sent = leader.upload("bookings.csv", MANY_BOOKINGS)
            people.everybody_saves()
        finally:
            stack.signal_server(stack.valkey, signal.SIGCONT)
    asked = stack.one("SELECT count(*) FROM jobs_job WHERE kind = 'import_check' AND state = 'queued'")
    stack.forget_work()
    assert_held(people, {200})
    assert asked == 1
    assert [one.status for one in (submitted, read, signed_in, pulled, ready, sent)] == [302, 200, 302, 200, 200, 302]
    assert ready.body["state"] == "degraded"
    figures = f"p95 before {people.p95(began, hung):.0f} ms, while it hung {people.p95(hung):.0f}"
    more = f"submitted in {submitted.seconds * 1000:.0f} ms, a file sent in {sent.seconds * 1000:.0f} ms"
    seen("F8", f"broker hung for {2 * length:.0f} s", told(people, figures, more))


def _at_once(
    stack: Stack,
    name: str,
    batches: list[dict[tuple[int, str], float]],
    *,
    seen_before: dict[tuple[int, str], float] | None = None,
    token: str = "",
) -> list[Answer]:
    """The same person in as many windows as there are batches, all sending at the same moment."""
    start, answers = threading.Barrier(len(batches)), []

    def send(cells: dict[tuple[int, str], float]) -> None:
        client = Client(stack.url, stack.company["sessions"][name])
        start.wait()
        answers.append(client.save(token or str(uuid4()), cells, seen_before))

    threads = [threading.Thread(target=send, args=(cells,)) for cells in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
