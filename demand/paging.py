"""Pages of rows that stand under headings."""

from collections.abc import Sequence


def page_starts(groups: Sequence[int], most: int) -> list[int]:
    """Where each page begins, as the place of its first row, for groups of these sizes in this order.

    A page has at most `most` rows. A group is only divided where it is larger than a page; pages end before a group
    that does not fit. One page where there is no row.

    >>> page_starts([3, 2, 4], 5)
    [0, 5]
    >>> page_starts([2, 12], 5)
    [0, 2, 7, 12]
    """
    starts, place = [0], 0
    for size in groups:
        if place > starts[-1] and place + size - starts[-1] > most:
            starts.append(place)
        place += size
        while place - starts[-1] > most:
            starts.append(starts[-1] + most)
    return starts
