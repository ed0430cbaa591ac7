"""Reads of master data."""

from masterdata.selectors.company import company, company_set_up
from masterdata.selectors.people import (
    ACCOUNT,
    Asker,
    account_of,
    asker_of,
    asker_person,
    ceo,
    deputies,
    head_of,
    people,
    person_of,
    sales_people,
)

__all__ = [
    "ACCOUNT",
    "Asker",
    "account_of",
    "asker_of",
    "asker_person",
    "ceo",
    "company",
    "company_set_up",
    "deputies",
    "head_of",
    "people",
    "person_of",
    "sales_people",
]
