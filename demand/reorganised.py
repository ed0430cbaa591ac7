"""Why a team's total is not the sum of what its people stood for: what a re-organisation moved, in kinds and words.

A line has three owners: `then`, when the numbers of the cycle were made; `counted`, in whose total it is now; and
`now`, who owns the customer today. Nothing has moved where the team has all three or none of them.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
MOST_NAMES: Final = 3


class Kind(StrEnum):
    """How a line stands to a team; the sign is what it does to the team's total."""

    CAME = "came"
    LEFT = "left"
    ELSEWHERE = "elsewhere"
    MISSING = "missing"
    NOBODY = "nobody"

    @property
    def sign(self) -> int:
        return 1 if self in (Kind.CAME, Kind.ELSEWHERE) else -1


def kinds(then: Mask, counted: Mask, now: Mask, owned: Mask) -> NDArray[np.object_]:
    """The kind (L,) of every line, None where nothing moved. The masks (L,) say whether the owner then, the one it is
    counted with and today's belong to the team, and whether it is counted with anybody at all.

    came: counted here, but not made here; left: the other way round; elsewhere: made and counted here, owned by another
    team today; missing: owned here today, but made and counted elsewhere; nobody: counted nowhere, though the team's.
    """
    cases: list[tuple[Kind, Mask]] = [
        (Kind.NOBODY, ~owned & (then | now)),
        (Kind.CAME, owned & counted & ~then),
        (Kind.LEFT, owned & ~counted & then),
        (Kind.ELSEWHERE, owned & counted & then & ~now),
        (Kind.MISSING, owned & ~counted & ~then & now),
    ]
    found = np.full(len(then), None, dtype=object)
    for kind, mask in cases:
        found[mask] = kind
    return found


def named(customers: Sequence[str]) -> str:
    """`North, South and East`, at most three of them by name."""
    shown, more = list(customers[:MOST_NAMES]), len(customers) - MOST_NAMES
    if more > 0:
        shown.append(f"{more} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def sentence(kind: Kind, customers: Sequence[str], then: str, counted: str, now: str, since: date | None) -> str:
    """What moved, from whom or to whom, since when. `then`, `counted` and `now` are names, '' for nobody."""
    what, day = named(customers), f" on {since:%-d %b}" if since else ""
    are, them = ("belongs", "it") if len(customers) == 1 else ("belong", "them")
    today = f"{are} to {now}" if now else f"{'has' if len(customers) == 1 else 'have'} no owner"
    lasting = f" since {since:%-d %b}" if since else ""
    match kind:
        case Kind.CAME if then == counted:
            return f"{counted} came into the team{day} with {what}."
        case Kind.CAME:
            return f"{what} came from {then or 'nobody'} to {counted}{day}."
        case Kind.LEFT if then == counted:
            return f"{then} left the team{day} with {what}."
        case Kind.LEFT:
            return f"{what} went from {then} to {counted}{day}."
        case Kind.ELSEWHERE:
            return f"{what} {today}{lasting}; this cycle still counts {them} with {counted}."
        case Kind.MISSING:
            return f"{what} {today}{lasting}; this cycle still counts {them} with {counted}."
    return f"{what} {'is' if len(customers) == 1 else 'are'} with nobody in this cycle, so no total has {them}."
