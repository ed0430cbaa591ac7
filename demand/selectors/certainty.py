"""What owners said of how sure their numbers are: one query for any number of lines."""

from collections.abc import Mapping, Sequence

from cycles.models import Cycle
from demand.models import Certainty, Stage


def certainties(cycle: Cycle, lines: Sequence[int] | None = None) -> Mapping[int, Certainty]:
    """By line, where something is said; of all lines unless some are named."""
    rows = Certainty.objects.filter(cycle=cycle, stage=Stage.SALES)
    if lines is not None:
        rows = rows.filter(line_id__in=list(lines))
    return {row.line_id: row for row in rows}


def upside_of(said: Certainty | None, months: int) -> float:
    """The upside of the first months together; 0 where nothing is said."""
    return sum(value or 0.0 for value in said.upside[:months]) if said else 0.0
