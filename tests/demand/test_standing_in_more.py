"""What else the substitute does in the place of who is away: calls, answers, new lines; and when that ends."""

from datetime import date, datetime, timedelta

import pytest
from django.test import Client

from cycles.models import Cycle
from demand.models import Call, Change, Comment, CycleLine, Line, OrderCall, OrderLine
from demand.selectors.call_cases import call_cases
from demand.selectors.calls import orders_to_watch
from demand.selectors.standing_in import owner_named, stood_in
from demand.selectors.threads import thread
from demand.services.calls import CallMade, call_make
from demand.services.comments import question_answer, question_ask
from demand.services.new_lines import line_start
from demand.services.submissions import submissions_expect
from jobs.errors import NotYours, Refused
from jobs.models import Message, MovedClock
from masterdata.models import Absence, Person, Product
from tests.cast import Cast
from tests.demand.test_calls import silence
from tests.stages import ENTRY

NOV, DEC = date(2026, 11, 1), date(2026, 12, 1)
TODAY = ENTRY.date()
AFTER = ENTRY + timedelta(days=3)
FOREIGN = ["manager", "ceo", "demand_planner", "marketing"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_entry(cycle: Cycle) -> None:
    MovedClock.objects.create(at=ENTRY)
    submissions_expect(cycle=cycle)


@pytest.fixture
def away(cast: Cast) -> Absence:
    return leave(cast.rep, cast.other_rep)


def leave(person: Person, substitute: Person) -> Absence:
    days = {"first_day": TODAY, "last_day": TODAY + timedelta(days=2)}
    return Absence.objects.create(person=person, substitute=substitute, entered_by=person, entered_at=ENTRY, **days)


def order(cast: Cast) -> OrderLine:
    north = {"customer": cast.customers["NORTH"], "product": cast.products["ALPHA"]}
    return OrderLine.objects.create(
        code="O-1", qty=5, ordered_on=date(2026, 10, 1), promised_on=date(2026, 11, 20), **north
    )


def call(cycle: Cycle, who: Person, subject: OrderLine | Line, at: datetime = ENTRY, **more: object) -> CallMade:
    return call_make(cycle=cycle, person=who, subject=subject, at=at, **{"call": Call.LIKELY} | more)


def question(cast: Cast, cycle: Cycle) -> Comment:
    line = cast.line("ALPHA", "NORTH")
    return question_ask(cycle=cycle, line=line, month=NOV, by=cast.manager, text="Why so many?", at=ENTRY)


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def page(person: Person, path: str, status: int = 200) -> str:
    answer = signed_in(person).get(path)
    assert answer.status_code == status, answer.content[:2000]
    return answer.content.decode()


# --- Calls ---------------------------------------------------------------------------


def test_a_call_in_somebodys_place_names_both(cast: Cast, cycle: Cycle, away: Absence) -> None:
    subject = order(cast)
    made = call(cycle, cast.other_rep, subject).call
    assert (made.by, made.on_behalf_of) == (cast.other_rep, cast.rep)
    own = call(cycle, cast.rep, subject).call
    assert (own.by, own.on_behalf_of) == (cast.rep, None)


@pytest.mark.parametrize("kind", list(Call))
def test_every_call_can_be_made_and_a_slip_moves_the_owners_number(
    cast: Cast, cycle: Cycle, away: Absence, kind: Call
) -> None:
    slips = {"slips_to": DEC} if kind == Call.SLIPS else {}
    made = call(cycle, cast.other_rep, order(cast), call=kind, **slips)
    assert made.units == (5 if slips else 0)
    assert {change.by for change in Change.objects.all()} == ({cast.other_rep} if slips else set())


def test_a_silent_line_is_called_too(cast: Cast, cycle: Cycle, away: Absence) -> None:
    made = call(cycle, cast.other_rep, silence(cast), call=Call.SLIPS, slips_to=DEC)
    assert made.call.on_behalf_of == cast.rep


@pytest.mark.parametrize("who", FOREIGN)
def test_nobody_else_calls(cast: Cast, cycle: Cycle, away: Absence, who: str) -> None:
    with pytest.raises(NotYours):
        call(cycle, getattr(cast, who), order(cast))
    assert not OrderCall.objects.exists()


def test_the_right_to_call_ends_with_the_absence(cast: Cast, cycle: Cycle, away: Absence) -> None:
    subject = order(cast)
    with pytest.raises(NotYours, match="only the owner, or who is named while Rita Rep is away, calls its orders"):
        call(cycle, cast.other_rep, subject, at=AFTER)
    away.delete()
    with pytest.raises(NotYours, match="belongs to Rita Rep"):
        call(cycle, cast.other_rep, subject)


def test_each_is_judged_by_the_own_calls(cast: Cast, cycle: Cycle, away: Absence) -> None:
    subject = order(cast)
    call(cycle, cast.rep, subject, call=Call.FIRM)
    call(cycle, cast.other_rep, subject, call=Call.LOST)
    assert [case.call for case in call_cases(cast.rep)] == ["firm"]
    assert [case.call for case in call_cases(cast.other_rep)] == ["lost"]
    assert [case.call for case in call_cases()] == ["lost"]


def test_the_list_of_who_is_away_and_who_said_what(cast: Cast, cycle: Cycle, away: Absence) -> None:
    subject = order(cast)
    assert owner_named(cast.other_rep, "rita", TODAY) == cast.rep
    html = page(cast.other_rep, "/orders/?for=rita")
    assert "Orders to watch of Rita Rep" in html
    assert f"/orders/order/{subject.pk}/?for=rita" in html
    client = signed_in(cast.other_rep)
    answer = client.post(f"/orders/order/{subject.pk}/?for=rita", {"call": "likely"})
    assert (answer.status_code, answer["Location"]) == (302, "/orders/?for=rita")
    assert "You said likely" in page(cast.other_rep, "/orders/?for=rita")
    assert "Rob Rep said likely, for you" in page(cast.rep, "/orders/").replace("\n", " ")
    swapped = client.post(f"/orders/order/{subject.pk}/?for=rita", {"call": "firm"}, headers={"HX-Request": "true"})
    assert "O-1: Firm." in swapped.content.decode()
    assert not orders_to_watch(cycle, cast.other_rep, on=TODAY).rows


def test_a_list_that_is_not_yours_is_refused(cast: Cast, cycle: Cycle, away: Absence) -> None:
    assert "named while Rita Rep is away" in page(cast.manager, "/orders/?for=rita", status=403)
    page(cast.other_rep, "/orders/?for=nobody", status=404)
    MovedClock.objects.update(at=AFTER)
    page(cast.other_rep, "/orders/?for=rita", status=403)
    answer = signed_in(cast.other_rep).post(f"/orders/order/{order(cast).pk}/?for=rita", {"call": "firm"})
    assert (answer.status_code, OrderCall.objects.count()) == (403, 0)


# --- Questions -------------------------------------------------------------------------


def test_a_question_is_answered_in_somebodys_place(cast: Cast, cycle: Cycle, away: Absence) -> None:
    asked = question(cast, cycle)
    answer = question_answer(question=asked, by=cast.other_rep, text="They asked for it.", at=ENTRY)
    asked.refresh_from_db()
    assert (asked.answered_at, answer.by, answer.to) == (ENTRY, cast.other_rep, cast.manager)
    [head] = thread(cycle, cast.line("ALPHA", "NORTH"))
    assert head.replies_read == [answer]
    assert "Rob Rep for Rita Rep" in page(cast.manager, f"/why/{asked.line_id}/2026-11/")


def test_the_right_to_answer_is_the_substitutes_and_ends(cast: Cast, cycle: Cycle, away: Absence) -> None:
    asked = question(cast, cycle)
    for who in FOREIGN:
        with pytest.raises(NotYours, match="was put to Rita Rep"):
            question_answer(question=asked, by=getattr(cast, who), text="No", at=ENTRY)
    with pytest.raises(NotYours, match="named while Rita Rep is away"):
        question_answer(question=asked, by=cast.other_rep, text="Late", at=AFTER)
    assert not Comment.objects.filter(kind=Comment.Kind.ANSWER).exists()


def test_the_question_stands_where_the_substitute_works(cast: Cast, cycle: Cycle, away: Absence) -> None:
    asked = question(cast, cycle)
    [one] = stood_in(cycle, cast.other_rep, TODAY)
    assert one.questions == [asked]
    for path in ("/", "/sheet/rita/?layer=sales", f"/why/{asked.line_id}/2026-11/"):
        assert f'action="/questions/{asked.pk}/' in page(cast.other_rep, path), path
    home = page(cast.other_rep, "/")
    assert "asks Rita Rep" in home
    assert f'href="/sheet/rita/?layer=sales#line-{asked.line_id}"' in home
    assert f'href="/sheet/#line-{asked.line_id}"' in page(cast.rep, "/")
    sent = signed_in(cast.other_rep).post(
        f"/questions/{asked.pk}/answer/", {"text": "Yes", "next": "/sheet/rita/?layer=sales"}, follow=True
    )
    assert "Answered for Rita Rep. Mona Manager sees it beside the number." in sent.content.decode()
    MovedClock.objects.update(at=AFTER)
    assert f'action="/questions/{asked.pk}/' not in page(cast.other_rep, f"/why/{asked.line_id}/2026-11/")


def test_who_answers_meanwhile_is_told_by_mail_too(cast: Cast, cycle: Cycle, away: Absence) -> None:
    question(cast, cycle)
    mails = {mail.recipient: mail.text for mail in Message.objects.filter(kind="question")}
    assert set(mails) == {cast.rep.user, cast.other_rep.user}
    assert "Answer on the sheet of Rita Rep, who is away;" in mails[cast.other_rep.user]
    away.delete()
    question(cast, cycle)
    assert Message.objects.filter(kind="question", recipient=cast.other_rep.user).count() == 1


# --- New lines ---------------------------------------------------------------------------


@pytest.fixture
def omega(cast: Cast) -> Product:
    return Product.objects.create(code="OMEGA", name="Omega", family=cast.families["BIKES"], price=10)


def start(cycle: Cycle, who: Person, at: datetime = ENTRY) -> Line:
    return line_start(cycle=cycle, person=who, customer="NORTH", product="OMEGA", at=at)


def test_a_line_is_started_for_who_is_away_and_says_so(cast: Cast, cycle: Cycle, away: Absence, omega: Product) -> None:
    line = start(cycle, cast.other_rep)
    row = CycleLine.objects.get(cycle=cycle, line=line)
    assert row.owner == cast.rep
    assert row.flags[0]["why"] == "Rob Rep started this line for Rita Rep on 4 November."


def test_a_line_is_not_started_by_others_nor_afterwards(
    cast: Cast, cycle: Cycle, away: Absence, omega: Product
) -> None:
    for who in FOREIGN:
        with pytest.raises(NotYours):
            start(cycle, getattr(cast, who))
    with pytest.raises(NotYours, match="only the owner, or who is named while Rita Rep is away, starts a line"):
        start(cycle, cast.other_rep, at=AFTER)
    with pytest.raises(Refused):
        line_start(cycle=cycle, person=cast.rep, customer="EAST", product="OMEGA", at=ENTRY)


def test_the_page_starts_it_on_the_right_sheet(cast: Cast, cycle: Cycle, away: Absence, omega: Product) -> None:
    html = page(cast.other_rep, "/sheet/rita/")
    assert '<option value="NORTH">' in html
    assert '<option value="EAST">' not in html
    given = {"customer": "NORTH", "product": "OMEGA", "for": "rita"}
    answer = signed_in(cast.other_rep).post("/sheet/new-line/", given, follow=True)
    assert answer.redirect_chain[-1][0] == "/sheet/rita/?layer=sales"
    assert "is on the sheet of Rita Rep" in answer.content.decode()
