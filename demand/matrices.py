"""Plans as matrices: one row per line, one column per month."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Lines = NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """Quantities of some lines over consecutive months.

    `lines` (n,) are line ids in ascending order, `start` is the first month, `quantity` is (n, months) in the
    product's unit; NaN means "not given" where a plan is a layer.
    """

    lines: Lines
    start: date
    quantity: Matrix

    def __post_init__(self) -> None:
        if self.quantity.ndim != 2 or len(self.lines) != len(self.quantity):
            raise ValueError(
                f"A plan needs one row per line: {len(self.lines)} lines, quantity of shape {self.quantity.shape}."
            )
        if len(self.lines) > 1 and not (np.diff(self.lines) > 0).all():
            raise ValueError("The lines of a plan must be in ascending order, each once.")

    @property
    def months(self) -> int:
        """Number of months."""
        return self.quantity.shape[1]

    def for_lines(self, lines: Lines, fill: float = 0.0) -> "Plan":
        """The same plan for exactly these lines (ascending); lines it does not have get `fill`."""
        quantity = np.full((len(lines), self.months), fill)
        if len(self.lines):
            at = np.clip(np.searchsorted(self.lines, lines), 0, len(self.lines) - 1)
            found = self.lines[at] == lines
            quantity[found] = self.quantity[at[found]]
        return Plan(np.asarray(lines, dtype=np.int64), self.start, quantity)

    def with_layer(self, layer: "Plan") -> "Plan":
        """This plan with the given (not NaN) cells of `layer`, which has the same lines and months."""
        if layer.quantity.shape != self.quantity.shape:
            raise ValueError(f"The layer has shape {layer.quantity.shape}, the plan {self.quantity.shape}.")
        return Plan(self.lines, self.start, np.where(np.isnan(layer.quantity), self.quantity, layer.quantity))
