"""The sales rooms as pages: who sees what, what a form does, how bad input is answered, how many queries it takes."""

import json
from datetime import date, datetime
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cycles.models import Contribution, Cycle, How
from cycles.services import cycle_advance
from demand.models import Booking, Comment, Line, OrderCall, OrderLine, Reason, Stage, TeamReview
from demand.selectors.versions import stage_plan
from demand.services.comments import question_ask
from demand.services.entries import CellEdit, cells_save
from demand.services.submissions import submissions_expect
from jobs.models import MovedClock
from masterdata.models import Person
from tests.cast import Cast
from tests.stages import ENTRY, REVIEW, cycle_to_review

NOV = date(2026, 11, 1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_entry(cycle: Cycle) -> None:
    at_time(ENTRY)
    submissions_expect(cycle=cycle)


def at_time(at: datetime) -> None:
    MovedClock.objects.all().delete()
    MovedClock.objects.create(at=at)


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def page(person: Person, path: str, status: int = 200) -> str:
    answer = signed_in(person).get(path)
    assert answer.status_code == status, answer.content[:2000]
    return answer.content.decode()


def send(person: Person, path: str, follow: bool = True, **fields: object) -> tuple[int, str]:
    answer = signed_in(person).post(path, fields, follow=follow)
    return answer.status_code, answer.content.decode()


def save(person: Person, *edits: dict, path: str = "/sheet/save/", **more: object) -> tuple[int, dict]:
    body = {"token": str(uuid4()), "edits": list(edits)} | more
    answer = signed_in(person).post(
        path, json.dumps(body), content_type="application/json", headers={"Accept": "application/json"}
    )
    return answer.status_code, answer.json()


def number(cycle: Cycle, stage: Stage, line: Line, month: int = 0) -> float:
    return float(stage_plan(cycle, stage).for_lines([line.pk]).quantity[0, month])


# --- My month ----------------------------------------------------------------------


def test_the_first_page_asks_in_one_sentence_and_one_button(cast: Cast, cycle: Cycle) -> None:
    html = page(cast.rep, "/")
    assert "Closes" in html
    assert "All fine, submit 8" in html
    assert "Your number stays yours" in html
    assert 'hx-get="/supply/news/"' in html
    assert 'hx-get="/feedback/"' in html


def test_all_fine_is_one_click(cast: Cast, cycle: Cycle) -> None:
    status, html = send(cast.rep, "/sheet/submit/", active_seconds="18")
    assert status == 200
    assert "Submitted 8 lines" in html
    assert "You can change them until" in html
    assert "Your number stays yours" not in html
    answer = Contribution.objects.get(person=cast.rep.user)
    assert (answer.how, answer.active_seconds) == (How.ALL_FINE, 18)


def test_taking_back_opens_it_again(cast: Cast, cycle: Cycle) -> None:
    send(cast.rep, "/sheet/submit/")
    status, html = send(cast.rep, "/sheet/withdraw/")
    assert status == 200
    assert "Taken back" in html
    assert Contribution.objects.get(person=cast.rep.user).answered_at is None


def test_before_and_after_entry_the_page_says_what_holds(cast: Cast, cycle: Cycle) -> None:
    entry = cycle.steps.filter(step="sales_forecast")
    entry.update(state="pending")
    assert "Your sheet opens" in page(cast.rep, "/")
    entry.update(state="open")
    cycle_advance(cycle=cycle, at=REVIEW)
    assert "Accepted, not reviewed" in page(cast.rep, "/")


def test_without_a_cycle_there_is_nothing_to_do(cast: Cast, cycle: Cycle) -> None:
    Cycle.objects.all().delete()
    assert "No cycle has been opened yet" in page(cast.rep, "/")
    page(cast.rep, "/sheet/", status=404)


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ("demand_planner", "0 of 2 people have answered"),
        ("supply_planner", "not signed yet"),
        ("leader", "0 of 2 people have answered"),
        ("marketing", "events of the next months"),
        ("ceo", "executive page"),
        ("finance", "Nothing waits for you"),
        ("admin", "People, keys"),
        ("manager", "have not submitted yet"),
    ],
)
def test_everybody_finds_what_needs_them(cast: Cast, cycle: Cycle, who: str, says: str) -> None:
    assert says in page(getattr(cast, who), "/")


def test_a_signature_is_asked_of_the_head_and_of_the_deputy(cast: Cast, cycle: Cycle) -> None:
    cast.manager.deputy = cast.other_rep
    cast.manager.save()
    cycle_to_review(cycle)
    assert "Demand waits for your signature" in page(cast.manager, "/")
    assert "Demand waits for your signature" in page(cast.other_rep, "/")
    assert "Demand waits for your signature" not in page(cast.rep, "/")


def test_a_word_to_operations_is_found_by_the_supply_planner(cast: Cast, cycle: Cycle) -> None:
    send(cast.rep, "/sheet/tell/", text="North moves its <depot>.")
    assert "North moves its &lt;depot&gt;." in page(cast.supply_planner, "/")


# --- My sheet ----------------------------------------------------------------------


def test_the_sheet_is_filled_in_already(cast: Cast, cycle: Cycle) -> None:
    html = page(cast.rep, "/sheet/")
    line = cast.line("ALPHA", "NORTH")
    assert f'data-line="{line.pk}"' in html
    assert f'data-v="{number(cycle, Stage.BASELINE, line):.10g}"' in html
    assert html.count("data-m=") == 8 * 24
    assert 'role="grid"' in html


def test_another_persons_sheet_can_be_read_and_not_written(cast: Cast, cycle: Cycle) -> None:
    for reader in (cast.other_rep, cast.ceo, cast.demand_planner, cast.marketing):
        html = page(reader, "/sheet/rita/")
        assert "Sheet of Rita Rep" in html
        assert 'role="grid"' not in html
    status, problem = save(cast.other_rep, {"line": cast.line("ALPHA", "NORTH").pk, "month": "2026-11", "value": 5})
    assert (status, problem["code"]) == (403, "not_yours")
    assert "Rita Rep" in problem["detail"]


def test_an_unknown_persons_sheet_is_not_there(cast: Cast, cycle: Cycle) -> None:
    page(cast.rep, "/sheet/nobody/", status=404)


def test_saving_answers_with_what_stands(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH")
    edit = {"line": str(line.pk), "month": "2026-11", "value": 75, "seen": number(cycle, Stage.SALES, line)}
    status, answer = save(cast.rep, edit | {"reason": "customer_told"})
    assert (status, answer["saved"]) == (200, [{"line": line.pk, "month": "2026-11", "value": 75.0}])
    assert number(cycle, Stage.SALES, line) == 75
    html = page(cast.rep, "/sheet/")
    assert "Customer told me" in html
    assert 'class="changed"' in html


def test_a_conflict_names_both_values(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH")
    seen = number(cycle, Stage.SALES, line)
    save(cast.rep, {"line": line.pk, "month": "2026-11", "value": 75, "seen": seen})
    status, problem = save(cast.rep, {"line": line.pk, "month": "2026-11", "value": 80, "seen": seen})
    assert status == 409
    assert problem["conflicts"] == [{"line": line.pk, "month": "2026-11", "yours": 80, "theirs": 75, "by": "Rita Rep"}]


BAD_BATCHES = [
    (b"{", "not JSON"),
    (b"[1]", "must be a list"),
    (b'{"edits": []}', "1 to 10,000"),
    (b'{"edits": [1], "token": "x"}', "no valid token"),
    (b'{"edits": [1], "token": "T"}', "is not an object"),
    (b'{"edits": [{"line": true, "month": "2026-11"}], "token": "T"}', "names no line"),
    (b'{"edits": [{"line": -1, "month": "2026-11"}], "token": "T"}', "names no line"),
    (b'{"edits": [{"line": "99999999999999999999", "month": "2026-11"}], "token": "T"}', "names no line"),
    (b'{"edits": [{"line": 1, "month": "2026-13"}], "token": "T"}', "is not a month"),
    (b'{"edits": [{"line": 1, "month": "2026-11", "value": NaN}], "token": "T"}', "no number"),
    (b'{"edits": [{"line": 1, "month": "2026-11", "value": "75"}], "token": "T"}', "no number"),
    (b'{"edits": [{"line": 1, "month": "2026-11", "value": true}], "token": "T"}', "no number"),
    (b"\xff\xfe", "not JSON"),
    (b"[" * 100_000, "not JSON"),
]


@pytest.mark.parametrize(("body", "says"), BAD_BATCHES)
def test_a_batch_that_means_nothing_is_answered_in_words(cast: Cast, cycle: Cycle, body: bytes, says: str) -> None:
    sent = body.replace(b'"T"', f'"{uuid4()}"'.encode())
    headers = {"Accept": "application/json"}
    answer = signed_in(cast.rep).post("/sheet/save/", sent, content_type="application/json", headers=headers)
    assert answer.status_code == 422, answer.content
    assert says in answer.json()["detail"]


def test_large_changes_without_a_reason_are_asked_in_one_list(cast: Cast, cycle: Cycle) -> None:
    lines = [cast.line("ALPHA", "NORTH"), cast.line("BETA", "SOUTH")]
    save(cast.rep, *({"line": line.pk, "month": "2026-11", "value": 900} for line in lines))
    status, html = send(cast.rep, "/sheet/submit/", active_seconds="40")
    assert status == 422
    assert html.count("<select") >= 2
    assert 'value="40"' in html
    fields = {f"reason-{lines[0].pk}": "customer_told", f"reason-{lines[1].pk}": "other"}
    status, html = send(cast.rep, "/sheet/submit/", **fields)
    assert status == 422
    assert "needs a few words" in html
    assert '<option value="customer_told" selected>' in html
    status, html = send(cast.rep, "/sheet/submit/", **fields, **{f"note-{lines[1].pk}": "big tender"})
    assert status == 200
    assert "2 of them changed" in html


def test_a_question_is_answered_in_place(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH")
    question = question_ask(cycle=cycle, line=line, by=cast.manager, text="Sure?", at=ENTRY, month=NOV)
    for path in ("/", "/sheet/"):
        html = page(cast.rep, path)
        assert "Mona Manager asks" in html
        assert f"/questions/{question.pk}/answer/" in html
    status, html = send(cast.rep, f"/questions/{question.pk}/answer/", text="Yes, signed.", next="/")
    assert status == 200
    assert "Mona Manager sees it" in html
    assert "Yes, signed." in page(cast.manager, "/team/")


def test_a_returned_line_is_the_only_open_one_after_entry(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH")
    question_ask(cycle=cycle, line=line, by=cast.manager, text="Sure?", at=ENTRY, month=NOV)
    cycle_advance(cycle=cycle, at=REVIEW)
    html = page(cast.rep, "/sheet/")
    assert html.count('aria-readonly="true"') == 7 * 24
    assert "Sales entry is closed" in html


def test_starting_a_line_puts_it_on_the_sheet(cast: Cast, cycle: Cycle) -> None:
    status, html = send(cast.other_rep, "/sheet/new-line/", customer="EAST", product="DELTA")
    assert status == 200
    assert "new line" in html
    assert html.count("data-line=") >= 4


# of a sheet, whatever is on it: session, person and frame of the page too, not the clock that only tests move
MOST_QUERIES = 5


def queries(person: Person, path: str) -> int:
    client = signed_in(person)
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return sum(MovedClock._meta.db_table not in query["sql"] for query in captured)


def test_the_sheets_queries_do_not_grow_with_its_lines(cast: Cast, cycle: Cycle) -> None:
    few = queries(cast.other_rep, "/sheet/")
    assert few <= MOST_QUERIES
    for line in (cast.line("ALPHA", "NORTH"), cast.line("BETA", "NORTH")):
        save(cast.rep, {"line": line.pk, "month": "2026-11", "value": 75})
        question_ask(cycle=cycle, line=line, by=cast.manager, text="Sure?", at=ENTRY)
    assert queries(cast.rep, "/sheet/") == few


# --- Orders to watch ---------------------------------------------------------------


def order(cast: Cast, **more: object) -> OrderLine:
    fields = {
        "code": "O-1",
        "customer": cast.customers["NORTH"],
        "product": cast.products["ALPHA"],
        "qty": 5,
        "ordered_on": date(2026, 10, 1),
        "promised_on": date(2026, 11, 20),
    }
    return OrderLine.objects.create(**fields | more)


def test_one_tap_calls_an_order(cast: Cast, cycle: Cycle) -> None:
    subject = order(cast)
    assert "O-1" in page(cast.rep, "/orders/")
    status, html = send(cast.rep, f"/orders/order/{subject.pk}/", call="firm")
    assert status == 200
    assert "O-1: Firm." in html
    assert OrderCall.objects.get().call == "firm"


def test_a_tap_swaps_only_its_row(cast: Cast, cycle: Cycle) -> None:
    subject = order(cast)
    answer = signed_in(cast.rep).post(
        f"/orders/order/{subject.pk}/", {"call": "slips", "slips_to": "2026-12"}, headers={"HX-Request": "true"}
    )
    html = answer.content.decode()
    assert html.lstrip().startswith("<li")
    assert "5 units moved from Nov 2026 to Dec 2026" in html
    assert 'hx-swap-oob="true"' in html


@pytest.mark.parametrize(
    ("who", "fields", "status", "says"),
    [
        ("rep", {"call": "perhaps"}, 422, "Choose one of"),
        ("rep", {"call": "slips"}, 422, "is not a month"),
        ("rep", {"call": "slips", "slips_to": "2026-11"}, 422, "Choose the month"),
        ("other_rep", {"call": "firm"}, 403, "belongs to Rita Rep"),
        ("demand_planner", {"call": "firm"}, 403, "Calling an order"),
    ],
)
def test_a_call_that_cannot_be_is_told(
    cast: Cast, cycle: Cycle, who: str, fields: dict[str, str], status: int, says: str
) -> None:
    got, html = send(getattr(cast, who), f"/orders/order/{order(cast).pk}/", **fields)
    assert got == status
    assert says in html
    assert not OrderCall.objects.exists()


def test_an_order_that_was_shipped_meanwhile_says_so_in_its_row(cast: Cast, cycle: Cycle) -> None:
    subject = order(cast)
    OrderLine.objects.filter(pk=subject.pk).update(shipped_on=date(2026, 11, 3))
    address = f"/orders/order/{subject.pk}/"
    answer = signed_in(cast.rep).post(address, {"call": "firm"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "Order O-1 was shipped on 3 Nov 2026; no answer is needed." in answer.content.decode()
    assert "<button" not in answer.content.decode()
    status, html = send(cast.rep, address, call="firm")
    assert (status, "was shipped on 3 Nov 2026" in html) == (409, True)
    assert not OrderCall.objects.exists()


def test_a_customer_past_its_usual_order_is_called_by_one_tap(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("BETA", "SOUTH")
    booked = Booking.objects.filter(product=cast.products["BETA"], customer=cast.customers["SOUTH"])
    kept = booked.filter(month__month__in=(3, 6, 9, 12), month__lte=date(2026, 4, 1))
    kept.update(qty=12)
    booked.exclude(pk__in=kept).delete()
    html = page(cast.rep, "/orders/")
    assert "usually orders every 3 months, last order 8 months ago, about 12 units worth EUR 9,600" in html
    status, html = send(cast.rep, f"/orders/line/{line.pk}/", call="lost")
    assert (status, "Usual order: Lost." in html, "You said lost" in html) == (200, True, True)
    assert OrderCall.objects.get().line == line
    assert send(cast.rep, "/orders/line/999999/", call="lost")[0] == 404


def test_the_list_takes_the_same_queries_whatever_is_on_it(cast: Cast, cycle: Cycle) -> None:
    client = signed_in(cast.rep)
    counts = []
    for codes in (["A"], [f"B-{i}" for i in range(9)]):
        for code in codes:
            order(cast, code=code)
        client.get("/orders/")
        with CaptureQueriesContext(connection) as captured:
            client.get("/orders/")
        counts.append(len(captured))
    assert counts[0] == counts[1]


# --- Team --------------------------------------------------------------------------


def test_the_roll_up_has_a_row_for_everybody_with_lines(cast: Cast, cycle: Cycle) -> None:
    html = page(cast.manager, "/team/")
    assert 'id="rep-rita"' in html
    assert 'id="rep-rob"' in html
    assert "0 of 2 submitted" in html


def test_accept_nudge_adjust_and_take_back(cast: Cast, cycle: Cycle) -> None:
    send(cast.rep, "/sheet/submit/")
    _, html = send(cast.manager, "/team/accept/", rep="rita")
    assert "Accepted the numbers of Rita Rep" in html
    assert TeamReview.objects.get().rep == cast.rep
    _, html = send(cast.manager, "/team/nudge/", rep="rob")
    assert "Rob Rep gets one mail" in html
    fields = {"rep": "rob", "family": "BIKES", "first": "2026-11", "last": "2027-01", "reason": "price_change"}
    _, html = send(cast.manager, "/team/adjust/", **fields, entry="+10%", comment="after the fair")
    assert "Rob Rep sees it at once" in html
    assert "after the fair" in html
    assert "team +" in page(cast.other_rep, "/sheet/")
    _, html = send(cast.manager, "/team/undo/", rep="rob")
    assert "are taken back" in html
    assert "team +" not in page(cast.other_rep, "/sheet/")


def test_accept_all_takes_those_that_are_in(cast: Cast, cycle: Cycle) -> None:
    send(cast.rep, "/sheet/submit/")
    send(cast.manager, "/team/accept/")
    assert [review.rep for review in TeamReview.objects.all()] == [cast.rep]


def test_a_refused_adjustment_keeps_what_was_typed(cast: Cast, cycle: Cycle) -> None:
    fields = {"rep": "rob", "family": "BIKES", "first": "2026-11", "last": "2027-01", "entry": "12x", "comment": "hm"}
    status, html = send(cast.manager, "/team/adjust/", **fields, reason="price_change")
    assert status == 422
    assert "is not a number" in html
    assert 'value="12x"' in html
    assert '<option value="rob" selected>' in html


def test_the_manager_types_into_a_layer_of_the_own(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH")
    html = page(cast.manager, "/sheet/rita/")
    assert 'data-save-url="/sheet/save/?layer=team"' in html
    seen = number(cycle, Stage.TEAM, line)
    edit = {"line": line.pk, "month": "2026-11", "value": 50, "seen": seen, "reason": "price_change"}
    status, _ = save(cast.manager, edit, path="/sheet/save/?layer=team")
    assert status == 200
    assert number(cycle, Stage.TEAM, line) == 50
    assert number(cycle, Stage.SALES, line) == seen


@pytest.mark.parametrize("path", ["/team/accept/", "/team/adjust/", "/team/undo/", "/team/nudge/"])
def test_a_rep_cannot_do_a_managers_work(cast: Cast, cycle: Cycle, path: str) -> None:
    fields = {"rep": "rob", "first": "2026-11", "last": "2026-11", "entry": "5", "reason": "other", "comment": "x"}
    status, _ = send(cast.rep, path, **fields)
    assert status == 403
    assert not TeamReview.objects.exists()


def test_the_roll_ups_queries_do_not_grow_with_the_team(cast: Cast, cycle: Cycle) -> None:
    both = queries(cast.manager, "/team/")
    cast.other_rep.reports_to = cast.ceo
    cast.other_rep.save()
    assert queries(cast.manager, "/team/") == both


# --- Why this number ---------------------------------------------------------------


def test_why_shows_every_stage_and_every_change(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH")
    edit = CellEdit(line.pk, NOV, 75, reason=Reason.CUSTOMER_TOLD, comment="they called")
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=[edit], at=ENTRY)
    html = page(cast.finance, f"/why/{line.pk}/2026-11/")
    for words in ("Seasonal naive", "Baseline", "Number of Rita Rep", "Team number", "Marketing events"):
        assert words in html
    assert "Customer told me" in html
    assert "they called" in html
    assert "Method:" in html
    assert "Your number" in page(cast.rep, f"/why/{line.pk}/2026-11/?cycle=2026-11")


def test_why_is_a_fragment_for_the_panel(cast: Cast, cycle: Cycle) -> None:
    path = f"/why/{cast.line('ALPHA', 'NORTH').pk}/2026-11/"
    html = signed_in(cast.rep).get(path, headers={"HX-Request": "true"}).content.decode()
    assert "data-panel-title" in html
    assert "<html" not in html


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/why/999999/2026-11/", 404),
        ("/why/{line}/2026-10/", 404),
        ("/why/{line}/2028-11/", 404),
        ("/why/{line}/2026-13/", 422),
        ("/why/{line}/2026-11/?cycle=2020-01", 404),
        ("/why/{line}/2026-11/?cycle=x", 422),
    ],
)
def test_a_cell_that_is_not_there_is_told(cast: Cast, cycle: Cycle, path: str, status: int) -> None:
    page(cast.rep, path.format(line=cast.line("ALPHA", "NORTH").pk), status=status)


def test_notes_and_questions_hang_on_the_number(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH")
    address = f"/why/{line.pk}/2026-11/"
    send(cast.finance, f"{address}note/", text="Is the price right?")
    assert "Is the price right?" in page(cast.rep, address)
    status, _ = send(cast.manager, f"{address}ask/", text="Really 75?")
    assert status == 200
    assert Comment.objects.get(kind="question").to == cast.rep
    assert "Send back with this question" not in page(cast.finance, address)


def test_a_form_never_sends_its_reader_elsewhere(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH")
    question = question_ask(cycle=cycle, line=line, by=cast.manager, text="Sure?", at=ENTRY)
    path = f"/questions/{question.pk}/answer/"
    answer = signed_in(cast.rep).post(path, {"text": "Yes", "next": "https://elsewhere.example/"})
    assert answer.headers["Location"] == "/sheet/"


@pytest.mark.parametrize(
    "path", ["/sheet/save/", "/sheet/submit/", "/sheet/withdraw/", "/sheet/new-line/", "/team/accept/", "/team/adjust/"]
)
def test_a_link_never_acts(cast: Cast, cycle: Cycle, path: str) -> None:
    assert signed_in(cast.rep).get(path).status_code == 405
