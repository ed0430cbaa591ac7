"""What changed from one plan to the next over the months both cover."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Changed:
    """Sums of two plans over the same months, in the measure shown; `by_family` is code -> new − old."""

    now: float
    before: float
    by_family: Mapping[str, float]

    @property
    def total(self) -> float:
        return self.now - self.before

    @property
    def share(self) -> float | None:
        """The change as a share of the old plan; None without one."""
        return self.total / self.before if self.before > 0 else None

    def largest(self, most: int = 2) -> list[tuple[str, float]]:
        """(code, change) of the families that moved most, in either direction; those that did not are left out."""
        moved = [(code, change) for code, change in self.by_family.items() if abs(change) >= 0.5]
        return sorted(moved, key=lambda one: (-abs(one[1]), one[0]))[:most]


def changed(now: Mapping[str, float], before: Mapping[str, float]) -> Changed:
    """Two plans by family; a family that only one of them knows counts as zero in the other."""
    codes = sorted({*now, *before})
    moves = {code: now.get(code, 0.0) - before.get(code, 0.0) for code in codes}
    return Changed(sum(now.values()), sum(before.values()), moves)
