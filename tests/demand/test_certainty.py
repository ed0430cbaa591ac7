"""Firm, likely and upside: firm lies within the number, upside beside it and in no plan."""

import json
from datetime import date
from uuid import uuid4

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from cycles.models import Cycle
from cycles.services import cycle_advance
from demand.certainty import parts_of
from demand.models import Certainty, Stage
from demand.selectors.review import review
from demand.selectors.sheet import sheet
from demand.selectors.versions import stage_plan
from demand.selectors.why import why
from demand.services.certainty import PartEdit, certainty_save
from demand.services.entries import CellEdit, cells_save
from jobs.errors import Invalid, NotYours, Refused
from masterdata.models import Person
from tests.cast import Cast
from tests.stages import ENTRY, REVIEW

NOV, DEC = date(2026, 11, 1), date(2026, 12, 1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def line(cast: Cast, cycle: Cycle) -> int:
    """A line of the rep with the number 75 in November."""
    pk = cast.line("ALPHA", "NORTH").pk
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=[CellEdit(pk, NOV, 75.0)], at=ENTRY)
    return pk


def save(cycle: Cycle, person: Person, *edits: PartEdit, **more: object) -> dict:
    return certainty_save(cycle=cycle, person=person, edits=edits, at=ENTRY, **more)


@pytest.mark.parametrize(
    ("number", "firm", "upside", "parts"),
    [
        (75, 50, 12, (50, 25, 12)),
        (75, None, None, (None, 75, None)),
        (40, 50, None, (40, 0, None)),
        (0, 0, 5, (0, 0, 5)),
    ],
)
def test_firm_and_likely_add_up_to_the_number(number: float, firm: float, upside: float, parts: tuple) -> None:
    assert parts_of(number, firm, upside) == parts


def test_what_is_said_stands_on_the_sheet_and_in_no_plan(cast: Cast, cycle: Cycle, line: int) -> None:
    before = {stage: stage_plan(cycle, stage).quantity.sum() for stage in (Stage.SALES, Stage.TEAM, Stage.EVENTS)}
    answer = save(cycle, cast.rep, PartEdit(line, NOV, "firm", 50.0), PartEdit(line, NOV, "upside", 12.0))
    assert answer["saved"][0] == {"line": line, "month": "2026-11", "part": "firm", "value": 50.0}
    shown = next(one for one in sheet(cycle, cast.rep, cast.rep).lines if one.line == line)
    assert (list(shown.firm), list(shown.upside)) == ([50.0, None, None], [12.0, None, None])
    assert (shown.is_split, shown.upside_near, shown.own[0]) == (True, 12.0, 75.0)
    after = {stage: stage_plan(cycle, stage).quantity.sum() for stage in before}
    assert after == before


def test_firm_is_at_most_the_number(cast: Cast, cycle: Cycle, line: int) -> None:
    with pytest.raises(Invalid, match="more than the number of 75") as refused:
        save(cycle, cast.rep, PartEdit(line, NOV, "firm", 80.0), PartEdit(line, NOV, "upside", 500.0))
    assert [one["part"] for one in refused.value.extra["errors"]] == ["firm"]
    assert not Certainty.objects.exclude(changed_by=None).exists()


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (("likely", NOV, 5.0), "is not a part"),
        (("firm", date(2029, 1, 1), 5.0), "not one of the 24 months"),
        (("upside", NOV, -1.0), "not a quantity"),
        (("upside", NOV, float("nan")), "not a quantity"),
    ],
)
def test_what_is_no_part_is_refused(cast: Cast, cycle: Cycle, line: int, edit: tuple, words: str) -> None:
    part, month, value = edit
    with pytest.raises(Invalid, match=words):
        save(cycle, cast.rep, PartEdit(line, month, part, value))


def test_two_editors_of_one_part_see_both_and_a_token_counts_once(cast: Cast, cycle: Cycle, line: int) -> None:
    token = uuid4()
    first = save(cycle, cast.rep, PartEdit(line, NOV, "firm", 50.0), token=token)
    assert save(cycle, cast.rep, PartEdit(line, NOV, "firm", 50.0), token=token) == first
    with pytest.raises(Refused) as refused:
        save(cycle, cast.rep, PartEdit(line, NOV, "firm", 60.0), PartEdit(line, NOV, "upside", 5.0))
    conflict = {"line": line, "month": "2026-11", "part": "firm", "yours": 60.0, "theirs": 50.0, "by": "Rita Rep"}
    assert refused.value.extra["conflicts"] == [conflict]
    save(cycle, cast.rep, PartEdit(line, NOV, "firm", None, seen=50.0), PartEdit(line, DEC, "upside", 5.0))
    row = Certainty.objects.get(line_id=line)
    assert (row.firm[0], row.upside[:2]) == (None, [None, 5.0])


@pytest.mark.parametrize("who", ["manager", "other_rep", "demand_planner", "ceo"])
def test_only_the_owner_says_it(cast: Cast, cycle: Cycle, line: int, who: str) -> None:
    with pytest.raises(NotYours):
        save(cycle, getattr(cast, who), PartEdit(line, NOV, "upside", 5.0))


def test_it_closes_with_sales_entry(cast: Cast, cycle: Cycle, line: int) -> None:
    cycle_advance(cycle=cycle, at=REVIEW)
    with pytest.raises(Refused, match="is closed"):
        save(cycle, cast.rep, PartEdit(line, NOV, "upside", 5.0))


def test_the_database_refuses_an_unsound_part(cast: Cast, cycle: Cycle, line: int) -> None:
    for value in (-1.0, float("nan"), float("inf")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Certainty.objects.create(cycle=cycle, line_id=line, firm=[value], upside=[None], changed_at=ENTRY)


def test_why_this_number_names_the_parts(cast: Cast, cycle: Cycle, line: int) -> None:
    save(cycle, cast.rep, PartEdit(line, NOV, "firm", 50.0), PartEdit(line, NOV, "upside", 12.0))
    facts = {rung.stage: rung.facts for rung in why(cycle, line, NOV, cast.ceo).rungs}
    assert facts[Stage.SALES] == ["Firm 50, likely 25.", "Upside +12, not in the plan."]
    assert {rung.stage: rung.facts for rung in why(cycle, line, DEC, cast.ceo).rungs}[Stage.SALES] == []


def test_the_demand_review_names_the_upside(cast: Cast, cycle: Cycle, line: int) -> None:
    save(cycle, cast.rep, PartEdit(line, NOV, "upside", 12.0), PartEdit(line, DEC, "upside", 3.0))
    found = {one.line: one.upside for one in review(cycle).lines}
    assert found[line] == 15.0
    assert review(cycle).upside == (1, 15.0 * 500)
    client = Client()
    client.force_login(cast.demand_planner.user)
    page = client.get("/demand/").content.decode()
    assert "upside +15 not in the plan" in page
    assert "Sales sees upside on 1 line, worth" in page


def test_the_door_takes_what_the_grid_sends(cast: Cast, cycle: Cycle, line: int) -> None:
    client = Client()
    client.force_login(cast.rep.user)
    edit = {"line": str(line), "month": "2026-11", "part": "upside", "value": 4, "seen": None}
    body = json.dumps({"token": str(uuid4()), "edits": [edit]})
    answer = client.post("/sheet/parts/", body, content_type="application/json", HTTP_ACCEPT="application/json")
    assert answer.json()["saved"] == [{"line": line, "month": "2026-11", "part": "upside", "value": 4.0}]
    assert np.nansum(np.array(Certainty.objects.get().upside, dtype=float)) == 4
    page = client.get("/sheet/").content.decode()
    assert 'data-firm=",,"' in page
    assert 'data-upside="4,,"' in page
