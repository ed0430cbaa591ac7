"""The data pages: what is loaded, a check, its faults, loading; who may see them."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from python_calamine import CalamineWorkbook

from jobs.models import Job
from masterdata.exports import harmless
from masterdata.models import Family, ImportRun
from masterdata.roles import IMPORT_ROLES
from sop_portal import upload_limit
from sop_portal.imports import SPECS, undo_part
from sop_portal.uploads import upload_load, upload_read
from tests.cast import small_company

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return small_company()


def send(client, *files: tuple[str, bytes]):
    sent = [SimpleUploadedFile(name, data) for name, data in files]
    return client.post(reverse("upload-send"), {"files": sent})


def token_of(answer) -> str:
    assert answer.status_code == 302, answer.content
    return answer.url.rstrip("/").split("/")[-1]


def page(answer) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


FAMILIES = ("families.csv", b"code,name\nNEW,New\nBIKES,Bicycles\n")


def test_what_is_loaded(client, cast):
    client.force_login(cast.leader.user)
    text = page(client.get(reverse("data")))
    assert "bookings" in text
    assert "264" in text
    assert '<td class="nowrap" data-label="Newest">2026-10</td>' in text
    assert '<td class="nowrap" data-label="Newest">2026-10-31</td>' in text
    assert "Nothing has been loaded yet" in text


def test_the_page_asks_a_fixed_number_of_questions(client, cast, django_assert_max_num_queries):
    client.force_login(cast.leader.user)
    with django_assert_max_num_queries(14):
        client.get(reverse("data"))


def test_check_then_load(client, cast):
    client.force_login(cast.finance.user)
    token = token_of(send(client, FAMILIES))
    text = page(client.get(reverse("upload", args=[token])))
    assert "2 of 2 rows are new or changed. No faults." in text
    assert "Load 2 rows" in text
    client.post(reverse("upload-load", args=[token]))
    job = Job.objects.get(kind="import", key=token)
    assert job.owner == cast.finance.user
    text = page(client.get(reverse("upload", args=[token]), headers={"HX-Request": "true"}))
    assert 'hx-trigger="every 2s"' in text
    assert "<html" not in text
    upload_load(token=token, by=cast.finance, at=job.created_at)
    job.state = "done"
    job.save()
    text = page(client.get(reverse("upload", args=[token])))
    assert "Loaded: 2 rows, 2 of them new or changed." in text
    assert 'hx-trigger="every 2s"' not in text
    assert Family.objects.filter(code="NEW").exists()
    assert "Upload of families.csv" in page(client.get(reverse("data")))


def test_the_same_again_says_so(client, cast):
    client.force_login(cast.leader.user)
    first = token_of(send(client, FAMILIES))
    upload_load(token=first, by=cast.leader, at=cast.leader.user.date_joined)
    second = token_of(send(client, FAMILIES))
    assert "Nothing is new: all 2 rows were loaded before." in page(client.get(reverse("upload", args=[second])))


def test_faults_are_listed_and_can_be_taken_along(client, cast):
    client.force_login(cast.leader.user)
    rows = b"".join(b"2026-10,NORTH,ALPHA%d,=1+1\n" % i for i in range(150))
    token = token_of(send(client, ("bookings.csv", b"month,customer,product,qty\n" + rows)))
    text = page(client.get(reverse("upload", args=[token])))
    assert "300 faults. Nothing will be loaded." in text
    assert "The first 100 of 300." in text
    assert text.count("is not a number") == 50
    assert "Load " not in text
    answer = client.get(reverse("upload-errors", args=[token]))
    lines = answer.content.decode().splitlines()
    assert len(lines) == 301
    assert any(",'=1+1," in line for line in lines)
    assert client.post(reverse("upload-load", args=[token])).status_code == 409


def test_script_in_a_file_is_only_text(client, cast):
    client.force_login(cast.leader.user)
    name = '"><script>x</script>.csv'
    token = token_of(send(client, (name, b"<script>alert(1)</script>\n")))
    text = page(client.get(reverse("upload", args=[token])))
    assert "<script>x" not in text
    assert "<script>alert" not in text


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([], "No file was chosen"),
        ([("a.zip", b"PK")], "a.zip: The file is damaged or no zip file"),
        ([("readme.txt", b"x")], "no CSV or XLSX file"),
    ],
)
def test_what_cannot_be_checked_is_told(client, cast, files, says):
    client.force_login(cast.leader.user)
    answer = send(client, *files)
    if answer.status_code == 302:
        answer = client.get(answer.url)
    assert says in answer.content.decode()


def test_too_large_an_upload_is_told(client, cast, monkeypatch):
    monkeypatch.setattr("sop_portal.pages.data.LARGEST_UPLOAD", 10)
    client.force_login(cast.leader.user)
    answer = send(client, FAMILIES)
    assert answer.status_code == 422
    assert "families.csv is larger than" in answer.content.decode()


@pytest.mark.parametrize("limit", [-upload_limit.FORM_ITSELF, -upload_limit.FORM_ITSELF + 40])
def test_an_upload_over_the_limit_never_reaches_the_page(client, cast, monkeypatch, limit):
    """Whether its head says so or only its bytes do."""
    client.force_login(cast.leader.user)
    monkeypatch.setattr("sop_portal.upload_limit.LARGEST_UPLOAD", limit)
    if limit > -upload_limit.FORM_ITSELF:
        monkeypatch.setattr("sop_portal.upload_limit.SizeLimit.handle_raw_input", lambda *given: None)
    answer = send(client, ("families.csv", b"code,name\n" + b"A,B\n" * 100))
    assert answer.status_code == 400
    assert "larger than the portal takes" in answer.content.decode()


def test_only_roles_that_import_see_it(client, cast):
    client.force_login(cast.leader.user)
    token = token_of(send(client, FAMILIES))
    for person in cast.people.values():
        client.force_login(person.user)
        expected = 200 if person.role in IMPORT_ROLES else 403
        for name, arguments in (("data", []), ("upload", [token]), ("upload-errors", [token])):
            assert client.get(reverse(name, args=arguments)).status_code == expected, (person, name)
        if expected == 403:
            assert send(client, FAMILIES).status_code == 403
            assert client.post(reverse("upload-load", args=[token])).status_code == 403
    assert "job" not in upload_read(token)


def test_a_refusal_says_who_may(client, cast):
    client.force_login(cast.rep.user)
    text = client.get(reverse("data")).content.decode()
    assert "Loading data is for: Demand planner, Supply planner, Finance, S&amp;OP leader, Administrator." in text


def test_no_such_upload(client, cast):
    client.force_login(cast.leader.user)
    assert client.get(reverse("upload", args=["0" * 32])).status_code == 404
    assert client.get("/data/uploads/nothing/").status_code == 404


def test_formulas_are_made_harmless_and_numbers_left_alone():
    assert [harmless(value) for value in ("=1", "+1", "-1", "@x", "\tx", "x", 7, -7)] == [
        "'=1", "'+1", "'-1", "'@x", "'\tx", "x", 7, -7,
    ]  # fmt: skip


def rows_of_workbook(answer, sheet: str) -> list[list[object]]:
    assert answer.status_code == 200
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_name(sheet).to_python()


def test_faulty_rows_come_back_marked_and_can_be_sent_again(client, cast):
    client.force_login(cast.leader.user)
    text = "Monat;Kunde;Artikel;Menge\n2026-10;NORTH;ALPHA;=1+1\n2026-10;NORTH;BETA;2\n2026-10;NORD;BETA;3\n"
    token = token_of(send(client, ("bookings.csv", text.encode())))
    rows = rows_of_workbook(client.get(reverse("upload-marked", args=[token, 0])), "faults")
    assert rows[0] == ["Monat", "Kunde", "Artikel", "Menge", "Line", "What is wrong, and what would be right"]
    assert [row[:5] for row in rows[1:]] == [
        ["2026-10", "NORTH", "ALPHA", "=1+1", 2], ["2026-10", "NORD", "BETA", "3", 4]
    ]  # fmt: skip
    assert "is not a number" in rows[1][5]
    assert "unknown customer" in rows[2][5]
    assert client.get(reverse("upload-marked", args=[token, 1])).status_code == 404


def test_an_empty_file_to_fill_is_a_file_of_the_contract(client, cast):
    client.force_login(cast.leader.user)
    for spec in SPECS:
        answer = client.get(reverse("file-template", args=[spec.name]))
        assert rows_of_workbook(answer, spec.name)[0] == spec.names
    assert client.get(reverse("file-template", args=["nothing"])).status_code == 404


def test_an_import_shows_what_it_changed_and_is_undone(client, cast):
    client.force_login(cast.leader.user)
    token = token_of(send(client, FAMILIES))
    upload_load(token=token, by=cast.leader, at=cast.leader.user.date_joined)
    run = ImportRun.objects.get()
    text = page(client.get(reverse("import-run", args=[run.pk])))
    assert "<s>Bikes</s> <strong>Bicycles</strong>" in text
    assert client.post(reverse("import-undo", args=[run.pk])).status_code == 302
    job = Job.objects.get(kind="undo_import")
    undo_part(job=job.pk, payload=job.parts.get().payload, at=job.created_at)
    job.state = "done"
    job.save()
    assert "Undone" in page(client.get(reverse("import-run", args=[run.pk])))
    assert not Family.objects.filter(code="NEW").exists()
    assert client.post(reverse("import-undo", args=[run.pk])).status_code == 409
