"""Naming people with @: who is meant, who is refused, who sees it where."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cycles.models import Cycle
from demand.mentions import mentioned, refusal, suggested
from demand.models import Comment, SaidTo
from demand.selectors.threads import people_named, said_to
from demand.services.comments import note_add, operations_tell, question_answer, question_ask
from demand.services.said import said_seen
from jobs.errors import Invalid
from masterdata.models import Person
from tests.cast import Cast
from tests.stages import ENTRY

KNOWN = {"rita": "Rita Rep", "mona": "Mona Manager", "linda-mitchell": "Linda Mitchell"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@rita please look", ["rita"]),
        ("Ask @Rita, @mona.", ["rita", "mona"]),
        ("(@linda-mitchell) knows; @linda-mitchell!", ["linda-mitchell"]),
        ("mail a@rita.example, or 20 @ 50 and @50 or @12.5", []),
        ("nothing", []),
    ],
)
def test_who_is_named(text: str, names: list[str]) -> None:
    assert mentioned(text) == names


@pytest.mark.parametrize(
    ("name", "meant"),
    [("linda", ["linda-mitchell"]), ("ritta", ["rita"]), ("lynda-mitchell", ["linda-mitchell"]), ("zz", [])],
)
def test_who_may_have_been_meant(name: str, meant: list[str]) -> None:
    assert suggested(name, KNOWN) == meant


def test_a_refusal_says_what_to_do() -> None:
    assert refusal(["ritta"], KNOWN) == "Nobody here is called @ritta. Did you mean @rita (Rita Rep)?"
    assert "choose a name from the list" in refusal(["zz"], KNOWN)


# --- On the number -----------------------------------------------------------------


def said(cast: Cast, cycle: Cycle, text: str) -> Comment:
    return note_add(cycle=cycle, by=cast.finance, text=text, at=ENTRY, line=cast.line("ALPHA", "NORTH"))


@pytest.mark.django_db
def test_a_mention_stands_on_the_first_page_of_everybody_named(cast: Cast, cycle: Cycle) -> None:
    note = said(cast, cycle, "@rita and @Sam, is the price right? I, @finn, doubt it. @rita!")
    assert {row.person for row in note.said_to.all()} == {cast.rep, cast.supply_planner}
    assert list(said_to(cycle, cast.rep)) == [note]
    assert list(said_to(cycle, cast.finance)) == []
    assert list(said_to(cycle, cast.manager)) == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["ritta", "erp", "gone"])
def test_a_name_nobody_has_is_refused_and_nothing_is_written(cast: Cast, cycle: Cycle, name: str) -> None:
    """Programs and people who left cannot be named either."""
    cast.people["adam"].user.username = "gone"
    cast.people["adam"].user.is_active = False
    cast.people["adam"].user.save()
    with pytest.raises(Invalid, match=f"Nobody here is called @{name}"):
        said(cast, cycle, f"@{name} look")
    assert not Comment.objects.exists()


@pytest.mark.django_db
def test_a_question_tells_those_it_names_but_not_the_one_asked_twice(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH")
    question = question_ask(cycle=cycle, line=line, by=cast.manager, text="@rita sure? @dora too", at=ENTRY)
    assert [row.person for row in question.said_to.all()] == [cast.demand_planner]
    answer = question_answer(question=question, by=cast.rep, text="Yes, @sam knows.", at=ENTRY)
    assert {row.person for row in answer.said_to.all()} == {cast.manager, cast.supply_planner}


@pytest.mark.django_db
def test_what_is_said_in_the_thread_counts_as_having_seen_it(cast: Cast, cycle: Cycle) -> None:
    note = said(cast, cycle, "@rita?")
    note_add(cycle=cycle, by=cast.rep, text="It is right.", at=ENTRY, line=cast.line("ALPHA", "NORTH"))
    assert SaidTo.objects.get(comment=note).seen_at == ENTRY


@pytest.mark.django_db
def test_only_ones_own_row_is_seen(cast: Cast, cycle: Cycle) -> None:
    note = operations_tell(cycle=cycle, by=cast.rep, text="@dora and @mona: the depot moves.", at=ENTRY)
    assert said_seen(person=cast.manager, comments=[note], at=ENTRY) == 1
    assert said_seen(person=cast.manager, comments=[note], at=ENTRY) == 0
    assert {row.person for row in SaidTo.objects.filter(seen_at=None)} == {cast.demand_planner, cast.supply_planner}


@pytest.mark.django_db
def test_names_are_found_by_any_part(cast: Cast) -> None:
    assert people_named("re") == [cast.rep, cast.other_rep]
    assert people_named("MONA") == [cast.manager]
    assert people_named("erp") == []
    assert len(people_named("")) == 8


# --- Pages -------------------------------------------------------------------------


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def address(cast: Cast) -> str:
    return f"/why/{cast.line('ALPHA', 'NORTH').pk}/2026-11/"


@pytest.mark.django_db
def test_a_refused_note_comes_back_with_what_was_typed(cast: Cast, cycle: Cycle) -> None:
    client = signed_in(cast.finance)
    for headers in ({}, {"HX-Request": "true"}):
        answer = client.post(f"{address(cast)}note/", {"text": "@ritta, look"}, headers=headers)
        html = answer.content.decode()
        assert answer.status_code == 422
        assert "Did you mean @rita (Rita Rep)?" in html
        assert ">@ritta, look</textarea>" in html
        assert ("<html" in html) == (not headers)
    assert signed_in(cast.manager).post(f"{address(cast)}ask/", {"text": "@ritta?"}).status_code == 422
    assert not Comment.objects.exists()


@pytest.mark.django_db
def test_an_answer_and_a_word_to_operations_are_not_lost_either(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH")
    question = question_ask(cycle=cycle, line=line, by=cast.manager, text="Why so high?", at=ENTRY)
    client = signed_in(cast.rep)
    for path in (f"/questions/{question.pk}/answer/", "/sheet/tell/"):
        answer = client.post(path, {"text": "@ritta & <b>others</b> know"})
        html = answer.content.decode()
        assert answer.status_code == 422
        assert "Did you mean @rita (Rita Rep)?" in html
        assert "@ritta &amp; &lt;b&gt;others&lt;/b&gt; know</textarea>" in html
    assert Comment.objects.count() == 1


@pytest.mark.django_db
def test_the_first_page_shows_a_mention_as_new_once(cast: Cast, cycle: Cycle) -> None:
    note = said(cast, cycle, "@mark, is this the fair?")
    client = signed_in(cast.marketing)
    first, second = (client.get("/").content.decode() for _ in range(2))
    assert "is this the fair?" in first
    assert "is this the fair?" in second
    assert (">new</span>" in first, ">new</span>" in second) == (True, False)
    assert SaidTo.objects.get(comment=note).seen_at is not None


@pytest.mark.django_db
def test_opening_the_number_counts_as_seen_by_the_reader_only(cast: Cast, cycle: Cycle) -> None:
    note = said(cast, cycle, "@rita, @mona: too low?")
    html = signed_in(cast.rep).get(address(cast)).content.decode()
    assert "to Rita Rep, Mona Manager," in " ".join(html.split())
    assert set(SaidTo.objects.filter(comment=note, seen_at=None)) == {note.said_to.get(person=cast.manager)}


@pytest.mark.django_db
def test_the_list_of_names(cast: Cast, cycle: Cycle) -> None:
    client = signed_in(cast.rep)
    found = client.get("/names/", {"q": "mon"}).json()["people"]
    assert found == [{"username": "mona", "name": "Mona Manager", "role": "Sales manager"}]
    assert client.get("/names/", {"q": "x" * 5000}).json() == {"people": []}
    assert Client().get("/names/").status_code == 302


@pytest.mark.django_db
def test_a_thread_reads_as_many_rows_for_one_note_as_for_many(cast: Cast, cycle: Cycle) -> None:
    client = signed_in(cast.rep)
    said(cast, cycle, "@rita @mona 0")
    client.get(address(cast))
    with CaptureQueriesContext(connection) as one:
        client.get(address(cast))
    for number in range(1, 6):
        said(cast, cycle, f"@rita @mona {number}")
    with CaptureQueriesContext(connection) as many:
        assert "@rita @mona 5" in client.get(address(cast)).content.decode()
    assert len(many) == len(one)
