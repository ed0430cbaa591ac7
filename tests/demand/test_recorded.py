"""What was said of orders in earlier cycles: taken from the file, recorded in the replay, told as simulated."""

from datetime import UTC, date, datetime

import pytest

from cycles.models import Cycle
from demand.models import Opportunity, OrderCall, OrderLine, PastCall
from demand.selectors.call_cases import call_cases
from demand.services.recorded import calls_replay
from masterdata.bundles import ImportFile
from masterdata.services.imports import ImportResult
from sop_portal.imports import import_files
from tests.cast import Cast

SEP, OCT = date(2026, 9, 1), date(2026, 10, 1)
AT = datetime(2026, 10, 5, 9, tzinfo=UTC)
HEAD = "cycle,rep,order,month,call,slips_to\n"
pytestmark = pytest.mark.django_db


@pytest.fixture
def october(cast: Cast) -> Cycle:
    return Cycle.objects.create(month=OCT, horizon=24, opened_at=AT, simulated=True)


def loaded(*rows: str) -> ImportResult:
    files = [ImportFile("past_calls.csv", (HEAD + "\n".join(rows)).encode())]
    return import_files(files=files, source="test", by=None, at=AT)


def test_past_calls_come_from_the_file_twice_the_same(cast: Cast) -> None:
    rows = ["2026-10,rita,O-1,2026-10,likely,", "2026-10,rita,Q-1,2026-10,slips,2026-12"]
    assert loaded(*rows).written == 2
    assert loaded(*rows).written == 0
    found = PastCall.objects.order_by("order").values_list("rep__user__username", "order", "call", "slips_to")
    assert list(found) == [("rita", "O-1", "likely", None), ("rita", "Q-1", "slips", date(2026, 12, 1))]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("2026-10,rita,O-1,2026-10,slips,", "past_calls.csv:2:slips_to: A slip names its month, and no other call"),
        ("2026-10,rita,O-1,2026-10,firm,2026-12", "past_calls.csv:2:slips_to: A slip names its month, and no other"),
        ("2026-10,rita,O-1,2026-10,slips,2026-09", "past_calls.csv:2:slips_to: slips_to lies before month"),
        ("2026-10,rita,O-1,2026-10,sure,", "past_calls.csv:2:call:"),
        ("2026-10,nobody,O-1,2026-10,firm,", "'nobody' is an unknown person"),
    ],
)
def test_a_past_call_that_makes_no_sense_is_told(cast: Cast, row: str, says: str) -> None:
    found = [str(error) for error in loaded(row).errors]
    assert any(says in error for error in found), found
    assert not PastCall.objects.exists()


def test_the_replay_records_them_on_the_orders_that_are_known(cast: Cast, october: Cycle) -> None:
    facts = {"customer": cast.customers["NORTH"], "product": cast.products["ALPHA"], "qty": 5}
    OrderLine.objects.create(code="O-1", ordered_on=SEP, shipped_on=date(2026, 10, 9), **facts)
    Opportunity.objects.create(code="Q-1", expected_month=OCT, stage="lost", closed_on=date(2026, 10, 7), **facts)
    for code, call in (("O-1", "likely"), ("Q-1", "firm"), ("GONE", "even")):
        PastCall.objects.create(cycle=OCT, rep=cast.rep, order=code, month=OCT, call=call)
    PastCall.objects.create(cycle=SEP, rep=cast.rep, order="O-1", month=OCT, call="lost")
    assert calls_replay(cycle=october, at=AT) == 2
    assert set(OrderCall.objects.values_list("cycle", "by", "at")) == {(october.pk, cast.rep.pk, AT)}
    found = {(case.call, case.came, case.simulated) for case in call_cases(cast.rep)}
    assert found == {("likely", OCT, True), ("firm", None, True)}
    assert call_cases(cast.other_rep) == []
