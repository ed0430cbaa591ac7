"""Adding an event: similar ones, overlaps, ended products, last year's again, and the flag reps see."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from django.test import Client

from cycles.models import Cycle
from cycles.periods import add_months
from cycles.services import cycle_advance
from demand.event_scopes import Draft, most_similar, overlapping, similar_words
from demand.models import CycleLine, Event, EventKind, Stage
from demand.selectors.event_advice import advice
from demand.selectors.events import events_frame, events_to_copy
from demand.selectors.events_page import events_page
from demand.selectors.versions import stage_plan
from demand.services.events import EventEntry, event_cancel, event_save, events_copy_last_year
from masterdata.bundles import ImportFile
from masterdata.models import Person, Product
from masterdata.services.imports import ImportResult
from sop_portal.imports import import_files
from tests.cast import Cast
from tests.stages import ENTRY, REVIEW

NOV, DEC = date(2026, 11, 1), date(2026, 12, 1)
LINES = pd.DataFrame(
    [("ALPHA", "BIKES", c, "N") for c in "XYZ"] + [("GAMMA", "PARTS", "X", "N"), ("BETA", "BIKES", "X", "S")],
    columns=["product", "family", "customer", "region"],
)
FAMILIES = {"ALPHA": "BIKES", "BETA": "BIKES", "GAMMA": "PARTS"}


def past(name: str, month: int, **more: object) -> Draft:
    facts = {"kind": "promotion", "uplift": 20.0, "first": date(2026, month, 1), "last": date(2026, month, 1)}
    return Draft(name=name, code=name, **facts | more)


# --- Similar -----------------------------------------------------------------------


def test_the_same_kind_comes_first_then_the_product_then_the_family_then_the_size() -> None:
    known = [
        past("loss", 9, kind="loss", product="ALPHA"),
        past("parts", 9, family="PARTS"),
        past("everything", 9),
        past("wide", 8, family="BIKES", last=date(2026, 9, 1)),
        past("narrow", 8, family="BIKES", customer="X"),
        past("exact", 1, product="ALPHA"),
        past("unmeasured", 9, product="ALPHA", uplift=None),
    ]
    draft = Draft(kind="promotion", product="ALPHA", first=NOV, last=NOV)
    found = [event.name for event in most_similar(draft, known, LINES, FAMILIES, most=9)]
    assert found == ["exact", "narrow", "wide", "everything", "parts"]


def test_among_equals_the_latest_three_teach() -> None:
    known = [past(str(month), month, family="BIKES") for month in (2, 9, 5, 7)]
    found = most_similar(Draft(kind="promotion", family="BIKES"), known, LINES, FAMILIES)
    assert [event.name for event in found] == ["9", "7", "5"]


def test_the_words_name_them_with_the_median() -> None:
    events = [past("A", 1, uplift=18.0), past("B", 2, uplift=-25.5), past("C", 3, uplift=31.0)]
    assert similar_words(events) == "Most similar: A +18 %, B −25.5 %, C +31 %; median +18 %."
    assert similar_words(events[:1]) == "Most similar: A +18 %."
    assert similar_words([]) == ""


# --- Overlaps ----------------------------------------------------------------------


def test_events_overlap_where_lines_and_months_do() -> None:
    drafts = [
        Draft(family="BIKES", first=NOV, last=DEC),
        Draft(product="ALPHA", region="N", first=DEC, last=DEC),
        Draft(family="BIKES", region="S", first=DEC, last=DEC),
        Draft(family="PARTS", first=NOV, last=DEC),
        Draft(family="BIKES", first=date(2027, 1, 1), last=date(2027, 1, 1)),
        Draft(family="BIKES"),
    ]
    found = overlapping(drafts, LINES)
    assert [np.flatnonzero(row).tolist() for row in found] == [[1, 2], [0], [0], [], [], []]
    assert overlapping([], LINES).shape == (0, 0)
    assert not overlapping(drafts, LINES.iloc[:0]).any()


# --- With the small company --------------------------------------------------------


def event(name: str, first: date, last: date | None = None, **more: object) -> Event:
    facts = {"kind": "promotion", "uplift_pct": 18.0, "entered_on": date(2026, 1, 5)}
    return Event.objects.create(code=name, name=name, from_month=first, to_month=last or first, **facts | more)


def entry(**more: object) -> EventEntry:
    facts = {"name": "Winter sale", "kind": "promotion", "family": "PARTS", "first": "2026-11", "last": "2026-12"}
    return EventEntry(**facts | {"uplift": 90.0, "confidence": 100.0} | more)


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


FORM = {
    "name": "Dealer week",
    "kind": "promotion",
    "what": "family:BIKES",
    "whom": "region:N",
    "first": "2026-12",
    "last": "",
    "uplift": "17",
    "confidence": "90",
}


@pytest.mark.django_db
def test_advice_knows_past_events_only_and_names_overlaps_and_a_successor(cast: Cast, cycle: Cycle) -> None:
    event("Spring", date(2026, 4, 1), family=cast.families["BIKES"], uplift_pct=25.0)
    event("Coming", DEC, family=cast.families["BIKES"], uplift_pct=99.0)
    alpha = cast.products["ALPHA"]
    Product.objects.filter(pk=alpha.pk).update(phase_out_month=date(2026, 11, 1))
    later = Product.objects.create(code="A2", name="Alpha Two", family=alpha.family, like_product=alpha)
    told = advice(cycle, Draft(kind="promotion", product="ALPHA", first=DEC, last=DEC))
    assert (told.similar, told.uplift) == ("Most similar: Spring +25 %.", 25.0)
    assert [found.name for found in told.overlaps] == ["Coming"]
    assert told.ended == "Alpha ends in Nov 2026, before the event starts. Its successor is Alpha Two."
    assert told.successor == later
    assert advice(cycle, Draft(kind="loss", product="NOPE")).uplift is None


@pytest.mark.django_db
def test_the_form_is_prefilled_and_the_advice_follows_the_choice(cast: Cast, cycle: Cycle) -> None:
    event("Spring", date(2026, 4, 1), family=cast.families["BIKES"], uplift_pct=25.0)
    event("Rise", date(2026, 4, 1), kind="price", uplift_pct=-7.5)
    client = signed_in(cast.marketing)
    page = client.get("/events/").content.decode()
    assert 'name="uplift" class="num" inputmode="decimal" value="25"' in page
    assert "Most similar: Spring +25 %." in page
    told = client.get("/events/advice/", {"kind": "price", "what": "family:BIKES"}).content.decode()
    assert 'data-uplift="-7.5"' in told
    assert "<html" not in told
    for bad in ({"kind": "party"}, {"what": "x" * 999, "first": "2026-99"}, {}):
        assert "No past event of this kind" in client.get("/events/advice/", bad).content.decode()
    assert Client().get("/events/advice/").status_code == 302


@pytest.mark.django_db
def test_an_overlap_is_shown_before_adding_and_not_refused(cast: Cast, cycle: Cycle) -> None:
    other = event("Big sale", NOV, DEC, family=cast.families["BIKES"])
    client = signed_in(cast.marketing)
    shown = client.post("/events/add/", FORM)
    html = shown.content.decode()
    assert shown.status_code == 200
    assert f'It overlaps <a href="#event-{other.pk}">Big sale</a>' in html
    assert "Add it all the same" in html
    assert 'value="Dealer week"' in html
    assert 'name="warned" value="Big sale"' in html
    assert Event.objects.count() == 1
    added = client.post("/events/add/", FORM | {"warned": "Big sale"}, follow=True).content.decode()
    assert "Dealer week is planned" in added
    assert "overlaps Dealer week" in added
    assert Event.objects.count() == 2


@pytest.mark.django_db
def test_faults_come_before_the_warning(cast: Cast, cycle: Cycle) -> None:
    event("Big sale", NOV, DEC, family=cast.families["BIKES"])
    answer = signed_in(cast.marketing).post("/events/add/", FORM | {"uplift": "5000"})
    assert answer.status_code == 422
    assert "from −100 to 500" in answer.content.decode()
    for person in (cast.rep, cast.demand_planner, cast.ceo):
        assert signed_in(person).post("/events/add/", FORM | {"warned": "Big sale"}).status_code == 403
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_what_will_be_copied_is_shown_then_named(cast: Cast, cycle: Cycle) -> None:
    alpha = cast.products["ALPHA"]
    Product.objects.filter(pk=alpha.pk).update(phase_out_month=date(2026, 12, 1))
    event("Spring", date(2026, 3, 1), date(2026, 4, 1))
    event("Alpha days", date(2026, 5, 1), product=alpha)
    event("Stands", date(2026, 6, 1))
    event("Stands again", date(2027, 6, 1)).save()
    Event.objects.filter(code="Stands again").update(name="Stands")
    event("Older", date(2025, 10, 1))
    event("Dropped", date(2026, 7, 1), cancelled_on=date(2026, 7, 1))
    copies = events_to_copy(cycle)
    assert [(row.name, first, last) for row, first, last in copies.rows] == [
        ("Spring", date(2027, 3, 1), date(2027, 4, 1))
    ]
    assert copies.left_out == ["Alpha days: Alpha ends in Dec 2026, before the event starts."]
    client = signed_in(cast.marketing)
    page = client.get("/events/").content.decode()
    assert "Copy these 1" in page
    assert "Left out: Alpha days" in page
    assert "Copied 1: Spring (Mar 2027)." in client.post("/events/copy/", follow=True).content.decode()
    assert "Everything of last year stands already." in client.post("/events/copy/", follow=True).content.decode()
    assert Event.objects.filter(name="Spring", from_month=add_months(date(2026, 3, 1), 12)).count() == 1
    assert events_copy_last_year(cycle=cycle, person=cast.marketing, at=ENTRY) == []


def promoted(cycle: Cycle) -> list[str]:
    rows = CycleLine.objects.filter(cycle=cycle).exclude(flags=[]).values_list("flags", flat=True)
    return [flag["why"] for flags in rows for flag in flags if flag["code"] == "promotion"]


@pytest.mark.django_db
def test_reps_see_the_event_by_name_as_long_as_they_enter_numbers(cast: Cast, cycle: Cycle) -> None:
    made = event_save(cycle=cycle, person=cast.marketing, entry=entry(), at=ENTRY)
    told = promoted(cycle)
    assert told
    assert all(sentence.startswith("Winter sale should move ") for sentence in told)
    assert "Winter sale should move" in signed_in(cast.rep).get("/sheet/").content.decode()
    event_cancel(cycle=cycle, person=cast.marketing, pk=made.pk, at=ENTRY)
    assert promoted(cycle) == []
    cycle_advance(cycle=cycle, at=REVIEW)
    event_save(cycle=cycle, person=cast.marketing, entry=entry(), at=REVIEW)
    assert promoted(cycle) == []


@pytest.mark.django_db
def test_five_fields_and_few_stops(cast: Cast, cycle: Cycle) -> None:
    page = signed_in(cast.marketing).get("/events/").content.decode()
    form = page[page.index('action="/events/add/"') :]
    form = form[: form.index("</form>")]
    assert form.count('class="field') == 5
    stops = form.count("<select") + form.count("<input") + form.count("<button") - form.count('type="hidden"')
    assert stops <= 12
    assert form.count("<option") > len(EventKind.choices) + cycle.horizon


@pytest.mark.django_db
def test_the_shape_is_kept_shown_and_counts_in_the_month_after(cast: Cast, cycle: Cycle) -> None:
    client = signed_in(cast.marketing)
    page = client.post("/events/add/", FORM | {"first": "2026-11", "shape": "dip"}, follow=True).content.decode()
    assert "A dip in Dec 2026: 50 % of a month" in page
    lines = np.array([cast.line("ALPHA", "NORTH").pk])
    team, events = (stage_plan(cycle, stage, lines).quantity[0] for stage in (Stage.TEAM, Stage.EVENTS))
    assert events[:3] - team[:3] == pytest.approx(team[:3] * 0.17 * 0.9 * np.array([1, -0.5, 0]))


@pytest.mark.django_db
def test_a_dip_reaches_into_the_cycle_after_the_event(cast: Cast, cycle: Cycle) -> None:
    event("Autumn", date(2026, 10, 1), shape="dip")
    event("Flat autumn", date(2026, 10, 1))
    assert events_frame(cycle)["code"].tolist() == ["Autumn"]


@pytest.mark.django_db
def test_a_shape_that_is_none_or_makes_no_sense_is_refused(cast: Cast, cycle: Cycle) -> None:
    client = signed_in(cast.marketing)
    wrong = client.post("/events/add/", FORM | {"shape": "spiral"})
    assert (wrong.status_code, "Choose how the uplift spreads" in wrong.content.decode()) == (422, True)
    loss = client.post("/events/add/", FORM | {"kind": "loss", "shape": "dip"})
    assert (loss.status_code, "no dip after it" in loss.content.decode()) == (422, True)
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_the_page_says_the_shape_in_words_while_its_dip_is_to_come(cast: Cast, cycle: Cycle) -> None:
    event("Autumn", date(2026, 10, 1), shape="dip", family=cast.families["BIKES"])
    event("Flat autumn", date(2026, 10, 1))
    event("Winter", date(2026, 11, 1), date(2027, 1, 1), shape="front")
    page = events_page(cycle, cast.marketing)
    assert [(row["event"].name, row["shape"]) for row in page.coming] == [
        ("Autumn", "a dip in Nov 2026: 50 % of a month's uplift is missing"),
        ("Winter", "most at first: 150 % of the uplift in Nov 2026, 50 % in Jan 2027"),
    ]
    assert page.coming[0]["added"][0] < 0
    shown = signed_in(cast.marketing).get("/events/").content.decode()
    assert "Most at first: 150 % of the uplift in Nov 2026" in shown


@pytest.mark.django_db
def test_the_shape_is_a_column_of_the_file(cast: Cast) -> None:
    head = "code,kind,family,from_month,to_month,entered_on,uplift_pct,shape\n"
    rows = ["A,promotion,BIKES,2026-11,2026-12,2026-10-01,20,front", "B,promotion,BIKES,2026-11,2026-12,2026-10-01,5,"]
    assert loaded(head + "\n".join(rows)).ok
    assert dict(Event.objects.values_list("code", "shape")) == {"A": "front", "B": "flat"}
    again = loaded("code,kind,family,from_month,to_month,entered_on,uplift_pct\n" + rows[1].rpartition(",")[0])
    assert (again.ok, Event.objects.get(code="B").shape) == (True, "flat")
    wrong = ["C,loss,BIKES,2026-11,2026-12,2026-10-01,20,dip", "D,loss,BIKES,2026-11,2026-12,2026-10-01,20,spiral"]
    told = [str(error) for error in loaded(head + "\n".join(wrong)).errors]
    assert "events.csv:2:shape: Lost business has no dip after it. Use flat or front." in told
    assert any(error.startswith("events.csv:3:shape:") for error in told)


def loaded(text: str) -> ImportResult:
    files = [ImportFile("events.csv", text.encode())]
    at = datetime(2026, 11, 2, 8, tzinfo=UTC)
    return import_files(files=files, source="test", by=None, at=at)
