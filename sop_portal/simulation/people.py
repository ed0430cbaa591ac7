"""The reps of a generated company: how much of the truth each one knows, and what they make of it."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
PERFECT, NOISE, INFORMED = "perfect", "noise", "informed"
# what a rep of the informed kind makes of a rise that really comes: 1 = says it as it is
EXAGGERATIONS = (1.0, 1.25, 1.5, 1.8, 2.2, 2.6)
NAMES = (
    ("ada", "Ada Archer"),
    ("ben", "Ben Baker"),
    ("cora", "Cora Carter"),
    ("dan", "Dan Draper"),
    ("edna", "Edna Ellis"),
    ("fred", "Fred Fuller"),
    ("gina", "Gina Glover"),
    ("hugo", "Hugo Hunter"),
)
NOISE_SHARE = 0.25


@dataclass(frozen=True)
class Rep:
    """A rep with a character: `knows` = share of the coming surprises, `factor` = what a rise is multiplied by,
    `timid` = what a fall is multiplied by, `hearsay` = rises told for every line and month in which nothing comes."""

    username: str
    name: str
    kind: str
    knows: float
    factor: float
    timid: float
    hearsay: float


def reps_drawn(random: Generator) -> list[Rep]:
    """Eight reps in a drawn order: one who knows everything, one whose input is noise, six who exaggerate."""
    characters = [(PERFECT, 1.0, 1.0, 1.0, 0.0), (NOISE, 0.0, 1.0, 1.0, 0.0)]
    for factor in EXAGGERATIONS:
        knows, timid, hearsay = random.uniform(0.5, 0.85), random.uniform(0.6, 1.0), random.uniform(0.005, 0.02)
        characters.append((INFORMED, knows, factor * random.uniform(0.95, 1.05), timid, hearsay))
    order = random.permutation(len(NAMES))
    return [
        Rep(NAMES[place][0], NAMES[place][1], kind, knows, factor, timid, hearsay)
        for place, (kind, knows, factor, timid, hearsay) in zip(order, characters, strict=True)
    ]


@dataclass(frozen=True)
class Said:
    """(lines, months) what a rep says of the months, NaN where nothing, and why."""

    quantity: Floats
    reason: NDArray[np.object_]


def said_by(rep: Rep, usual: Floats, actual: Floats, surprise: Flags, random: Generator) -> Said:
    """What a rep knows or believes of the own lines: (lines, months) of usual demand, what will come, and where that
    is a surprise. Reasons are those of the import contract."""
    if rep.kind == NOISE:
        return _noise(usual, random)
    known = surprise & (random.random(usual.shape) < rep.knows)
    exact = np.ones(usual.shape) if rep.kind == PERFECT else random.normal(1.0, 0.05, usual.shape)
    moved = actual * exact - usual
    quantity = np.where(known, usual + moved * np.where(moved > 0, rep.factor, rep.timid), np.nan)
    heard = ~surprise & (random.random(usual.shape) < rep.hearsay)
    rumour = usual * (1 + random.uniform(0.5, 1.5, usual.shape) * rep.factor)
    quantity = np.where(heard, rumour, quantity)
    firm = np.where(random.random(usual.shape) < 0.6, "order_confirmed", "customer_told_me")
    reason = np.where(heard, "customer_told_me", np.where(moved > 0, firm, "order_delayed")).astype(object)
    return Said(np.maximum(np.round(quantity), 0.0), reason)


def _noise(usual: Floats, random: Generator) -> Said:
    """Changes that have nothing to do with what comes."""
    told = random.random(usual.shape) < NOISE_SHARE
    quantity = np.where(told, np.round(usual * random.uniform(0.2, 2.5, usual.shape)), np.nan)
    reasons = np.array(["customer_told_me", "order_confirmed", "order_delayed", "other"], dtype=object)
    return Said(quantity, reasons[random.integers(0, len(reasons), usual.shape)])
