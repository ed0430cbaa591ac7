"""The lesson with a person's own cases; private, and nothing of it is stored."""

from dataclasses import dataclass, field

from demand.accuracy import FEWEST_CASES
from kpis.lesson import Kind, kinds, landed, to_decide
from kpis.selectors.accuracy import closed_before
from kpis.selectors.own_cases import own_cases
from kpis.selectors.track_record import Told, last_year_of
from kpis.track_record import effect_sentence
from masterdata.models import Person
from masterdata.roles import SALES_ROLES
from masterdata.selectors import company


@dataclass(frozen=True)
class Lesson:
    """What the page shows; `missing` is how many closed changes there are to be before it starts."""

    missing: int
    kinds: list[Kind] = field(default_factory=list)
    landed: str = ""
    cases: list[Told] = field(default_factory=list)
    simulated: bool = False


def lesson(person: Person) -> Lesson:
    """A person's own lesson, from five changes on whose months have closed."""
    until = closed_before()
    if until is None or person.role not in SALES_ROLES:
        return Lesson(FEWEST_CASES)
    cases = own_cases(person, until)
    if len(cases) < FEWEST_CASES:
        return Lesson(FEWEST_CASES - len(cases))
    vectors = cases["before"], cases["after"], cases["actual"]
    rows = cases.iloc[to_decide(cases["removed"].tolist())].to_dict("records")
    currency = company().currency
    told = [
        Told(row, past, effect_sentence(row["removed"], row["money"], currency))
        for row, past in zip(rows, last_year_of(rows), strict=True)
    ]
    return Lesson(0, kinds(*vectors), landed(*vectors), told, bool(cases["simulated"].any()))
