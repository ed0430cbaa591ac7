"""The whole benchmark, figure by figure."""

from collections.abc import Iterator
from datetime import datetime
from time import perf_counter

from sop_portal.load.bulk import bulk_figures
from sop_portal.load.company import company_make
from sop_portal.load.figures import Bound, figure_line, p95, ratio
from sop_portal.load.ratios import ratio_figures
from sop_portal.load.spike import IDLE_SAVES, Played, failed, load_words, seconds_of, spike_words
from sop_portal.load.stack import running_stack

Figures = Iterator[tuple[str, str, str]]
REPS, LINES = 500, 200
IDLE_SECONDS = 20.0
NONE = Bound(0, 0, most=True, unit="", places=0)


def load_figures(*, at: datetime, reps: int = REPS, lines: int = LINES, seconds: float = 60.0) -> Figures:
    """(what, value, against): needs an empty, migrated database and two processors for servers and client together."""
    began = perf_counter()
    made = company_make(reps=reps, lines=lines, at=at)
    spent = perf_counter() - began
    yield "company", f"{spent:.0f} s", f"{reps} reps x {lines} lines x 24 months; {load_words()}"
    with running_stack() as stack:
        played = Played(made, stack, [], {})
        yield from spike_figures(played, seconds)
        yield from ratio_figures(played)
        yield from bulk_figures(played, at)
        yield lost_figure(played)


def spike_figures(played: Played, seconds: float) -> Figures:
    """Idle, then the spike; both from the moment somebody wanted something."""
    played.play(seconds=min(seconds, 10.0), saves=IDLE_SAVES, pages=IDLE_SAVES)  # processes warm up
    idle = played.play(seconds=min(seconds, IDLE_SECONDS), saves=IDLE_SAVES, pages=0)
    yield "saves when idle", f"{p95(seconds_of(idle.saves)) * 1000:.0f} ms", f"p95 of {len(idle.saves)}; {load_words()}"
    spike = played.play(seconds=seconds)
    words = spike_words(spike, seconds)
    slower = ratio(p95(seconds_of(spike.saves)), p95(seconds_of(idle.saves)))
    yield figure_line("p95 of saves, spike / idle", slower, Bound(3, 2, most=True), words)
    wrong = f"of {len(spike.saves) + len(spike.pages)}; {'; '.join(spike.errors[:3])}"
    yield figure_line("errors in the spike", failed(spike), NONE, wrong)


def lost_figure(played: Played) -> tuple[str, str, str]:
    lost = played.lost()
    details = f"of {len(played.acknowledged)} acknowledged, each compared; {'; '.join(lost[:3])}"
    return figure_line("lost acknowledged edits", len(lost), NONE, details)
