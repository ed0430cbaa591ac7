"""Whatever is typed into any form, address or batch: an answer that says what is wrong, never an error of ours.

The forms are taken from the pages themselves, so a new one is attacked without being named here. A short selection runs
each time; `./portal test --faults` sends more than twenty thousand requests.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import lxml.html
import pytest
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from masterdata.services.keys import key_create
from tests.cast import small_company
from tests.everything import Everything, routes
from tests.meetings.journey import ENTRY

pytestmark = pytest.mark.django_db
PEOPLE = ("rita", "mona", "mark", "dora", "sam", "finn", "lena", "carla", "adam")
# Requests in an ordinary run and in a whole one, for each moment of the month.
FEW, MANY = 600, 10_500
TEXTS = (
    *("", " ", "-1", "0", "NaN", "nan", "inf", "-Infinity", "1e309", "-1e308", "true", "null", "None", "[]", "{}"),
    *("１２３", "١٢٣", "1_000", "1,000.5", "1.000,5", "1.2.3", "0.000000000001", "9" * 400, "12345678901234567890"),
    *("2147483648", "9223372036854775808", "-9223372036854775809", "0x10", "1/0", "50%", "150 %", "+10%", "=bl"),
    *("2026-13", "2026-00", "0000-01", "2027-02-30", "2026-11-27", "99999-12-31", "2026-11-01T25:61", "2026-W50"),
    *("\x00", "a\x00b", "\u202etxt.exe", "\ufeff", "a\u00a0b", "\u200b", "é" * 300, "🙂" * 100, "line\r\nbreak\x1b[0m"),
    *("<script>alert(1)</script>", "' OR 1=1 --", "%00", "../../etc/passwd", "{{ 7*7 }}", "=1+1", "x" * 100_000),
    *(
        "nobody-of-this-name",
        "rita",
        "RITA",
        "lena ",
        "@",
        "@rita @lena",
        "-",
        "/",
        "\\",
        "?",
        "#",
        "http://x.example/",
    ),
)
VALUES = (*TEXTS[:40], 0, -1, 1.5, 1e308, 10**30, True, False, None, [], {}, [[]], {"line": 1}, ["2026-11"])
# What the grids send, well formed; every part of it is replaced in turn.
BATCHES = {
    "demand:sheet-save": {
        "edits": [{"line": 0, "month": "2026-11", "value": 5, "seen": 4, "reason": "", "comment": ""}]
    },
    "demand:sheet-parts": {"edits": [{"line": 0, "month": "2026-11", "part": "firm", "value": 5, "seen": None}]},
    "demand:sheet-lock": {"cells": [{"line": 0, "month": "2026-11"}], "locked": True},
    "demand:review-save": {
        "edits": [{"line": 0, "month": "2026-11", "value": 5, "seen": 4, "reason": "", "comment": ""}]
    },
    "demand:review-lines-lock": {"cells": [{"line": 0, "month": "2026-11"}], "locked": True},
}
TOKEN = "7d444840-9dc0-11d1-b245-5ffdce74fad2"


@dataclass(frozen=True)
class Attack:
    """One request of one person: fields as a form sends them, or a body as a script sends it."""

    who: str
    method: str
    path: str
    fields: tuple[tuple[str, str], ...] = ()
    body: str = ""

    def __str__(self) -> str:
        what = self.body or dict(self.fields)
        return f"{self.who}: {self.method} {self.path} {str(what)[:300]}"


class Attackers:
    """Everybody with a browser of their own; what a request does is undone."""

    def __init__(self, house: Everything) -> None:
        self.clients = {name: Client(raise_request_exception=False) for name in PEOPLE}
        for name, client in self.clients.items():
            client.force_login(house.cast.people[name].user)
        scopes = ("forecast:read", "cycles:read")
        _, self.key = key_create(person=house.cast.api_client, scopes=scopes, at=ENTRY)

    def send(self, attack: Attack) -> HttpResponseBase:
        with transaction.atomic():
            answer = self._send(attack)
            if answer.streaming:
                list(answer.streaming_content)  # type: ignore[attr-defined]
            transaction.set_rollback(True)
        return answer

    def _send(self, attack: Attack) -> HttpResponseBase:
        client = self.clients[attack.who]
        if attack.method == "GET":
            headers = {"authorization": f"Bearer {self.key}"} if attack.path.startswith("/api/") else {}
            return client.get(attack.path, list(attack.fields), headers=headers)
        if attack.body:
            headers = {"accept": "application/json"}
            return client.post(attack.path, attack.body, content_type="application/json", headers=headers)
        data = urlencode(attack.fields, errors="surrogatepass")
        return client.post(attack.path, data, content_type="application/x-www-form-urlencoded")


def attacks_of(house: Everything, attackers: Attackers, dice: random.Random) -> list[Attack]:
    """Every field of every form on every page, of every batch and of every query, each with values that do not fit."""
    found: list[Attack] = []
    for who in PEOPLE:
        for path in _pages(house):
            answer = attackers.send(Attack(who, "GET", path))
            if answer.status_code == 200 and "text/html" in answer.get("Content-Type", ""):
                found += _of_page(who, path, answer.content, dice)
    found += [attack for who in ("rita", "mona", "dora") for attack in _of_batches(house, who, dice)]
    return list(dict.fromkeys(found))


def _pages(house: Everything) -> list[str]:
    found = []
    for route in routes():
        paths = [reverse(route.name, kwargs=values) for values in house.parameters(route)]
        found += [path for path in paths[:1] if not path.startswith(("/logout", "/static"))]
    return found


def _of_page(who: str, path: str, content: bytes, dice: random.Random) -> Iterator[Attack]:
    page = lxml.html.fromstring(content)
    for form in page.forms:
        target = urlsplit(urljoin(path, form.get("action") or path)).path
        if target.startswith("/logout"):
            continue
        fields = [(name, str(value)) for name, value in form.form_values() if name != "csrfmiddlewaretoken"]
        fields += [(str(one.name), "") for one in form.inputs if one.name and one.name not in dict(fields)]
        method = (form.get("method") or "get").upper()
        yield from _spoiled(who, method, target, fields, dice)
    for link in {str(one) for one in page.xpath("//a/@href") if "?" in str(one)}:
        target = urlsplit(urljoin(path, link))
        if not target.netloc:
            yield from _spoiled(who, "GET", target.path, parse_qsl(target.query), dice)


def _spoiled(who: str, method: str, path: str, fields: list[tuple[str, str]], dice: random.Random) -> Iterator[Attack]:
    """The form with one field spoiled, with each field missing, and with nothing at all."""
    yield Attack(who, method, path)
    for name in {name for name, _ in fields}:
        for text in dice.sample(TEXTS, 6):
            spoiled = tuple((one, text if one == name else value) for one, value in fields)
            yield Attack(who, method, path, spoiled)
        yield Attack(who, method, path, tuple((one, value) for one, value in fields if one != name))


def _of_batches(house: Everything, who: str, dice: random.Random) -> Iterator[Attack]:
    for name, batch in BATCHES.items():
        path = reverse(name)
        whole = json.loads(json.dumps(batch).replace('"line": 0', f'"line": {house.cast.line("ALPHA", "NORTH").pk}'))
        whole["token"] = TOKEN
        for body in ("", "{", "[]", "null", "1", '{"edits": 1}', "[" * 5000, json.dumps({"token": TOKEN, "edits": []})):
            yield Attack(who, "POST", path, body=body or " ")
        for key in list(whole):
            for value in dice.sample(VALUES, 12):
                yield Attack(who, "POST", path, body=json.dumps(whole | {key: value}))
        (inner,) = [key for key in whole if isinstance(whole[key], list)]
        for key in whole[inner][0]:
            for value in dice.sample(VALUES, 20):
                yield Attack(who, "POST", path, body=json.dumps(whole | {inner: [whole[inner][0] | {key: value}]}))


@pytest.mark.parametrize("moment", ["entry", "executive"])
def test_nothing_that_is_sent_ends_in_an_error_of_ours(
    moment: str, request: pytest.FixtureRequest, figure: Callable[[str, str], None]
) -> None:
    house = Everything.made()
    if moment == "executive":
        house.to_supply()
        house.to_executive()
    dice = random.Random(f"{moment} 9")
    attackers = Attackers(house)
    attacks = attacks_of(house, attackers, dice)
    count = MANY if request.config.getoption("faults") else FEW
    chosen = dice.sample(attacks, min(count, len(attacks)))
    statuses, faults = Counter(), []
    for attack in chosen:
        status = attackers.send(attack).status_code
        statuses[status] += 1
        if status >= 500:
            faults.append(f"{status} {attack}")
    figure(f"Spoiled requests while {moment}", f"{len(chosen):,} of {len(attacks):,}: {dict(sorted(statuses.items()))}")
    assert not faults, "\n".join([f"{len(faults)} of {len(chosen)}:", *faults[:40]])


@pytest.mark.parametrize(
    ("path", "fields"),
    [("/sheet/?show=%00", None), ("/person%00/", None), ("/api/v1/cycles/?month=%00", None), ("/", {"a": "\x00"})],
)
def test_a_character_that_no_text_has_is_refused_at_the_door(client: Client, path: str, fields: dict | None) -> None:
    house = small_company()
    client.force_login(house.leader.user)
    answer = client.post(path, fields) if fields else client.get(path)
    assert answer.status_code == 400
    if path.startswith("/api/"):
        assert answer.json()["code"] == "not_text"
    else:
        assert "a character that no text has" in answer.content.decode()


def test_a_form_sent_to_an_address_of_batches_is_told_so(client: Client) -> None:
    client.force_login(small_company().rep.user)
    answer = client.post("/sheet/save/", {"token": "1"}, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (415, "not_json")
