"""The whole benchmark, figure by figure."""

from collections.abc import Iterator
from datetime import datetime
from time import perf_counter

from sop_portal.load.beside import much_beside
from sop_portal.load.bulk import bulk_figures, pull_figures
from sop_portal.load.company import company_make
from sop_portal.load.crowd import Seen
from sop_portal.load.figures import Bound, figure_line, p95, ratio
from sop_portal.load.ratios import ratio_figures
from sop_portal.load.spike import IDLE_SAVES, NONE, Played, failed, load_words, lost_figure, seconds_of, spike_words
from sop_portal.load.stack import running_stack

Figures = Iterator[tuple[str, str, str]]
REPS, LINES = 500, 200
IDLE_SECONDS = 20.0
SPIKE, BUSY = Bound(3, 2, most=True), Bound(6, 4, most=True)


def load_figures(*, at: datetime, reps: int = REPS, lines: int = LINES, seconds: float = 60.0) -> Figures:
    """(what, value, against): needs an empty, migrated database and two processors for servers and client together."""
    began = perf_counter()
    made = company_make(reps=reps, lines=lines, at=at)
    spent = perf_counter() - began
    yield "company", f"{spent:.0f} s", f"{reps} reps x {lines} lines x 24 months; {load_words()}"
    with running_stack() as stack:
        played = Played(made, stack, [], {})
        played.play(seconds=min(seconds, 10.0), saves=IDLE_SAVES, pages=IDLE_SAVES)  # processes warm up
        yield from pull_figures(played)
        yield from spike_figures(played, seconds, at)
        yield from ratio_figures(played)
        yield from bulk_figures(played, at)
        yield lost_figure(played)


def spike_figures(played: Played, seconds: float, at: datetime) -> Figures:
    """Idle, then the spike; both from the moment somebody wanted something."""
    idle = played.play(seconds=min(seconds, IDLE_SECONDS), saves=IDLE_SAVES, pages=0)
    yield "saves when idle", f"{p95(seconds_of(idle.saves)) * 1000:.0f} ms", f"p95 of {len(idle.saves)}; {load_words()}"
    calm = p95(seconds_of(idle.saves))
    spike = played.play(seconds=seconds)
    yield slower_figure("p95 of saves, spike / idle", spike, calm, SPIKE, spike_words(spike, seconds))
    with much_beside(played, at) as beside:
        busy = played.play(seconds=seconds)
        words = f"{spike_words(busy, seconds)}; {beside.words()}"
    yield slower_figure("  with build, import and million-row pulls", busy, calm, BUSY, words)
    asked = sum(len(seen.saves) + len(seen.pages) for seen in (spike, busy))
    wrong = "; ".join([*spike.errors, *busy.errors][:3])
    yield figure_line("errors in both spikes", failed(spike) + failed(busy), NONE, f"of {asked}; {wrong}")


def slower_figure(what: str, seen: Seen, calm: float, bound: Bound, words: str) -> tuple[str, str, str]:
    return figure_line(what, ratio(p95(seconds_of(seen.saves)), calm), bound, words)
