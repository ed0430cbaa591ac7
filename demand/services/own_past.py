"""Working out beforehand what each owner's past says of changes, so that opening a sheet costs one look."""

from django.db import transaction

from cycles.models import Cycle
from demand.models import OwnPast
from demand.selectors.hints import own_pasts


@transaction.atomic
def own_past_set(*, cycle: Cycle) -> int:
    """Work out the hints of every owner of a cycle's lines anew; returns how many owners have any."""
    found = own_pasts(cycle)
    OwnPast.objects.bulk_create(
        found,
        update_conflicts=True,
        unique_fields=["cycle", "owner"],
        update_fields=["small", "increases", "basis"],
    )
    return sum(bool(past.small or past.increases) for past in found)
