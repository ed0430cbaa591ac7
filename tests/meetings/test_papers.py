"""Pack and minutes as files: opened again, every one says the numbers of the frozen pack, to the digit."""

import io
import os
import re
import stat
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import sync_playwright
from pptx import Presentation

from cycles.models import Cycle
from jobs.errors import Refused
from jobs.models import Job, MovedClock, WorkState
from jobs.services.work import part_claim, part_finish
from masterdata.models import Company, Person
from meetings.models import Meeting, MeetingKind, PaperFile, RiskOpportunity
from meetings.papers import Kind, cell_text
from meetings.selectors.papers import What, paper_of
from meetings.services.actions import action_add, risk_add
from meetings.services.decisions import OptionDraft, decision_raise
from meetings.services.papers import pdf_part, pdf_queue
from meetings.services.rooms import meeting_finish, meeting_start, note_save
from tests import chromium
from tests.cast import Cast, small_company
from tests.meetings.journey import APPROVED, FROZEN, MONEY, confirmed, frozen
from tests.pdf_text import pdf_text

pytestmark = pytest.mark.django_db
ROOM = f"/meetings/2026-11/{MeetingKind.EXECUTIVE.value}/"


@pytest.fixture
def cast() -> Cast:
    return small_company()


def packed(cast: Cast) -> Meeting:
    """A frozen pack with a question on one product, whose margin is private, a risk and an action."""
    cycle = confirmed(cast)
    decision_raise(
        cycle=cycle,
        forum=MeetingKind.EXECUTIVE,
        question="=Saturday shifts in December?",
        options=[
            OptionDraft("a", "Do nothing", do_nothing=True),
            OptionDraft("b", "Two Saturdays", effects={"revenue": 40_123.4, "margin": 9_876.5, "cost": 2_345.6}),
        ],
        recommendation="b",
        decider=cast.ceo,
        decide_by=date(2026, 11, 19),
        by=cast.leader,
        at=MONEY,
    )
    risk_add(
        cycle=cycle, kind=RiskOpportunity.Kind.RISK, text="North may cut its range", value=10_000.0,
        probability=0.3, month=date(2027, 2, 1), owner=cast.manager, by=cast.manager, at=MONEY,
    )  # fmt: skip
    frozen(cast, cycle)
    MovedClock.objects.update_or_create(pk=1, defaults={"at": FROZEN})
    return Meeting.objects.get(cycle=cycle, kind=MeetingKind.EXECUTIVE)


def asked(person: Person, path: str) -> Any:
    client = Client()
    client.force_login(person.user)
    return client.get(f"{ROOM}{path}")


def deck_of(person: Person) -> Any:
    answer = asked(person, "pack.pptx")
    assert answer["Content-Disposition"] == 'attachment; filename="pack-2026-11-1.pptx"'
    return Presentation(io.BytesIO(answer.content))


def tables_of(deck: Any) -> dict[str, list[list[str]]]:
    """Every native table by its name, its pieces put together."""
    found: dict[str, list[list[str]]] = {}
    for slide in deck.slides:
        for shape in slide.shapes:
            if shape.has_table:
                rows = [[cell.text for cell in row.cells] for row in shape.table.rows]
                found.setdefault(shape.name, rows[:1]).extend(rows[1:])
    return found


def charts_of(deck: Any) -> list[dict[str, tuple[float | None, ...]]]:
    shapes = [shape for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    return [{series.name: tuple(series.values) for series in shape.chart.plots[0].series} for shape in shapes]


def texts_of(deck: Any) -> list[str]:
    return [shape.text_frame.text for slide in deck.slides for shape in slide.shapes if shape.has_text_frame]


def book_of(person: Person, path: str = "pack.xlsx") -> Any:
    return openpyxl.load_workbook(io.BytesIO(asked(person, path).content))


def rows_of(sheet: Any) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(values_only=True))


def money(value: float | None) -> str:
    return cell_text(Kind.MONEY, value)


def test_the_slides_have_native_tables_and_charts_with_the_numbers_of_the_pack(cast: Cast) -> None:
    pack = packed(cast).pack
    deck = deck_of(cast.ceo)
    tables, (months, families) = tables_of(deck), charts_of(deck)
    assert [row[1:3] for row in tables["Months"][1:]] == [
        [money(row["revenue"]), money(row["budget"])] for row in pack["months"]
    ]
    assert tables["Stages"][-1] == [
        "Company forecast", *(money(pack["stages"][-1][name]) for name in ("units", "revenue", "margin")),
    ]  # fmt: skip
    names = ("demand", "committed", "forecast", "open", "revenue", "margin")
    assert tables["Families"][1:] == [[row["name"], *(money(row[n]) for n in names)] for row in pack["families"]]
    assert months["Forecast"] == tuple(row["revenue"] for row in pack["months"])
    assert months["Budget"] == tuple(row["budget"] for row in pack["months"])
    assert families["Forecast"] == tuple(row["forecast"] for row in pack["families"])
    assert tables["Decision D-1"][2] == ["B. Two Saturdays", "–", "40,123", "9,876", "2,346", "9,876", "recommended"]
    assert tables["Risks"][1][:6] == ["Risk", "North may cut its range", "Feb 2027", "−10,000", "30.0 %", "−3,000"]
    assert pack["message"] in texts_of(deck)


def test_no_slide_has_a_picture_and_each_says_what_it_was_made_from(cast: Cast) -> None:
    packed(cast)
    deck = deck_of(cast.ceo)
    content = zipfile.ZipFile(io.BytesIO(asked(cast.ceo, "pack.pptx").content)).namelist()
    assert not [name for name in content if "/media/" in name]
    footer = "Small Company · cycle 2026-11 · pack 1, frozen 18 Nov 2026 09:30 (Europe/Berlin)"
    for slide in deck.slides:
        assert footer in [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= deck.slide_width
            assert shape.top >= 0
            assert shape.top + shape.height <= deck.slide_height


def test_the_workbook_has_typed_cells_under_frozen_headers(cast: Cast) -> None:
    pack = packed(cast).pack
    book = book_of(cast.ceo)
    assert book.sheetnames == ["Read first", "Year", "Decision D-1", "Months", "Families", "Stages", "Risks"]
    months = rows_of(book["Months"])
    assert (months[1][0].date(), *months[1][1:3]) == (
        date(2026, 11, 1),
        pack["months"][0]["revenue"],
        pack["months"][0]["budget"],
    )
    assert [row[1] for row in months[1 : len(pack["months"]) + 1]] == [row["revenue"] for row in pack["months"]]
    families = rows_of(book["Families"])
    names = ("name", "demand", "committed", "forecast", "open", "revenue", "margin")
    assert families[1 : len(pack["families"]) + 1] == [tuple(row[n] for n in names) for row in pack["families"]]
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes == "B2"
        assert sheet.page_setup.orientation == "landscape"
        assert "pack 1, frozen 18 Nov 2026 09:30" in sheet.oddFooter.left.text
    assert not [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    year = dict(row[:2] for row in rows_of(book["Year"])[1:] if row[0])
    assert year["Year expected"] == pack["year"]["booked"] + pack["year"]["forecast"]
    assert year["Gap to budget"] == year["Year expected"] - pack["year"]["budget"]


def test_what_is_private_is_in_no_file_of_those_who_may_not_read_it(cast: Cast) -> None:
    packed(cast)
    for person, private in ((cast.ceo, True), (cast.rep, False), (cast.marketing, False)):
        words = [cell for row in tables_of(deck_of(person))["Decision D-1"] for cell in row]
        assert ("9,876" in words, "2,346" in words) == (private, private)
        values = [value for row in rows_of(book_of(person)["Decision D-1"]) for value in row]
        assert (9_876.5 in values, 2_345.6 in values) == (private, private)
        page = asked(person, "pack/").content.decode()
        assert ("9,876" in page, "2,346" in page) == (private, private)
        assert "40,123" in page
        assert "40,123" in words
        assert 40_123.4 in values


def test_the_page_to_print_says_the_same_numbers(cast: Cast) -> None:
    pack = packed(cast).pack
    page = asked(cast.ceo, "pack/").content.decode()
    for table in paper_of(Meeting.objects.get(kind=MeetingKind.EXECUTIVE), What.PACK, costs=True).tables:
        for row in table.texts:
            for column, words in row:
                assert not column.is_number or f'<td class="num">{words}</td>' in page
    assert money(pack["stages"][-1]["revenue"]) in page
    assert "pack 1, frozen 18 Nov 2026 09:30 (Europe/Berlin)" in page


def test_the_files_stay_as_frozen_when_the_plan_moves_on(cast: Cast) -> None:
    meeting = packed(cast)
    before = tables_of(deck_of(cast.ceo))
    risk_add(
        cycle=meeting.cycle, kind=RiskOpportunity.Kind.RISK, text="A new one", value=99_000.0,
        probability=0.9, month=date(2027, 2, 1), owner=cast.manager, by=cast.manager, at=APPROVED,
    )  # fmt: skip
    assert tables_of(deck_of(cast.ceo)) == before


def test_before_the_pack_there_is_nothing_to_take_out(cast: Cast) -> None:
    confirmed(cast)
    MovedClock.objects.update_or_create(pk=1, defaults={"at": MONEY})
    for path in ("pack/", "pack.pptx", "pack.xlsx", "pack.pdf", "minutes/", "minutes.xlsx", "song/", "song.pptx"):
        assert asked(cast.ceo, path).status_code == 404, path
    frozen(cast, Cycle.objects.get(state="open"))
    assert asked(cast.ceo, "pack.odp").status_code == 404
    assert asked(cast.ceo, "pack.pdf").status_code == 404


def test_nobody_takes_a_pack_out_without_signing_in(cast: Cast) -> None:
    packed(cast)
    for path in ("pack/", "pack.pptx", "pack.xlsx"):
        assert Client().get(f"{ROOM}{path}").status_code == 302


def held(cast: Cast) -> Meeting:
    meeting = packed(cast)
    meeting = meeting_start(meeting=meeting, by=cast.leader, on=APPROVED.date(), at=APPROVED)
    note_save(meeting=meeting, by=cast.leader, item=0, text="First line\n\n- second line", seen="")
    action_add(
        cycle=meeting.cycle, text="Ask the union", owner=cast.coo, due_on=date(2026, 11, 27), by=cast.leader,
        on=APPROVED.date(), at=APPROVED, meeting=meeting,
    )  # fmt: skip
    return meeting_finish(meeting=meeting, by=cast.leader, at=APPROVED)


def test_minutes_go_out_as_slides_and_workbook_with_every_line(cast: Cast) -> None:
    meeting = held(cast)
    lines = [line[2:] for line in meeting.minutes_text.splitlines() if line.startswith("- ")]
    assert any("First line - second line" in line for line in lines)
    rows = rows_of(book_of(cast.rep, "minutes.xlsx")["Minutes"])
    assert [row[1] for row in rows[1 : len(lines) + 1]] == lines
    assert ("Actions", "A-1 Oscar Operations: Ask the union, by 27 Nov 2026.") in rows
    deck = Presentation(io.BytesIO(asked(cast.rep, "minutes.pptx").content))
    assert [row[1] for row in tables_of(deck)["Minutes"][1:]] == lines
    page = asked(cast.rep, "minutes/").content.decode()
    assert "Ask the union" in page
    assert "minutes of 19 Nov 2026 11:00 (Europe/Berlin)" in page


# --- PDF ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def printer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tests' browser as a command of its own, whatever libraries it needs."""
    with sync_playwright() as playwright:
        found = chromium.find(Path(settings.BASE_DIR) / ".portal-test", playwright.chromium.executable_path)
    script = tmp_path_factory.mktemp("printer") / "chromium"
    lines = [f'export {name}="{value}"' for name, value in found.environment.items()]
    script.write_text("\n".join(["#!/bin/sh", *lines, f'exec "{found.path}" "$@"', ""]))
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


def made(job: Job) -> None:
    """Do the job's part here, as a worker would."""
    while part := part_claim(at=APPROVED, job=job):
        part_finish(part=part, at=APPROVED, message=pdf_part(job=job.pk, payload=part.payload, at=APPROVED))


def test_a_pdf_is_made_once_in_the_background_and_kept(cast: Cast, printer: Path, settings: Any) -> None:
    settings.CHROMIUM = str(printer)
    meeting = packed(cast)
    job = pdf_queue(meeting=meeting, what=What.PACK, by=cast.ceo, at=FROZEN)
    assert job is not None
    assert job == pdf_queue(meeting=meeting, what=What.PACK, by=cast.cfo, at=FROZEN)
    assert "The PDF is being made." in asked(cast.ceo, "pack/").content.decode()
    made(job)
    job.refresh_from_db()
    assert job.state == WorkState.DONE
    assert pdf_queue(meeting=meeting, what=What.PACK, by=cast.ceo, at=FROZEN) is None
    answer = asked(cast.ceo, "pack.pdf")
    assert answer["Content-Disposition"] == 'attachment; filename="pack-2026-11-1.pdf"'
    assert answer.content.startswith(b"%PDF-")
    if kept := os.environ.get("PORTAL_SCREENSHOTS"):
        (Path(kept) / "pack.pdf").write_bytes(answer.content)
    # who may not read costs gets a file of their own
    assert asked(cast.rep, "pack.pdf").status_code == 404
    assert PaperFile.objects.get().costs


@pytest.mark.parametrize(("country", "box"), [("DE", (842, 595)), ("US", (792, 612))])
def test_a_pdf_says_the_numbers_of_the_pack_on_the_paper_of_the_country(
    cast: Cast, printer: Path, settings: Any, country: str, box: tuple[int, int]
) -> None:
    settings.CHROMIUM = str(printer)
    Company.objects.update(country=country)
    meeting = packed(cast)
    made(pdf_queue(meeting=meeting, what=What.PACK, by=cast.rep, at=FROZEN))
    content = asked(cast.rep, "pack.pdf").content
    sizes = {
        tuple(round(float(x)) for x in found) for found in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", content)
    }
    assert sizes == {box}
    words = pdf_text(content)
    for row in meeting.pack["families"]:
        assert money(row["revenue"]) in words
        assert money(row["forecast"]) in words
    for row in meeting.pack["months"]:
        assert money(row["revenue"]) in words
    assert "40,123" in words
    assert "9,876" not in words
    assert "Small Company · cycle 2026-11 · pack 1, frozen 18 Nov 2026 09:30 (Europe/Berlin)" in words


def test_without_a_browser_the_page_says_how_to_get_a_pdf(cast: Cast, settings: Any) -> None:
    settings.CHROMIUM = "no-such-browser"
    meeting = packed(cast)
    assert "choose <em>Save as PDF</em>" in asked(cast.ceo, "pack/").content.decode()
    with pytest.raises(Refused, match="choose Save as PDF"):
        pdf_queue(meeting=meeting, what=What.PACK, by=cast.ceo, at=FROZEN)
