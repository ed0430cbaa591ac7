"""The company's settings: from a file, by hand, and whether it is the demonstration."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.forms.models import model_to_dict

from jobs.errors import Invalid
from masterdata.checks import cell_value
from masterdata.importers import COMPANY
from masterdata.models import Company, Person, RowChange
from masterdata.policy import Action, check
from masterdata.services.storing import Counts, Record


def company_store(*, settings: Mapping[str, str], record: Record) -> Counts:
    """Set what the file says; what it does not say stays as it is."""
    company = Company.objects.select_for_update().first() or Company(id=1)
    before = None if company._state.adding else _as_json(company)
    changed: set[str] = set()
    for key, text in settings.items():
        value = _value(key, text)
        if getattr(company, key) != value:
            changed.add(key)
            setattr(company, key, value)
    if before is None or changed:
        company.save()
        RowChange.objects.create(
            run_id=record.run, table="masterdata_company", key=company.name[:200], before=before,
            after=_as_json(company), by_id=record.by, at=record.at,
        )  # fmt: skip
    is_new = before is None
    return Counts(len(settings), len(settings) if is_new else 0, 0 if is_new else len(changed), changed)


@transaction.atomic
def company_set(*, settings: Mapping[str, str], by: Person, at: datetime) -> None:
    """Set what somebody typed; every value that cannot be is told."""
    check(by, Action.SET_UP)
    faults = [message for key, text in settings.items() if (message := cell_value(COMPANY[key], text)[1])]
    if not settings.get("name"):
        faults.insert(0, "The company needs a name.")
    if faults:
        raise Invalid(" ".join(faults))
    company_store(settings=settings, record=Record(run=None, by=by.pk, at=at))


def _value(key: str, text: str) -> Any:
    value, _ = cell_value(COMPANY[key], text)
    return int(value) if isinstance(value, float) else value


def _as_json(company: Company) -> dict[str, Any]:
    fields = model_to_dict(company, fields=list(COMPANY))
    return {name: str(value) if isinstance(value, date) else value for name, value in fields.items()}


@transaction.atomic
def company_mark_demonstration(*, months_shifted: int) -> None:
    """Say that everything here is fictitious, and by how many months its dates were moved, once and for all."""
    Company.objects.filter(pk=1, is_demonstration=False).update(is_demonstration=True, months_shifted=months_shifted)
