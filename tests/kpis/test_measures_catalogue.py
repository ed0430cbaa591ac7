import pytest

from demand import accuracy
from kpis.measures import money, process, service, supply
from kpis.measures.catalogue import CATALOGUE, FORECAST, in_family
from kpis.measures.words import Family, Good, Measure, Subject

# Measures whose function bears another name than their code.
ELSEWHERE = {
    "otif_request": service.otif,
    "otif_promise": service.otif,
    "past_due_units": service.past_due,
    "past_due_money": service.past_due,
    "complaint_rate": service.return_rate,
    "below_safety": supply.below_safety_share,
    "participation_value": process.participation_by_value,
    "attendance_executives": process.attendance,
    "time_to_submit_p90": process.time_to_submit,
    "plan_stability": accuracy.stability,
    "call_calibration": None,  # a table by call, not one number
    "units_sold": None,  # a plain sum
}


@pytest.mark.parametrize("measure", CATALOGUE.values(), ids=CATALOGUE)
def test_every_measure_has_words_and_a_function(measure: Measure) -> None:
    assert measure.name
    assert measure.formula
    assert measure.unit
    rooms = (accuracy, service, supply, money, process)
    found = [getattr(room, measure.code) for room in rooms if hasattr(room, measure.code)]
    assert found or measure.code in ELSEWHERE


def test_no_measure_is_defined_twice() -> None:
    rooms = (service, supply, money, process)
    assert len(CATALOGUE) == len(FORECAST) + sum(len(room.MEASURES) for room in rooms)
    assert len({m.name for m in CATALOGUE.values()}) == len(CATALOGUE)


@pytest.mark.parametrize("family", Family)
def test_no_family_is_empty(family: Family) -> None:
    assert in_family(family)
    assert all(m.subject in (Subject.SUPPLY, Subject.MONEY) for m in in_family(family))


def test_service_stands_first_and_signs_are_stated() -> None:
    assert next(iter(Family)) is Family.SERVICE
    assert CATALOGUE["bias"].good is Good.ZERO
    assert "too high" in CATALOGUE["bias"].edges
    assert CATALOGUE["tracking_signal"].edges.startswith("+ = forecast too low")


def test_codes_fit_their_column() -> None:
    assert all(len(code) <= 40 for code in CATALOGUE)
