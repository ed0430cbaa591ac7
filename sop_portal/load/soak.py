"""Half an hour of steady work: whether memory grows and answers get slower."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sop_portal.load.company import company_make
from sop_portal.load.figures import Bound, figure_line, p95, ratio, slope
from sop_portal.load.spike import Played, failed, lost_figure, seconds_of, spike_words
from sop_portal.load.stack import running_stack

Figures = Iterator[tuple[str, str, str]]
SAVES, PAGES = 20.0, 2.0
WARM_UP = 2  # minutes in which processes load what they will use
MEMORY, SLOWER = Bound(1, most=True, unit=" MB/min"), Bound(1.2, most=True)
PROCESSES = ("web", "worker", "beat")


def soak_figures(*, at: datetime, minutes: int, reps: int, lines: int, minute: float = 60.0) -> Figures:
    """A line for each minute, then what memory and answers came to; `minute` in seconds."""
    made = company_make(reps=reps, lines=lines, at=at)
    with running_stack() as stack:
        played = Played(made, stack, [], {})
        memory, slowest, wrong = [], [], 0
        for number in range(1, minutes + 1):
            seen = played.play(seconds=minute, saves=SAVES, pages=PAGES)
            memory.append((float(number), sum(stack.memory(name) for name in PROCESSES)))
            slowest.append(p95(seconds_of(seen.saves)))
            wrong += failed(seen)
            yield f"minute {number}", f"{memory[-1][1]:.0f} MB", spike_words(seen, minute)
        yield from soak_results(memory, slowest)
        yield figure_line("errors", wrong, Bound(0, 0, most=True, unit="", places=0))
        yield lost_figure(played)


def soak_results(memory: Sequence[tuple[float, float]], slowest: Sequence[float]) -> Figures:
    """The rise of memory (minute, MB) after the warm-up, and p95 of the last third of the minutes / the first."""
    settled = memory[WARM_UP:] or memory
    yield figure_line(
        "memory of web, worker and beat", slope(settled), MEMORY, f"least squares, {len(settled)} minutes"
    )
    warm = list(slowest[WARM_UP:]) or list(slowest)
    third = max(len(warm) // 3, 1)
    first, last = sum(warm[:third]) / third, sum(warm[-third:]) / third
    words = f"means of {third} minutes: {last * 1000:.0f} ms against {first * 1000:.0f}"
    yield figure_line("p95 of saves, end / start", ratio(last, first), SLOWER, words)
