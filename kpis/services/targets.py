"""Setting what a measure is to reach."""

from datetime import date, datetime

from jobs.errors import Invalid
from kpis.cuts import OF_CUSTOMERS, PRIVATE_OF_CUSTOMERS, REP
from kpis.measures.catalogue import CATALOGUE
from kpis.measures.words import Good
from kpis.models import Snapshot, Target
from kpis.policy import check_sets_targets
from masterdata.models import Person


def target_set(
    *, measure: str, level: str, key: str, value: float | None, since: date, owner: Person, by: Person, at: datetime
) -> Target:
    """Add a target from a month on, in the measure's own unit (per cent as a share); None ends it.

    What was set before stays as it was, with who set it.
    """
    check_sets_targets(by)
    words = CATALOGUE.get(measure)
    if words is None or words.good is Good.NONE:
        raise Invalid("This measure has no better side, so it cannot miss a target.")
    if level == REP:
        raise Invalid("People have no targets here: a rep and the manager agree on a goal of their own.")
    if level in OF_CUSTOMERS and measure in PRIVATE_OF_CUSTOMERS:
        raise Invalid(f"{words.name} of a {level} is not for everybody, so it has no target that everybody reads.")
    if not Snapshot.objects.filter(measure=measure, level=level, key=key).exists():
        raise Invalid(f"{words.name} has not been measured there yet; set a target when it has.")
    return Target.objects.create(
        measure=measure, level=level, key=key, value=value, since=since, owner=owner, set_by=by, set_at=at
    )
