"""Taking an import back: exactly what it wrote, or nothing when somebody was there since."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import User

from demand.models import Booking, Line
from demand.services.lines import lines_prune
from jobs.errors import NotYours, Refused
from masterdata.bundles import ImportFile
from masterdata.models import Customer, Family, ImportRun, Person, Product, RowChange
from masterdata.services.undoing import import_undo
from sop_portal.imports import IMPORTERS, import_files, undo_part, undo_queue
from tests.cast import small_company

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 2, 8, tzinfo=UTC)


@pytest.fixture
def cast():
    return small_company()


def load(cast, **texts: str) -> ImportRun:
    files = [ImportFile(f"{name}.csv", text.encode()) for name, text in texts.items()]
    result = import_files(files=files, source="test", by=cast.leader, at=AT)
    assert result.ok, result.errors
    return ImportRun.objects.get(pk=result.run)


def undo(cast, run: ImportRun, by: Person | None = None) -> ImportRun:
    return import_undo(run=run, importers=IMPORTERS, by=by or cast.leader, at=AT, between=lines_prune)


def bookings() -> list[tuple[object, ...]]:
    return sorted(Booking.objects.values_list("month", "customer__code", "product__code", "qty", "revenue"))


def test_new_rows_go_and_changed_ones_are_as_before(cast):
    before = bookings()
    run = load(cast, bookings="month,customer,product,qty\n2026-10,NORTH,ALPHA,999\n2030-01,NORTH,ALPHA,5\n")
    assert (run.new, run.changed) == (1, 1)
    assert bookings() != before
    done = undo(cast, run)
    assert bookings() == before
    assert done.undoes == run
    assert done.files["bookings"]["changed"] == 2
    changes = {change.key: change for change in RowChange.objects.filter(run=done)}
    assert changes["2026-10 NORTH ALPHA"].before["qty"] == 999
    assert changes["2030-01 NORTH ALPHA"].after is None


def test_master_data_and_the_lines_they_called_for_go_with_them(cast):
    lines = Line.objects.count()
    run = load(
        cast,
        families="code,name\nNEW,New\n",
        products="code,family\nN1,NEW\n",
        customers="code,region,owner\nC1,,rita\n",
        bookings="month,customer,product,qty\n2026-10,C1,N1,5\n",
        budget="month,family,revenue\n2026-10,NEW,100\n",
    )
    assert Line.objects.count() == lines + 1
    undo(cast, run)
    assert Line.objects.count() == lines
    assert not Family.objects.filter(code="NEW").exists()
    assert not Product.objects.filter(code="N1").exists()
    assert not Customer.objects.filter(code="C1").exists()


def test_people_go_with_their_users(cast):
    run = load(cast, people="username,name,role,reports_to\nnina,Nina,sales_rep,mona\nrita,Rita R,sales_rep,mona\n")
    undo(cast, run)
    assert not User.objects.filter(username="nina").exists()
    assert Person.objects.get(user__username="rita").name == "Rita Rep"


def test_a_row_that_a_newer_import_wrote_keeps_everything(cast):
    first = load(cast, bookings="month,customer,product,qty\n2026-10,NORTH,ALPHA,999\n2026-10,NORTH,BETA,998\n")
    second = load(cast, bookings="month,customer,product,qty\n2026-10,NORTH,ALPHA,7\n")
    now = bookings()
    with pytest.raises(Refused, match=r"1 row has been changed since this import \(booking: 2026-10 NORTH ALPHA\)"):
        undo(cast, first)
    assert bookings() == now
    assert not ImportRun.objects.filter(undoes=first).exists()
    undo(cast, second)
    with pytest.raises(Refused, match="changed since"):
        undo(cast, first)


def test_a_row_that_somebody_changed_elsewhere_keeps_everything(cast):
    run = load(cast, bookings="month,customer,product,qty\n2026-10,NORTH,ALPHA,999\n")
    Booking.objects.filter(month=date(2026, 10, 1), customer__code="NORTH", product__code="ALPHA").update(qty=1000)
    with pytest.raises(Refused, match="changed since"):
        undo(cast, run)


def test_what_is_in_use_stays_with_everything_else(cast):
    run = load(cast, families="code,name\nNEW,New\nBIKES,Bicycles\n")
    load(cast, products="code,family\nN1,NEW\n")
    with pytest.raises(Refused, match="is in use"):
        undo(cast, run)


def test_once_only_and_not_an_undo(cast):
    run = load(cast, families="code,name\nNEW,New\n")
    done = undo(cast, run)
    with pytest.raises(Refused, match="taken back already"):
        undo(cast, ImportRun.objects.get(pk=run.pk))
    with pytest.raises(Refused, match="send its files again"):
        undo(cast, done)


def test_who_may(cast):
    run = load(cast, people="username,role,reports_to\nnina,sales_rep,mona\n")
    with pytest.raises(Refused, match="S&OP leader or an administrator"):
        undo(cast, run, by=cast.demand_planner)
    with pytest.raises(NotYours):
        undo(cast, run, by=cast.rep)


def test_settings_of_the_company_stay(cast):
    run = load(cast, company="key,value\nname,Other\n")
    with pytest.raises(Refused, match="Settings of the company"):
        undo(cast, run)


def test_a_worker_says_what_it_did(cast):
    run = load(cast, families="code,name\nNEW,New\n")
    job = undo_queue(run=run, by=cast.leader, at=AT)
    payload = job.parts.get().payload
    assert undo_part(job=job.pk, payload=payload, at=AT) == "Undone: 1 row is as before."
    assert undo_part(job=job.pk, payload=payload, at=AT) == "This import has been taken back already."
