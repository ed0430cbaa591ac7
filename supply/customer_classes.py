"""Customers in classes by what they bought: the order in which the rule *priority* serves them."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

CLASS_ENDS: Final = (0.5, 0.8)


def customer_classes(value: ArrayLike) -> NDArray[np.int64]:
    """1 for the largest customers who together make half of the value, 2 for the next 30 %, 3 for the rest.

    `value` (C,) is what each customer bought, in money; nothing or less is class 3. The customer who passes
    a limit still belongs to the better class. ValueError for a missing value.
    """
    bought = np.asarray(value, dtype=float)
    if not np.isfinite(bought).all():
        raise ValueError("What a customer bought is missing or not finite.")
    counted = np.maximum(bought, 0.0)
    order = np.argsort(-counted, kind="stable")
    total = counted.sum()
    before = np.cumsum(counted[order]) - counted[order]
    ends = np.array(CLASS_ENDS) * total
    classes = np.empty(len(bought), dtype=np.int64)
    classes[order] = 1 + (before[:, None] >= ends).sum(axis=1)
    classes[counted <= 0] = 1 + len(CLASS_ENDS)
    return classes
