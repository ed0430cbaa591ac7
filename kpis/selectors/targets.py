"""The targets that hold in a month."""

from datetime import date

from kpis.models import Target

Targets = dict[tuple[str, str, str], Target]


def targets_in(month: date) -> Targets:
    """(measure, level, key) -> the target set last of those that hold in `month`; ended ones are left out."""
    rows = Target.objects.filter(since__lte=month).select_related("owner__user")
    latest = {(row.measure, row.level, row.key): row for row in rows.order_by("since", "set_at", "pk")}
    return {of: row for of, row in latest.items() if row.value is not None}


def target_history(measure: str, level: str, key: str) -> list[Target]:
    """Everything that was ever set for one measure of one part, newest first."""
    rows = Target.objects.filter(measure=measure, level=level, key=key)
    return list(rows.select_related("owner__user", "set_by__user").order_by("-set_at", "-pk"))
