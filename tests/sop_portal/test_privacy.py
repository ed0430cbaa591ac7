"""Nobody reads another's track record by any address, mail, export or view; everybody reads every plan number.

Whose figures those are: product.md P10. What is looked for is what the owner's own page says, so a figure that is
found anywhere else is a leak. A new address is asked by everybody without being named here.
"""

import copy
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from demand.models import CycleLine, Stage
from demand.selectors.sheet import sheet
from jobs.models import Job, Message
from kpis.selectors.track_record import track_record
from kpis.services.cards import cards_mail
from masterdata.models import Person
from masterdata.services.keys import SCOPES, key_create
from meetings.models import Meeting, MeetingKind
from meetings.services.agreement import ceo_approve
from meetings.services.rooms import meeting_finish, meeting_start
from tests.everything import HABITS, UNIT_COSTS, Everything, routes
from tests.meetings.journey import APPROVED, ENTRY, do_job

ACTORS = ("rita", "rob", "mona", "max", "dora", "lena", "finn", "carla", "mark", "adam", "key", "nobody")
SIGNED_IN = ACTORS[:-2]
# A record is its owner's and the managers' above.
READERS = {"rita": {"rita", "mona"}, "rob": {"rob", "mona"}, "ruth": {"ruth", "max"}}
COST_READERS = {"dora", "lena", "finn", "carla"}
FIGURES = re.compile(r"\d[\d,]* units? \([^)]+\)|\b\d{3,4} %|\b\d+ of (?:your )?\d{2}\b")
TOKEN = re.compile(r"\w{16,}")
# What an address is asked beside itself, with the answer a script asks for.
QUERIES = {
    "demand:sheet-of": ["layer=sales", "layer=team", "cycle=2026-10", "unit=money&group=customer&open=all&show=all"],
    "demand:why": ["cycle=2026-10"],
    "demand:review-lines": ["by=rep&only=exceptions", "rep=rita&unit=money", "cycle=2026-10"],
    "demand:team": ["download=csv"],
    "demand:finance": ["currency=EUR", "download=csv"],
    "kpis:executive": ["download=csv"],
    "kpis:feedback": ["reason=customer_told", "download=csv"],
    "kpis:feedback-of": ["customer=North+Stores", "download=csv"],
    "kpis:measure": ["by=region", "by=family&month=2026-09", "by=customer", "by=rep"],
    "kpis:measure-lines": ["family=BIKES", "region=N&month=2026-09", "customer=NORTH"],
    "kpis:accuracy": ["level=product&lag=0"],
    "kpis:forecast": ["cycle=2026-11&stage=sales&level=rep", "cycle=2026-11&stage=sales&level=line&rep=rita"],
    "api-company-forecast": [
        "cycle=2026-11&stage=sales&level=rep",
        "cycle=2026-11&stage=sales&level=line&format=csv",
        "cycle=2026-10&stage=company_forecast&level=rep&measure=revenue",
    ],
    "meetings:control": ["cycle=2026-10"],
    "meetings:reminders-look": ["until=2026-11-09T08:30"],
}
# The pages that show something else while entry is open.
IN_ENTRY = ("home", "demand:sheet", "demand:sheet-of", "demand:orders", "demand:team", "demand:why", "meetings:control")
Ask = Callable[[str], "Asker"]
pytestmark = pytest.mark.django_db


@dataclass
class Asker:
    """Somebody who asks for addresses: a person signed in, a program with its key, or nobody."""

    client: Client
    headers: dict[str, str]

    def get(self, path: str, **headers: str) -> HttpResponseBase:
        return self.client.get(path, headers=self.headers | headers)

    def post(self, path: str) -> HttpResponseBase:
        """An empty form; whatever it does is undone."""
        with transaction.atomic():
            answer = self.client.post(path, headers=self.headers)
            transaction.set_rollback(True)
        return answer


@dataclass
class Month:
    """The company, and whose figures are to be found nowhere else."""

    house: Everything
    private: dict[str, set[str]]


@pytest.fixture(scope="module")
def month(django_db_setup: None, django_db_blocker: pytest.FixtureDef) -> Iterator[Month]:
    """Made once; around all tests of the module lies one transaction, each test's own is a savepoint in it."""
    with django_db_blocker.unblock():
        around = transaction.atomic()
        around.__enter__()
        house = Everything.made()
        found = figures_of(house)
    yield Month(house, found)
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.fixture
def house(month: Month, db: None) -> Everything:
    """Sales entry is open."""
    return copy.deepcopy(month.house)


@pytest.fixture(scope="module")
def executive(month: Month, django_db_blocker: pytest.FixtureDef) -> None:
    """From here on the pack is frozen for the executive meeting; its tests stand last."""
    with django_db_blocker.unblock():
        month.house.to_supply()
        month.house.to_executive()


@pytest.fixture
def private(month: Month) -> dict[str, set[str]]:
    return month.private


def figures_of(house: Everything) -> dict[str, set[str]]:
    """Everybody's figures, without those that two share."""
    found = {name: figures(house, house.cast.people[name]) for name in HABITS}
    return {name: own - set().union(*(found[other] for other in found if other != name)) for name, own in found.items()}


def figures(house: Everything, person: Person) -> set[str]:
    """What the track record, the sheet's hints and the time spent say of a person."""
    record = track_record(person, person)
    shown = [*record.reason_rows, *record.call_rows]
    told = [*record.feedback.sentences, record.bias, record.helped, record.calls, *(row.sentence for row in shown)]
    told += [one.effect for one in (record.best, record.miss) if one]
    hints = {f'"lower": {one["lower"]}' for one in sheet(house.cycle, person, person).hints["increases"].values()}
    seconds = HABITS[person.username][1]
    times = {f"{seconds:.0f}", f"{seconds:,.0f}", f"{seconds / 60:.0f} min"}
    return {figure for sentence in told for figure in FIGURES.findall(sentence)} | hints | times


def asker(house: Everything, name: str) -> Asker:
    client, headers = Client(), {}
    if name == "key":
        scopes = SCOPES
        headers["Authorization"] = f"Bearer {key_create(person=house.cast.api_client, scopes=scopes, at=ENTRY)[1]}"
    elif name != "nobody":
        client.force_login(house.cast.people[name].user)
    return Asker(client, headers)


def words(answer: HttpResponseBase) -> str:
    """The whole answer as a reader would see it, attributes and headers too."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return html.unescape(body.decode(errors="replace")) + str(dict(answer.items()))


def leaks(text: str, private: dict[str, set[str]], actor: str) -> list[str]:
    """The figures in a text that are not for this reader; a random token may have any digits in it."""
    text = TOKEN.sub("", text)
    closed = [own for name, own in private.items() if actor not in READERS[name]]
    found = [figure for own in closed for figure in own if _stands_in(figure, text)]
    if actor not in COST_READERS:
        found += [f"{cost}" for cost in UNIT_COSTS.values() if _stands_in(f"{cost}", text)]
    return found


def _stands_in(figure: str, text: str) -> bool:
    """As a number of its own, not as a part of a longer one."""
    return figure in text and re.search(rf"(?<![\d.,]){re.escape(figure)}(?!\d)", text) is not None


def addresses(house: Everything, names: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """(name, path) of every address with real values, and with what can be asked of it."""
    found = []
    for route in routes():
        if names and route.name not in names:
            continue
        paths = [reverse(route.name, kwargs=values) for values in house.parameters(route)]
        asked = [f"{path}?{query}" for path in paths[:1] for query in QUERIES.get(route.name, [])]
        found += [(route.name, path) for path in [*paths, *asked]]
    return found


def check_gets(house: Everything, private: dict[str, set[str]], actor: str, names: tuple[str, ...] = ()) -> int:
    """Ask for every address; returns how many answered with something to read."""
    asks, read, found = asker(house, actor), 0, []
    for name, path in addresses(house, names):
        for headers in ({}, {"HX-Request": "true"}) if name.startswith("kpis:feedback") else ({},):
            answer = asks.get(path, **headers)
            read += answer.status_code == 200
            assert answer.status_code < 500, f"{path}: {answer.status_code}"
            found += [(path, leak) for leak in leaks(words(answer), private, actor)]
    assert not found, f"{actor} reads what is another's: {found}"
    return read


@pytest.mark.parametrize(
    "text", ["3877", "took 3877 s", "3877s", '"a\\\\n3877"', "(3877)", "3877.0", f"{'a' * 15}-3877"]
)
def test_anothers_figure_is_found(text: str) -> None:
    assert leaks(text, {"rob": {"3877"}}, "mark") == ["3877"]
    assert leaks(text, {"rob": {"3877"}}, "rob") == []


@pytest.mark.parametrize("text", ["13877", "3,877", "38770", "1.3877", f"{'aX' * 20}3877b9", f'"7-c3877d{"e" * 26}"'])
def test_digits_within_something_longer_are_none(text: str) -> None:
    assert leaks(text, {"rob": {"3877"}}, "mark") == []


# --- The figures are there to be found -------------------------------------------------------


@pytest.mark.parametrize("name", HABITS)
def test_the_owner_and_the_manager_read_the_figures(house: Everything, private: dict[str, set[str]], name: str) -> None:
    for reader in READERS[name]:
        own = reader == name
        text = words(asker(house, reader).get("/feedback/" if own else f"/feedback/{name}/"))
        shown = {figure for figure in private[name] if _stands_in(figure, text)}
        assert len(shown) >= 4
        assert any(figure.endswith(" %") for figure in shown)
    hints = {figure for figure in private[name] if figure.startswith('"lower"')}
    assert hints
    assert all(hint in words(asker(house, name).get("/sheet/")) for hint in hints)


def test_the_figures_of_two_reps_differ(private: dict[str, set[str]]) -> None:
    assert all(len(own) >= 8 for own in private.values())
    assert not private["rita"] & private["rob"]


# --- Pages, REST and forms -------------------------------------------------------------------


@pytest.mark.parametrize("actor", ACTORS)
def test_no_page_of_an_open_entry_tells_anothers_figures(
    house: Everything, private: dict[str, set[str]], actor: str
) -> None:
    read = check_gets(house, private, actor, IN_ENTRY)
    assert (read > 10) == (actor in SIGNED_IN)


@pytest.mark.parametrize("actor", ACTORS)
def test_no_answer_to_a_form_tells_anothers_figures(
    house: Everything, private: dict[str, set[str]], actor: str
) -> None:
    found, first = [], dict(reversed(addresses(house)))
    asks = asker(house, actor)
    for path in (path for name, path in first.items() if name not in ("login", "logout")):
        answer = asks.post(path)
        assert answer.status_code < 500, f"{path}: {answer.status_code}"
        found += [(path, leak) for leak in leaks(words(answer), private, actor)]
    assert not found, f"{actor} is answered with what is another's: {found}"


@pytest.mark.parametrize("name", HABITS)
def test_a_record_of_anothers_is_not_there(house: Everything, name: str) -> None:
    for actor in SIGNED_IN:
        answer = asker(house, actor).get(f"/feedback/{name}/")
        assert answer.status_code == (200 if actor in READERS[name] else 404), f"{actor} asks for {name}"
    for actor in ("key", "nobody"):
        assert asker(house, actor).get(f"/feedback/{name}/").status_code == 302


def test_who_stands_in_reads_the_sheet_without_its_hints(house: Everything, private: dict[str, set[str]]) -> None:
    """Rita enters for Rob while he is away."""
    text = words(asker(house, "rita").get("/sheet/rob/?layer=sales"))
    assert "You enter for Rob Rep" in text
    assert leaks(text, private, "rita") == []


# --- Exports and the view for BI -------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("level", ["rep", "line"])
def test_an_export_has_plan_numbers_only(
    house: Everything, private: dict[str, set[str]], tmp_path, form: str, level: str
) -> None:
    output = tmp_path / f"sales.{form}"
    call_command("export_forecast", "2026-10", stage="sales", level=level, format=form, output=output)
    table = pd.read_csv(output) if form == "csv" else pd.read_parquet(output)
    assert set(table.columns) == {*(["rep"] if level == "rep" else ["customer", "product"]), "month", "quantity"}
    assert leaks(table.to_csv(), private, "nobody") == []


def test_the_view_for_bi_has_plan_numbers_only(house: Everything, private: dict[str, set[str]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT viewname FROM pg_views WHERE schemaname = 'public' ORDER BY viewname")
        assert [name for (name,) in cursor.fetchall()] == ["bi_accuracy", "bi_actuals", "bi_company_forecast"]
        for view in ("bi_accuracy", "bi_actuals"):
            cursor.execute(f"SELECT * FROM {view}")
            found = [column.name for column in cursor.description]
            assert not {"rep", "owner", "unit_cost", "margin"} & set(found)
            assert leaks(str(cursor.fetchall()), private, "nobody") == []
        cursor.execute("SELECT * FROM bi_company_forecast")
        columns = [column.name for column in cursor.description]
        rows = cursor.fetchall()
    assert columns == ["cycle", "revision", "month", "product", "customer", "family", "region", "rep", *columns[-2:]]
    assert columns[-2:] == ["quantity", "revenue"]
    assert len(rows) > 500


# --- And everybody reads every plan number ---------------------------------------------------


def test_everybody_reads_every_number_of_every_line(house: Everything) -> None:
    lines = CycleLine.objects.filter(cycle=house.cycle).count()
    for stage in (Stage.BASELINE, Stage.SALES, Stage.TEAM, Stage.EVENTS):
        query = f"?cycle={house.cycle.code}&stage={stage}&level=line&page_size=10000"
        bodies = [asker(house, actor).get(f"/api/v1/company-forecast/{query}") for actor in (*SIGNED_IN, "key")]
        assert {body.status_code for body in bodies} == {200}
        assert len({body.content for body in bodies}) == 1  # type: ignore[attr-defined]
        assert bodies[0].json()["count"] == lines * house.cycle.horizon  # type: ignore[attr-defined]


@pytest.mark.parametrize("actor", SIGNED_IN)
def test_everybody_opens_every_sheet_and_every_line(house: Everything, actor: str) -> None:
    asks = asker(house, actor)
    for owner in HABITS:
        sheet = words(asks.get(f"/sheet/{owner}/?open=all&show=all"))
        of_owner = CycleLine.objects.filter(cycle=house.cycle, owner__user__username=owner)
        assert all(f'data-line="{line}"' in sheet for line in of_owner.values_list("line_id", flat=True))
    for line in CycleLine.objects.filter(cycle=house.cycle).values_list("line_id", flat=True):
        assert asks.get(f"/why/{line}/{house.cycle.code}/").status_code == 200


# --- The executive step: every address and every mail -------------------------------------------


@pytest.mark.parametrize("actor", ACTORS)
def test_no_address_tells_anothers_figures(
    executive: None, house: Everything, private: dict[str, set[str]], actor: str
) -> None:
    read = check_gets(house, private, actor)
    least = {"nobody": 3, "key": 6}.get(actor, 45)
    assert read >= least


def test_no_mail_tells_anothers_figures(executive: None, house: Everything, private: dict[str, set[str]]) -> None:
    """The cards of the month, minutes, digests, requests and everything else that was queued on the way."""
    meeting = Meeting.objects.get(cycle=house.cycle, kind=MeetingKind.EXECUTIVE)
    meeting = meeting_start(meeting=meeting, by=house.cast.leader, on=APPROVED.date(), at=APPROVED)
    ceo_approve(cycle=house.cycle, person=house.cast.ceo, at=APPROVED)
    meeting_finish(meeting=meeting, by=house.cast.leader, at=APPROVED + timedelta(hours=1))
    do_job(Job.objects.get(kind="publish", key=house.cycle.code), APPROVED)
    cards_mail(at=APPROVED)
    mails = list(Message.objects.select_related("recipient"))
    assert {"monthly_card", "meeting_digest", "pack", "published", "question"} <= {mail.kind for mail in mails}
    for mail in mails:
        reader = mail.recipient.username if mail.recipient else ""
        text = html.unescape(f"{mail.subject} {mail.text} {mail.html} {mail.calendar}")
        assert leaks(text, private, reader) == [], f"{mail.kind} to {reader}"
    cards = {mail.recipient.username: mail for mail in mails if mail.kind == "monthly_card" and mail.recipient}
    assert set(cards) == set(HABITS)
    assert all(any(_stands_in(figure, cards[name].text) for figure in private[name]) for name in HABITS)
