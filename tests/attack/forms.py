"""What the pages of the portal would send, spoiled field by field.

The forms are taken from the pages themselves, so a new one is attacked without being named here.
"""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import lxml.html
from django.urls import reverse

from supply.inputs import Inputs
from tests.attack.sending import Attack, Attackers
from tests.attack.texts import TEXTS
from tests.everything import Everything, routes
from tests.matrix import ROLES

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
EACH_FIELD = 6
DIGITS = re.compile(r"\d+")
ELSEWHERE = ("/logout", "/static")


def forms_and_links(attackers: Attackers, readers: int) -> list[Attack]:
    """Every form and every link with a query on every page, as so many of those who are shown it would send it."""
    found: list[Attack] = []
    dice = random.Random(9)
    for path in pages(attackers.house):
        for who in dice.sample(list(ROLES), readers):
            answer = attackers.send(Attack(who, "GET", path))
            if answer.status == 200 and "text/html" in answer.headers.get("content-type", ""):
                found += _of_page(who, path, answer.body)
    return list(dict.fromkeys(found))


def pages(house: Everything) -> list[str]:
    """One real path for each address."""
    named = [[reverse(route.name, kwargs=values) for values in house.parameters(route)] for route in routes()]
    return [paths[0] for paths in named if paths and not paths[0].startswith(ELSEWHERE)]


def _of_page(who: str, path: str, content: bytes) -> Iterator[Attack]:
    page = lxml.html.fromstring(content)
    for form in page.forms:
        target = urlsplit(urljoin(path, form.get("action") or path)).path
        if not target.startswith(ELSEWHERE):
            yield Attack(who, (form.get("method") or "get").upper(), target, _fields(form))
    for link in {str(one) for one in page.xpath("//a/@href") if "?" in str(one)}:
        target = urlsplit(urljoin(path, link))
        if not target.netloc:
            yield Attack(who, "GET", target.path, tuple(parse_qsl(target.query)))


def _fields(form: lxml.html.FormElement) -> tuple[tuple[str, str], ...]:
    shown = [(name, str(value)) for name, value in form.form_values() if name != "csrfmiddlewaretoken"]
    more = dict.fromkeys(str(one.name) for one in form.inputs if one.name and one.name not in dict(shown))
    return (*shown, *((name, "") for name in more))


def spoiled(seen: list[Attack], dice: random.Random) -> list[Attack]:
    """Each with one field spoiled, with each field missing, with nothing at all, and with odd names of fields."""
    return list(dict.fromkeys(one for attack in seen for one in _spoiled(attack, dice)))


def _spoiled(attack: Attack, dice: random.Random) -> Iterator[Attack]:
    fields = [(str(name), str(value)) for name, value in attack.body]
    yield _sent(attack, ())
    for digit in ("²", "9" * 5000, "-", "\u0661"):
        yield _sent(attack, tuple((DIGITS.sub(digit, name), value or "1") for name, value in fields))
    for name in dict.fromkeys(name for name, _ in fields):
        for text in dice.sample(TEXTS, EACH_FIELD):
            yield _sent(attack, tuple((one, text if one == name else value) for one, value in fields))
        yield _sent(attack, tuple((one, value) for one, value in fields if one != name))


def _sent(attack: Attack, fields: tuple[tuple[str, str], ...]) -> Attack:
    """Fields of a form that asks stand in the address."""
    if attack.method != "GET":
        return replace(attack, body=fields)
    query = urlencode(fields, errors="surrogatepass")
    return replace(attack, path=f"{attack.path}?{query}" if query else attack.path, body=())


def by_everybody(attackers: Attackers, seen: list[Attack], dice: random.Random) -> list[Attack]:
    """What one is shown, spoiled and sent by somebody else."""
    posts = list({attack.path: attack for attack in seen if attack.method == "POST"}.values())
    return [
        replace(attack, who=who)
        for post in posts
        for who in attackers.everybody
        if who != post.who
        for attack in dice.sample(list(_spoiled(post, dice)), 1)
    ]


def batches(house: Everything) -> dict[str, str]:
    """What the grids send, as JSON for a line of rita's, by the path it is sent to."""
    line = house.cast.line("ALPHA", "NORTH").pk
    texts = {name: json.dumps(batch | {"token": TOKEN}) for name, batch in BATCHES.items()}
    found = {reverse(name): text.replace('"line": 0', f'"line": {line}') for name, text in texts.items()}
    edit = {"line": "1:2026-11", "month": "2026-11", "value": 5, "seen": 4, "reason": "counted"}
    for sheet in Inputs:
        path = reverse("supply:inputs-save", kwargs={"sheet": sheet})
        found[path] = json.dumps({"token": TOKEN, "edits": [edit]})
    return found
