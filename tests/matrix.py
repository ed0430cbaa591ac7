"""Every address asked in every way by everybody: what the access matrix is made of.

Thirteen actors: the ten roles, nobody, somebody whose account was closed while signed in, a program whose key was
revoked. What is sent is what a page of the portal itself would send, so that a refusal is about who asks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlencode, urljoin, urlsplit

import lxml.html
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from masterdata.models import Person
from masterdata.roles import Role
from masterdata.services.keys import SCOPES, key_create, key_revoke
from tests.everything import Everything, Route
from tests.meetings.journey import ENTRY

ROLES = {
    Role.SALES_REP: "rita",
    Role.SALES_MANAGER: "mona",
    Role.MARKETING: "mark",
    Role.DEMAND_PLANNER: "dora",
    Role.SUPPLY_PLANNER: "sam",
    Role.FINANCE: "finn",
    Role.SOP_LEADER: "lena",
    Role.EXECUTIVE: "carla",
    Role.API_CLIENT: "erp",
    Role.ADMIN: "adam",
}
STRANGERS = ("nobody", "disabled", "revoked key")
ACTORS = (*ROLES, *STRANGERS)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SAFE = ("GET", "HEAD", "OPTIONS")
# What a request may leave behind although it was refused: sessions, tries to sign in, when a key was used.
NOT_COUNTED = {
    *("sop_portal_session", "axes_accessattempt", "axes_accesslog", "axes_accessfailurelog"),
    *("masterdata_apikey", "masterdata_apikeyuse"),
}
PLAUSIBLE = {
    "date": "2026-12-01",
    "datetime-local": "2026-12-01T10:00",
    "month": "2026-12",
    "number": "5",
    "email": "new@small.example",
    "url": "https://erp.example.com/",
    "file": "",
    "hidden": "",
}
Fields = list[tuple[str, str]]
# Fields as a form sends them, or what a script sends.
Body = Sequence[tuple[str, str]] | str | bytes
Headers = Mapping[str, str]
NO_HEADERS: Headers = MappingProxyType({})


@dataclass(frozen=True)
class Answer:
    """How a request was answered, and which tables it left otherwise than they were."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    changed: frozenset[str]
    cookies: str = ""


class Actors:
    """Everybody with a browser or a key of their own; whatever a request does is undone."""

    def __init__(self, house: Everything) -> None:
        self.clients = {actor: Client(raise_request_exception=False) for actor in ACTORS}
        for role, username in ROLES.items():
            self.clients[role].force_login(house.cast.people[username].user)
        self._disabled(house)
        self.keys = {Role.API_CLIENT: _key(house), "revoked key": _key(house, revoked=True)}
        self.before = digests()

    def _disabled(self, house: Everything) -> None:
        user, made = get_user_model().objects.get_or_create(username="gone", first_name="Greta Gone")
        if made:
            Person.objects.create(user=user, role=Role.SOP_LEADER, department="S&OP", reports_to=house.cast.ceo)
        self.clients["disabled"].force_login(user)
        user.is_active = False
        user.save()

    def ask(self, actor: str, method: str, path: str, fields: Body = (), headers: Headers = NO_HEADERS) -> Answer:
        with transaction.atomic():
            counted = counters()
            answer = self._send(actor, method, path, fields, headers)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
            changed = changed_tables(counted, self.before)
            transaction.set_rollback(True)
        headers = {name.lower(): value for name, value in answer.items()}
        return Answer(answer.status_code, body, headers, changed, answer.cookies.output())

    def _send(self, actor: str, method: str, path: str, fields: Body, more: Headers) -> HttpResponseBase:
        headers = {"Authorization": f"Bearer {self.keys[actor]}"} if actor in self.keys else {}
        client, headers = self.clients[actor], headers | more
        if isinstance(fields, str | bytes):
            return client.generic(method, path, fields, "application/json", headers=headers)
        if method in SAFE:
            return client.generic(method, path, headers=headers)
        data = urlencode(list(fields), errors="surrogatepass")
        return client.generic(method, path, data, "application/x-www-form-urlencoded", headers=headers)


def _key(house: Everything, *, revoked: bool = False) -> str:
    key, secret = key_create(person=house.cast.api_client, scopes=SCOPES, at=ENTRY)
    if revoked:
        key_revoke(key=key, at=ENTRY)
    return secret


def counters() -> dict[str, int]:
    """Rows written in this transaction by table, those undone since included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
        return {name: count for name, count in cursor.fetchall() if name not in NOT_COUNTED}


def digest(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM \"{table}\" t")
        return str(cursor.fetchone()[0])


def changed_tables(counted: Mapping[str, int], before: Mapping[str, str]) -> frozenset[str]:
    """The tables that are otherwise than `before`, of those written since `counted`."""
    touched = [table for table, count in counters().items() if count != counted.get(table, 0)]
    return frozenset(one for one in touched if digest(one) != before.get(one))


def digests() -> dict[str, str]:
    """A digest of all rows of every table there is."""
    return {table: digest(table) for table in counters()}


def forms_of(path: str, answer: Answer) -> dict[str, Fields]:
    """What a page would send, by the path it would send it to."""
    if answer.status != 200 or not answer.headers.get("content-type", "").startswith("text/html"):
        return {}
    page = lxml.html.fromstring(answer.body or b"<p>")
    return {urlsplit(urljoin(path, form.get("action") or path)).path: _fields(form) for form in page.forms}


def _fields(form: lxml.html.FormElement) -> Fields:
    """The form as it is shown, with something plausible where it is empty: that would be refused whoever sends it."""
    shown = [(str(name), str(value)) for name, value in form.form_values() if name != "csrfmiddlewaretoken"]
    fields = [(name, value or _plausible(form, name)) for name, value in shown]
    given = {name for name, _ in fields}
    radios = {str(one.name): str(one.get("value")) for one in form.inputs if one.get("type") == "radio" and one.name}
    return [*fields, *((name, value) for name, value in radios.items() if name not in given)]


def _plausible(form: lxml.html.FormElement, name: str) -> str:
    field = form.inputs[name]
    if isinstance(field, lxml.html.SelectElement):
        return next((value for value in reversed(list(field.value_options)) if value), "")
    if field.tag == "input" and field.get("type") in PLAUSIBLE:
        return PLAUSIBLE[field.get("type")]
    return "5" if field.get("inputmode") in ("decimal", "numeric") else "Said by somebody"


def objects(house: Everything, route: Route) -> dict[str, str]:
    """The paths of one address by whose object they name: rita's own or everybody's, another's, and one not there."""
    known = house.parameters(route) if route.parameters else [{}]
    paths = [reverse(route.name, kwargs=values) for values in known]
    found = dict(zip(("own", "other's"), paths, strict=False))
    if route.parameters:
        found["missing"] = _missing(route, known)
    return found


def _missing(route: Route, known: list[dict[str, object]]) -> str:
    """An address of the same kind that names nothing there is."""
    whole = {name for name in route.parameters if f"<int:{name}>" in route.pattern}
    whole |= {name for values in known[:1] for name, value in values.items() if isinstance(value, int)}
    return reverse(route.name, kwargs={name: 987_654_321 if name in whole else "no-such" for name in route.parameters})
