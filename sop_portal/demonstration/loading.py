"""The demonstration company into an empty database, through the ordinary importer, moved to today."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import transaction

from jobs.errors import Refused
from masterdata.bundles import ImportFile
from masterdata.models import Person
from masterdata.selectors import company, company_set_up
from masterdata.services.companies import company_mark_demonstration
from masterdata.services.imports import ImportResult, folder_files
from sop_portal.demonstration.shifting import company_settings, months_to_shift, shifted_files
from sop_portal.demonstration.sign_ins import DEMO_PASSWORD
from sop_portal.imports import IMPORTERS, import_files

FOLDER = Path(__file__).resolve().parent / "adventureworks"
SOURCE = "Demonstration: Adventure Works Cycles"


def demonstration_files() -> list[ImportFile]:
    """The files of the demonstration as they were made, unshifted."""
    return folder_files(FOLDER)


def moved_files(files: list[ImportFile], at: datetime) -> tuple[list[ImportFile], int]:
    """(files moved so that last month is closed at `at` in the company's time zone, by how many months)."""
    today = at.astimezone(ZoneInfo(company_settings(files)["timezone"])).date()
    months = months_to_shift(files, today)
    return shifted_files(files, {importer.spec.name: importer.spec for importer in IMPORTERS}, months), months


def demonstration_import(*, at: datetime) -> ImportResult:
    """The data as they are, unshifted; `seconds` and `rows` of the result say how fast it went."""
    return import_files(files=demonstration_files(), source=SOURCE, by=None, at=at)


@transaction.atomic
def demonstration_load(*, at: datetime) -> ImportResult | None:
    """Load it once; None when it is there already or was removed, refused where another company is."""
    if company_set_up():
        if company().is_demonstration:
            return None
        raise Refused(
            "other_company",
            f"This database holds {company().name}. The demonstration goes into an empty one only; give it its own "
            "with PORTAL_DATA=/another/folder ./portal run.",
        )
    if Person.objects.exists():
        return None
    files, months = moved_files(demonstration_files(), at)
    result = import_files(files=files, source=SOURCE, by=None, at=at)
    if not result.ok:
        raise Refused("demonstration_faulty", f"The demonstration data are faulty: {result.errors[0]}")
    company_mark_demonstration(months_shifted=months)
    User.objects.update(password=make_password(DEMO_PASSWORD))
    return result
