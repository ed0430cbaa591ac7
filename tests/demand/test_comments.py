"""Notes, questions and answers on a line."""

from datetime import date

import pytest

from cycles.models import Cycle
from cycles.services import cycle_advance
from demand.models import Comment, Stage
from demand.selectors.month import month_of_person
from demand.selectors.threads import said_to, thread
from demand.services.comments import note_add, operations_tell, question_answer, question_ask
from demand.services.entries import CellEdit, cells_save
from jobs.errors import Invalid, NotYours, Refused
from jobs.models import Message
from tests.cast import Cast
from tests.stages import ENTRY, REVIEW, cycle_demand_signed

NOV = date(2026, 11, 1)
pytestmark = pytest.mark.django_db


def asked(cycle: Cycle, cast: Cast, by: str = "manager") -> Comment:
    line = cast.line("ALPHA", "NORTH")
    return question_ask(cycle=cycle, line=line, by=getattr(cast, by), text="Why so high?", at=ENTRY, month=NOV)


def test_a_question_reaches_its_owner_on_the_first_page_and_by_mail(cast: Cast, cycle: Cycle) -> None:
    question = asked(cycle, cast)
    assert month_of_person(cycle, cast.rep).questions == [question]
    mail = Message.objects.get(kind="question")
    assert (mail.recipient, mail.subject) == (cast.rep.user, "Mona Manager asks about North Stores, Alpha")
    assert "Why so high?" in mail.text


def test_an_answer_stands_under_its_question_and_goes_back_to_the_asker(cast: Cast, cycle: Cycle) -> None:
    question = asked(cycle, cast)
    answer = question_answer(question=question, by=cast.rep, text="They told me.", at=ENTRY)
    [head] = thread(cycle, cast.line("ALPHA", "NORTH"))
    assert (head, head.replies_read) == (question, [answer])
    assert month_of_person(cycle, cast.rep).questions == []
    assert list(said_to(cycle, cast.manager)) == [answer]


def test_a_returned_line_stays_open_after_entry_until_demand_is_signed(cast: Cast, cycle: Cycle) -> None:
    question = asked(cycle, cast)
    cycle_advance(cycle=cycle, at=REVIEW)
    edit = CellEdit(cast.line("ALPHA", "NORTH").pk, NOV, 77.0)
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=[edit], at=REVIEW)
    question_answer(question=question, by=cast.rep, text="Corrected.", at=REVIEW)
    edit = CellEdit(cast.line("ALPHA", "NORTH").pk, NOV, 78.0)
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=[edit], at=REVIEW)
    cycle_demand_signed(cast, cycle)
    with pytest.raises(Refused, match="is closed"):
        cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=[edit], at=REVIEW)
    with pytest.raises(Refused, match="is signed"):
        asked(cycle, cast)


@pytest.mark.parametrize(
    ("who", "allowed"),
    [("manager", True), ("demand_planner", True), ("ceo", True), ("rep", False), ("other_rep", False), ("coo", False)],
)
def test_who_may_send_a_line_back(cast: Cast, cycle: Cycle, who: str, allowed: bool) -> None:
    if allowed:
        assert asked(cycle, cast, who).to == cast.rep
    else:
        with pytest.raises(NotYours):
            asked(cycle, cast, who)


def test_only_the_one_asked_answers_and_only_once(cast: Cast, cycle: Cycle) -> None:
    question = asked(cycle, cast)
    with pytest.raises(NotYours, match="Rita Rep"):
        question_answer(question=question, by=cast.other_rep, text="I know!", at=ENTRY)
    question_answer(question=question, by=cast.rep, text="Yes.", at=ENTRY)
    with pytest.raises(Refused, match="answered already"):
        question_answer(question=question, by=cast.rep, text="No.", at=ENTRY)


def test_a_note_has_no_answer(cast: Cast, cycle: Cycle) -> None:
    note = note_add(cycle=cycle, by=cast.rep, text="FYI", at=ENTRY, line=cast.line("ALPHA", "NORTH"))
    with pytest.raises(Invalid, match="not a question"):
        question_answer(question=note, by=cast.rep, text="?", at=ENTRY)


def test_a_line_outside_the_cycle_or_without_an_owner_cannot_be_sent_back(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH")
    cycle.lines.filter(line=line).update(owner=None)
    with pytest.raises(Refused, match="belongs to nobody"):
        asked(cycle, cast)
    cycle.lines.filter(line=line).delete()
    with pytest.raises(Refused, match="not part of the cycle"):
        asked(cycle, cast)


def test_a_word_to_operations_reaches_the_supply_planner(cast: Cast, cycle: Cycle) -> None:
    note = operations_tell(cycle=cycle, by=cast.rep, text="North moves its depot in December.", at=ENTRY)
    assert list(said_to(cycle, cast.supply_planner)) == [note]


@pytest.mark.parametrize(("text", "says"), [("  \n", "few words"), ("x" * 2001, "longer than 2,000")])
def test_words_that_say_nothing_or_too_much_are_refused(cast: Cast, cycle: Cycle, text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        note_add(cycle=cycle, by=cast.rep, text=text, at=ENTRY)


def test_control_characters_are_left_out(cast: Cast, cycle: Cycle) -> None:
    note = note_add(cycle=cycle, by=cast.rep, text="a\x00b\u202ec\nd", at=ENTRY)
    assert note.text == "abc\nd"
