"""When a meeting is large enough to decide."""

from collections.abc import Sequence


def quorum(present: Sequence[bool | None]) -> bool:
    """Whether at least half of those invited are there; nobody invited is no meeting.

    `present` has one entry per invited person; None is not marked yet and counts as not there.

    >>> quorum([True, None]), quorum([True, False, None]), quorum([])
    (True, False, False)
    """
    return bool(present) and 2 * sum(bool(one) for one in present) >= len(present)
