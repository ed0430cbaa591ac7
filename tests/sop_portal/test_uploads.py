"""Sent files: kept, checked, loaded by a job, safe to do twice, in the name of whoever sent them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils.module_loading import import_string

from jobs.errors import Invalid, NotYours, Refused
from jobs.models import Job
from jobs.services.work import part_claim, part_finish
from masterdata.bundles import ImportFile
from masterdata.models import Family, ImportRun, Person
from sop_portal import uploads
from sop_portal.uploads import (
    folder_of,
    import_part,
    kept_files,
    remove_old,
    upload_check,
    upload_load,
    upload_queue,
    upload_read,
    upload_stage,
)
from sop_portal.work import HANDLERS
from tests.cast import small_company
from tests.masterdata.workbook_files import named_zip

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 4, 9, tzinfo=UTC)
FAMILIES = ImportFile("families.csv", b"code,name\nNEW,New\nBIKES,Bicycles\n")
FAULTY = ImportFile("families.csv", b"code,name\nNEW,New\nNEW,Again\n")


@pytest.fixture
def cast(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return small_company()


def send(cast, *files: ImportFile, by: Person | None = None) -> str:
    return upload_check(uploads=files or (FAMILIES,), by=by or cast.leader, at=AT)


def test_a_check_says_what_would_change_and_changes_nothing(cast):
    found = upload_read(send(cast))
    assert found["ok"]
    assert found["files"] == {"families": {"rows": 2, "new": 1, "changed": 1, "unchanged": 0}}
    assert (found["source"], found["by"]) == ("Upload of families.csv", cast.leader.pk)
    assert not Family.objects.filter(code="NEW").exists()


def test_a_worker_loads_it(cast):
    token = send(cast)
    job = upload_queue(token=token, by=cast.leader, at=AT)
    part = part_claim(at=AT)
    handler = import_string(HANDLERS["import"])
    assert handler is import_part
    said = handler(job=job.pk, payload=part.payload, at=AT)
    part_finish(part=part, at=AT, message=said)
    assert said == "2 rows, 2 written."
    assert Family.objects.get(code="NEW").name == "New"
    assert ImportRun.objects.get().by == cast.leader
    assert upload_read(token)["outcome"]["ok"]
    assert not (folder_of(token) / "files").exists()


def test_how_far_it_has_come_is_told_and_shown(cast, client, monkeypatch):
    told: list[dict] = []
    write = uploads._stage_write
    monkeypatch.setattr(uploads, "_stage_write", lambda token, *step: (write(token, *step), told.append(step)))
    token = send(cast)
    doing = ["Reading families.csv", "Checking every row of families.csv", "Comparing families.csv with what is stored"]
    assert told == [(done, 3, words) for done, words in enumerate(doing)]
    upload_queue(token=token, by=cast.leader, at=AT)
    assert upload_stage(token) == {}
    write(token, *told[1])
    client.force_login(cast.leader.user)
    page = client.get(reverse("upload", args=[token])).content.decode()
    assert '<progress max="3" value="1"' in page
    assert doing[1] in page


def test_asking_twice_is_one_job_and_loading_twice_is_one_import(cast):
    token = send(cast)
    first = upload_queue(token=token, by=cast.leader, at=AT)
    assert upload_queue(token=token, by=cast.leader, at=AT) == first
    said = upload_load(token=token, by=cast.leader, at=AT)
    assert upload_load(token=token, by=cast.leader, at=AT) == said
    assert ImportRun.objects.count() == 1
    assert Job.objects.count() == 1
    with pytest.raises(Refused, match="loaded already"):
        upload_queue(token=token, by=cast.leader, at=AT)


def test_a_part_that_died_after_storing_does_no_harm_when_repeated(cast, monkeypatch):
    token = send(cast)
    with monkeypatch.context() as patched:
        patched.setattr(uploads, "update_check", lambda token, **facts: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            upload_load(token=token, by=cast.leader, at=AT)
    assert upload_load(token=token, by=cast.leader, at=AT) == "Nothing was new."
    assert Family.objects.filter(code="NEW").count() == 1


def test_faults_are_kept_and_nothing_can_be_loaded(cast):
    token = send(cast, FAULTY)
    found = upload_read(token)
    assert (found["ok"], found["error_count"]) == (False, 1)
    assert found["errors"][0]["message"].startswith("NEW stands on line 2 already")
    with pytest.raises(Refused, match="have faults"):
        upload_queue(token=token, by=cast.leader, at=AT)


def test_what_was_fine_may_be_faulty_by_the_time_it_is_loaded(cast):
    token = send(cast, ImportFile("products.csv", b"code,family\nX,PARTS\n"))
    Family.objects.filter(code="PARTS").update(code="OTHER")
    assert upload_load(token=token, by=cast.leader, at=AT).startswith("Nothing was loaded: the data changed")
    assert not upload_read(token)["outcome"]["ok"]


def test_a_zip_is_taken_apart(cast):
    token = send(cast, ImportFile("month.zip", named_zip({"a/families.csv": FAMILIES.data, "a/readme.txt": b"x"})))
    kept = [(file.name, file.data, file.stem) for file in kept_files(token)]
    assert kept == [("families.csv", FAMILIES.data, "families")]


def test_people_are_loaded_by_those_who_set_up_people(cast):
    people = ImportFile("people.csv", b"username,role\ndora,admin\n")
    found = upload_read(send(cast, people, by=cast.demand_planner))
    assert "The S&OP leader or an administrator loads it." in found["errors"][0]["message"]
    assert upload_read(send(cast, people))["ok"]


def test_who_may_not_send(cast):
    for person in (cast.rep, cast.manager, cast.marketing, cast.ceo, cast.api_client):
        with pytest.raises(NotYours, match="Loading data is for"):
            send(cast, by=person)


def test_nothing_to_load_and_no_such_upload(cast):
    with pytest.raises(Invalid, match="no CSV or XLSX file"):
        send(cast, ImportFile("month.zip", named_zip({"readme.txt": b"x"})))
    with pytest.raises(Invalid, match="damaged or no zip"):
        send(cast, ImportFile("month.zip", b"x"))
    for token in ("0" * 32, "../../etc/passwd", "", "A" * 32):
        with pytest.raises(Refused) as caught:
            upload_read(token)
        assert caught.value.status == 404


def test_old_uploads_are_forgotten(cast):
    token = send(cast)
    remove_old(datetime.now(UTC) + timedelta(days=6))
    assert upload_read(token)
    remove_old(datetime.now(UTC) + timedelta(days=8))
    with pytest.raises(Refused, match="not here any more"):
        upload_read(token)
