"""The process itself: who took part, what was on time, how fast decisions come."""

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from kpis.measures.measured import Measured, ratio
from kpis.measures.words import Good, Measure, Subject

IDLE_SECONDS: Final = 60.0
COUNTS: Final = frozenset({"changed", "all_fine"})


@dataclass(frozen=True)
class Expected:
    """Somebody expected to answer by `deadline`; `how` is changed, all_fine, auto, absent or empty."""

    how: str
    answered_at: datetime | None
    deadline: datetime
    value: float = 0.0

    @property
    def took_part(self) -> bool:
        """Confirmed or changed by the deadline; accepted without review does not count."""
        return self.how in COUNTS and self.answered_at is not None and self.answered_at <= self.deadline


@dataclass(frozen=True)
class Barrier:
    """A stated reason for not taking part in a department, and what was done about it."""

    department: str
    reason: str
    people: int
    done: tuple[str, ...]


def participation(expected: Sequence[Expected]) -> Measured:
    """People who confirmed or changed by the deadline / people expected (0 to 1).

    "Confirmed unchanged" counts, accepted automatically does not. Everybody expected is in the
    denominator, so that the idle are visible.
    """
    return ratio(float(sum(person.took_part for person in expected)), float(len(expected)), len(expected))


def participation_by_value(expected: Sequence[Expected]) -> Measured:
    """Value of the lines of people who took part / value of the lines of all expected (0 to 1)."""
    taken = math.fsum(person.value for person in expected if person.took_part)
    return ratio(taken, math.fsum(person.value for person in expected), len(expected))


def cycle_adherence(steps: Iterable[tuple[datetime, datetime | None]], at: datetime) -> Measured:
    """Steps finished by their due time / steps due by `at` (0 to 1); steps are (due, finished).

    A step due and not finished counts as late; one not due yet does not count, even if finished.
    """
    return _on_time([(due, finished) for due, finished in steps if due <= at])


def action_closure(actions: Iterable[tuple[datetime, datetime | None]], at: datetime) -> Measured:
    """Actions closed by their due date / actions due by `at` (0 to 1); actions are (due, closed)."""
    return _on_time([(due, closed) for due, closed in actions if due <= at])


def attendance(present: Sequence[bool | None]) -> Measured:
    """Invited who attended / invited (0 to 1). Executives are shown separately: pass theirs alone.

    None (not recorded) counts as not there once anybody's presence is recorded; n/a before that.
    """
    if all(answer is None for answer in present):
        return Measured(math.nan, len(present))
    return ratio(float(sum(bool(answer) for answer in present)), float(len(present)), len(present))


def decision_latency(decisions: Iterable[tuple[datetime, datetime | None]]) -> Measured:
    """Median hours from raised to decided; decisions are (raised, decided), open ones do not count."""
    hours = [(decided - raised).total_seconds() / 3600 for raised, decided in decisions if decided]
    return Measured(float(np.median(hours)) if hours else math.nan, len(hours))


def active_seconds(moments: Sequence[datetime], idle: float = IDLE_SECONDS) -> float:
    """Seconds of activity between consecutive moments; pauses longer than `idle` are left out."""
    gaps = ((later - earlier).total_seconds() for earlier, later in pairwise(sorted(moments)))
    return math.fsum(gap for gap in gaps if gap <= idle)


def time_to_submit(seconds: ArrayLike) -> tuple[Measured, Measured]:
    """(median, 90th percentile) of active seconds per submission; n/a without any.

    A measure of the product, never shown per person.
    """
    known = np.asarray(seconds, dtype=float)
    known = known[~np.isnan(known)]
    if not known.size:
        return Measured(math.nan, 0), Measured(math.nan, 0)
    return Measured(float(np.median(known)), known.size), Measured(float(np.percentile(known, 90)), known.size)


def mails_sent(mails: Sequence[Hashable]) -> Measured:
    """Mails sent / pairs of a person and a cycle that got any; each mail is named by its pair. n/a without mails."""
    return ratio(float(len(mails)), float(len(set(mails))), len(mails))


def input_requests(requests: Sequence[Hashable]) -> Measured:
    """The most requests for input that one person got in one cycle; each is named by that pair. n/a without any.

    Two is the promise: when entry opens, and on the last day to those who are not in.
    """
    counts = Counter(requests)
    return Measured(float(max(counts.values())) if counts else math.nan, len(requests))


def barriers(answers: Iterable[tuple[str, str, str]]) -> list[Barrier]:
    """People not taking part by department and stated reason, most people first.

    Answers are (department, reason, what was done); an empty reason counts as *not said*.
    """
    given = [(department, reason or "not said", done) for department, reason, done in answers]
    people = Counter((department, reason) for department, reason, _ in given)
    return [
        Barrier(
            department, reason, count, tuple(sorted({d for p, r, d in given if d and (p, r) == (department, reason)}))
        )
        for (department, reason), count in sorted(people.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def _on_time(pairs: Sequence[tuple[datetime, datetime | None]]) -> Measured:
    kept = sum(end is not None and end <= due for due, end in pairs)
    return ratio(float(kept), float(len(pairs)), len(pairs))


MEASURES: Final = (
    Measure(
        "participation",
        "Participation",
        Subject.PROCESS,
        None,
        "people who confirmed or changed by the deadline / people expected",
        "%",
        Good.UP,
        "“confirmed unchanged” counts, accepted automatically does not",
    ),
    Measure(
        "participation_value",
        "Participation by value",
        Subject.PROCESS,
        None,
        "value of lines confirmed or changed by the deadline / value of all expected",
        "%",
        Good.UP,
        "n/a when nobody is expected",
    ),
    Measure(
        "cycle_adherence",
        "Steps on time",
        Subject.PROCESS,
        None,
        "steps finished by their due time / steps due",
        "%",
        Good.UP,
        "a step due and unfinished is late",
    ),
    Measure(
        "attendance",
        "Attendance",
        Subject.PROCESS,
        None,
        "invited who attended / invited",
        "%",
        Good.UP,
        "executives shown separately",
    ),
    Measure(
        "attendance_executives",
        "Attendance of executives",
        Subject.PROCESS,
        None,
        "executives invited who attended / executives invited",
        "%",
        Good.UP,
        "shown apart: top management support shows here first",
    ),
    Measure(
        "decision_latency",
        "Decision latency",
        Subject.PROCESS,
        None,
        "median hours from raised to decided",
        "hours",
        Good.DOWN,
        "open decisions do not count",
    ),
    Measure(
        "action_closure",
        "Actions on time",
        Subject.PROCESS,
        None,
        "actions closed by their due date / actions due",
        "%",
        Good.UP,
        "n/a when none was due",
    ),
    Measure(
        "time_to_submit",
        "Time to submit",
        Subject.PROCESS,
        None,
        "median active seconds on the entry pages per submission",
        "seconds",
        Good.DOWN,
        "idle over 60 s removed; a measure of the product, never shown per person; n/a under five people",
    ),
    Measure(
        "time_to_submit_p90",
        "Time to submit, 90th percentile",
        Subject.PROCESS,
        None,
        "90th percentile of active seconds on the entry pages per submission",
        "seconds",
        Good.DOWN,
        "as the median; n/a under five people",
    ),
    Measure(
        "mails_sent",
        "Mails per person",
        Subject.PROCESS,
        None,
        "mails sent / people who got any, per cycle",
        "mails",
        Good.DOWN,
        "requests, digests, minutes, reminders and cards together; n/a without mails",
    ),
    Measure(
        "input_requests",
        "Requests for input",
        Subject.PROCESS,
        None,
        "the most requests for input that one person got in one cycle",
        "mails",
        Good.DOWN,
        "two is the promise, none after an answer; n/a without requests",
    ),
    Measure(
        "barriers",
        "Barriers",
        Subject.PROCESS,
        None,
        "people not taking part by stated reason and department",
        "people",
        Good.DOWN,
        "with what was done about each",
    ),
)
