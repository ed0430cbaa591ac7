"""The company and its calendar settings."""

from masterdata.models import Company


def company() -> Company:
    """The company; an unsaved one with the standard settings before anything is set up."""
    return Company.objects.first() or Company(id=1, name="", timezone="UTC")


def company_set_up() -> bool:
    return Company.objects.exists()
