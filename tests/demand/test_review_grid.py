"""The full grid of the demand review: what it lists, how it is saved, taken back and held, in pages."""

import json
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from cycles.models import Cycle
from demand.bulk_rules import BulkRule
from demand.forms import grid_read
from demand.models import Change, LayerLine, Settlement, Source, Stage
from demand.paging import page_starts
from demand.selectors import review_grid as grids
from demand.selectors.review import review
from demand.selectors.review_grid import GridAsked, ReviewGrid, review_grid
from demand.selectors.versions import stage_plan
from demand.services.entries import CellEdit, cells_save
from demand.services.locks import cells_lock
from demand.services.plan import demand_sign, proposal_build
from demand.services.review import bulk_apply, bulk_preview, review_take, review_type, review_undo
from demand.services.review_grid import review_cells, review_lock
from jobs.errors import Invalid, NotYours, Refused
from masterdata.models import Person
from tests.cast import Cast, small_company
from tests.stages import ENTRY, REVIEW, cycle_in_entry, cycle_to_review

NOV, DEC = date(2026, 11, 1), date(2026, 12, 1)
LATER = REVIEW + timedelta(minutes=5)
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def line(cast: Cast) -> int:
    return cast.line("ALPHA", "NORTH").pk


@pytest.fixture
def cycle(cast: Cast, line: int) -> Cycle:
    """Rita has doubled a cell of ALPHA for a reason; the review is open."""
    cycle = cycle_in_entry()
    edits = [CellEdit(line, NOV, 200.0, reason="customer_told")]
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=edits, at=ENTRY)
    return cycle_to_review(cycle)


def plan(cycle: Cycle, line: int, stage: Stage = Stage.DEMAND_PLAN) -> np.ndarray:
    return stage_plan(cycle, stage, np.array([line])).quantity[0]


def typed(cycle: Cycle, person: Person, *edits: CellEdit, at: Any = REVIEW, **more: Any) -> dict[str, Any]:
    return review_cells(cycle=cycle, person=person, edits=edits, at=at, **more)


def grid(cycle: Cycle, person: Person, **asked: Any) -> ReviewGrid:
    return review_grid(cycle, person, GridAsked(**asked))


# --- What it lists --------------------------------------------------------------------------


def test_every_line_stands_with_plan_and_proposal_month_by_month(cast: Cast, cycle: Cycle, line: int) -> None:
    typed(cycle, cast.demand_planner, CellEdit(line, DEC, 55.0, reason="promotion"))
    shown = grid(cycle, cast.demand_planner)
    assert (shown.found, shown.of, len(shown.lines), shown.may_write) == (11, 11, 11, True)
    alpha = next(one for one in shown.lines if one.line == line)
    np.testing.assert_allclose(alpha.own, plan(cycle, line))
    assert alpha.changed == [False, True] + [False] * 22
    assert (alpha.reason, alpha.region, alpha.rep) == ("promotion", "North", "Rita Rep")
    everything = stage_plan(cycle, Stage.DEMAND_PLAN).quantity.sum(axis=0)
    np.testing.assert_allclose(shown.totals, everything)
    assert shown.lines == sorted(shown.lines, key=lambda one: -sum(one.own[:12]) * one.price)


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"filters": {"family": "PARTS"}}, 5),
        ({"filters": {"customer": "NORTH"}}, 4),
        ({"filters": {"rep": "rita", "product": "ALPHA"}}, 2),
        ({"words": "north alpha"}, 1),
        ({"words": "zebra"}, 0),
        ({"only": "exceptions"}, 1),
        ({"only": "changed"}, 2),
        ({"only": "locked"}, 1),
    ],
)
def test_filters(cast: Cast, cycle: Cycle, line: int, asked: dict[str, Any], count: int) -> None:
    planner, gamma = cast.demand_planner, cast.line("GAMMA", "NORTH").pk
    beta = cast.line("BETA", "NORTH").pk
    typed(cycle, planner, CellEdit(gamma, NOV, 1.0), CellEdit(beta, NOV, 1.0))
    review_lock(cycle=cycle, person=planner, lines=[line], locked=True, at=REVIEW)
    found = grid(cycle, planner, **asked)
    assert (found.found, len(found.lines), found.of) == (count, count, 11)


def test_pages_hold_whole_headings_and_totals_count_every_page(
    cast: Cast, cycle: Cycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grids, "PAGE", 5)
    pages = [grid(cycle, cast.demand_planner, by="customer", page=number) for number in (1, 2, 3, 99)]
    assert pages[-1].asked.page == pages[0].pages == len({page.asked.page for page in pages})
    every = stage_plan(cycle, Stage.DEMAND_PLAN).quantity.sum(axis=0)
    seen: list[str] = []
    for page in pages[: pages[0].pages]:
        here = np.sum([one.own for one in page.lines], axis=0)
        np.testing.assert_allclose(here + np.array(page.rest), every)
        np.testing.assert_allclose(page.totals, every)
        assert all(one.group_lines == 0 for one in page.lines)
        assert not {one.customer for one in page.lines} & set(seen)
        seen += [one.customer for one in page.lines]
    assert len(seen) == 11
    assert pages[0].addresses == {"previous": "", "next": "by=customer&page=2"}


def test_a_heading_larger_than_a_page_says_how_many_lines_it_has(
    cast: Cast, cycle: Cycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grids, "PAGE", 3)
    page = grid(cycle, cast.demand_planner, by="family")
    assert len(page.lines) == 3
    whole = sum(1 for one in review(cycle).everything["family"] if one == "BIKES")
    assert {one.group_lines for one in page.lines} == {whole}


@given(st.lists(st.integers(1, 40), max_size=30), st.integers(1, 20))
def test_pages_are_never_too_long_and_groups_stay_whole_where_they_fit(groups: list[int], most: int) -> None:
    starts = page_starts(groups, most)
    ends = [*starts[1:], sum(groups)]
    assert starts[0] == 0
    assert all(0 < end - start <= most for start, end in zip(starts, ends, strict=True)) or not groups
    place = 0
    for size in groups:
        inside = [start for start in starts if place < start < place + size]
        assert not inside or size > most
        place += size


def test_before_the_baseline_and_before_the_proposal_it_is_to_read(cast: Cast) -> None:
    cycle = cycle_in_entry()
    early = grid(cycle, cast.demand_planner)
    assert (early.found, early.may_write, early.is_proposed) == (11, False, False)
    assert not any(line.is_open for line in early.lines)


@pytest.mark.parametrize("given", [{"page": "x", "only": "y", "by": "z"}, {"page": "-1"}, {"page": "9" * 50}])
def test_an_address_that_makes_no_sense_shows_the_first_page(given: dict[str, str]) -> None:
    assert grid_read(given) == GridAsked()


# --- What is typed --------------------------------------------------------------------------


def test_a_batch_is_one_choice_with_who_when_and_why(cast: Cast, cycle: Cycle, line: int) -> None:
    planner, gamma = cast.demand_planner, cast.line("GAMMA", "NORTH").pk
    typed(cycle, planner, CellEdit(line, NOV, 70.0, reason="lost_business"), CellEdit(gamma, DEC, 5.0))
    [choice] = Settlement.objects.all()
    assert (choice.source, choice.by, choice.at, choice.lines.count()) == (Source.TYPED, planner, REVIEW, 2)
    assert review(cycle).settled == 1
    layer = LayerLine.objects.get(stage=Stage.DEMAND_PLAN, line_id=line)
    assert (layer.reason, layer.changed_by, layer.note) == ("lost_business", planner, "Typed in the full grid")
    change = Change.objects.get(stage=Stage.DEMAND_PLAN, line_id=line)
    assert (change.after, change.reason, change.by) == (70.0, "lost_business", planner)
    undone = review_undo(cycle=cycle, person=planner, at=LATER)
    assert (sorted(undone.lines), undone.source) == (sorted([line, gamma]), "typed")
    assert not LayerLine.objects.filter(stage=Stage.DEMAND_PLAN).exists()


def test_undo_in_the_grid_takes_the_choice_back(cast: Cast, cycle: Cycle, line: int) -> None:
    planner, before = cast.demand_planner, plan(cycle, line)
    review_take(cycle=cycle, person=planner, lines=np.array([line]), source="half", at=REVIEW)
    half = plan(cycle, line)
    typed(cycle, planner, CellEdit(line, NOV, 70.0), at=LATER)
    typed(cycle, planner, CellEdit(line, NOV, float(half[0]), seen=70.0), at=LATER + timedelta(minutes=1))
    assert list(Settlement.objects.filter(undone_at=None).values_list("source", flat=True)) == ["half"]
    assert review(cycle).lines[0].source == "half"
    review_undo(cycle=cycle, person=planner, at=LATER + timedelta(minutes=2))
    np.testing.assert_allclose(plan(cycle, line), before)
    assert review(cycle).settled == 0


def test_another_batch_is_another_choice(cast: Cast, cycle: Cycle, line: int) -> None:
    planner = cast.demand_planner
    typed(cycle, planner, CellEdit(line, NOV, 70.0))
    typed(cycle, planner, CellEdit(line, NOV, None), CellEdit(line, DEC, 3.0), at=LATER)
    assert Settlement.objects.filter(undone_at=None).count() == 2
    assert plan(cycle, line)[1] == 3.0


def test_a_repeated_batch_counts_once(cast: Cast, cycle: Cycle, line: int) -> None:
    token = uuid4()
    first = typed(cycle, cast.demand_planner, CellEdit(line, NOV, 70.0), token=token)
    assert typed(cycle, cast.demand_planner, CellEdit(line, NOV, 70.0), token=token, at=LATER) == first
    assert Settlement.objects.count() == 1


def test_a_conflict_names_both_values_and_saves_nothing(cast: Cast, cycle: Cycle, line: int) -> None:
    planner = cast.demand_planner
    seen = float(plan(cycle, line)[0])
    typed(cycle, planner, CellEdit(line, NOV, 70.0, seen=seen))
    with pytest.raises(Refused) as refused:
        typed(cycle, planner, CellEdit(line, NOV, 80.0, seen=seen), CellEdit(line, DEC, 9.0), at=LATER)
    [conflict] = refused.value.extra["conflicts"]
    assert (conflict["yours"], conflict["theirs"], conflict["by"]) == (80.0, 70.0, planner.name)
    assert Settlement.objects.count() == 1
    assert plan(cycle, line)[0] == 70.0


def test_only_the_planner_types_and_only_until_the_signature(cast: Cast, cycle: Cycle, line: int) -> None:
    for person in (cast.rep, cast.manager, cast.supply_planner, cast.ceo):
        with pytest.raises(NotYours):
            typed(cycle, person, CellEdit(line, NOV, 70.0))
        with pytest.raises(NotYours):
            review_lock(cycle=cycle, person=person, lines=[line], locked=True, at=REVIEW)
    demand_sign(cycle=cycle, person=cast.manager, at=REVIEW)
    with pytest.raises(Refused, match="is signed"):
        typed(cycle, cast.demand_planner, CellEdit(line, NOV, 70.0))
    shown = grid(cycle, cast.demand_planner)
    assert not shown.may_write
    np.testing.assert_allclose(shown.totals, stage_plan(cycle, Stage.DEMAND_PLAN).quantity.sum(axis=0))


# --- Locks ----------------------------------------------------------------------------------


def lock(cast: Cast, cycle: Cycle, line: int, *, locked: bool = True) -> None:
    review_lock(cycle=cycle, person=cast.demand_planner, lines=[line], locked=locked, at=REVIEW)


def test_a_locked_line_is_left_out_by_rules(cast: Cast, cycle: Cycle, line: int) -> None:
    rule = BulkRule(source="baseline", family="BIKES")
    assert bulk_preview(cycle, rule).lines.tolist() == [line]
    before = plan(cycle, line)
    lock(cast, cycle, line)
    preview = bulk_preview(cycle, rule)
    assert (preview.lines.tolist(), preview.held) == ([], 1)
    with pytest.raises(Refused, match="No line fits"):
        bulk_apply(cycle=cycle, person=cast.demand_planner, rule=rule, at=REVIEW)
    np.testing.assert_allclose(plan(cycle, line), before)


def test_a_locked_line_refuses_every_choice_by_name_until_it_is_unlocked(cast: Cast, cycle: Cycle, line: int) -> None:
    planner, before = cast.demand_planner, plan(cycle, line)
    lock(cast, cycle, line)
    row = review(cycle).lines[0]
    assert (row.is_locked, row.is_held, row.locked_by, row.settled_by) == (True, True, "Dora Demand", "")
    with pytest.raises(Refused, match=r"North Stores, Alpha is locked by Dora Demand"):
        review_take(cycle=cycle, person=planner, lines=np.array([line]), source="half", at=REVIEW)
    with pytest.raises(Refused, match="Every month is locked"):
        review_type(cycle=cycle, person=planner, line=line, total=99_999.0, at=REVIEW)
    with pytest.raises(Invalid, match=r"locked by Dora Demand\. Unlock it in the demand review"):
        typed(cycle, planner, CellEdit(line, NOV, 1.0))
    assert Settlement.objects.count() == 0
    lock(cast, cycle, line, locked=False)
    np.testing.assert_allclose(plan(cycle, line), before)
    assert LayerLine.objects.get(stage=Stage.DEMAND_PLAN, line_id=line).quantity == [None] * 24
    review_take(cycle=cycle, person=planner, lines=np.array([line]), source="baseline", at=REVIEW)
    np.testing.assert_allclose(plan(cycle, line), plan(cycle, line, Stage.BASELINE))


def test_locked_months_keep_their_number_while_the_rest_of_the_line_moves(cast: Cast, cycle: Cycle, line: int) -> None:
    planner, before = cast.demand_planner, plan(cycle, line)
    cells_lock(cycle=cycle, stage=Stage.DEMAND_PLAN, person=planner, cells=[(line, NOV)], locked=True, at=REVIEW)
    review_take(cycle=cycle, person=planner, lines=np.array([line]), source="baseline", at=REVIEW)
    assert plan(cycle, line)[0] == before[0]
    np.testing.assert_allclose(plan(cycle, line)[1:], plan(cycle, line, Stage.BASELINE)[1:])
    review_type(cycle=cycle, person=planner, line=line, total=2000.0, at=LATER)
    assert plan(cycle, line)[0] == before[0]
    assert plan(cycle, line)[:12].sum() == pytest.approx(2000.0)
    with pytest.raises(Invalid, match="locked months alone"):
        review_type(cycle=cycle, person=planner, line=line, total=1.0, at=LATER)


def test_a_new_proposal_does_not_move_what_is_locked(cast: Cast, cycle: Cycle, line: int) -> None:
    lock(cast, cycle, line)
    held = plan(cycle, line)
    edits = [CellEdit(line, NOV, 900.0)]
    cells_save(cycle=cycle, stage=Stage.TEAM, person=cast.manager, edits=edits, at=LATER)
    proposal_build(cycle=cycle, at=LATER)
    np.testing.assert_allclose(plan(cycle, line), held)
    lock(cast, cycle, line, locked=False)
    assert plan(cycle, line)[0] == held[0]


# --- The door -------------------------------------------------------------------------------


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def send(person: Person, path: str, body: object) -> tuple[int, dict[str, Any]]:
    text = json.dumps(body)
    answer = signed_in(person).post(path, text, content_type="application/json", HTTP_ACCEPT="application/json")
    return answer.status_code, answer.json()


def test_the_door_saves_locks_and_refuses(cast: Cast, cycle: Cycle, line: int) -> None:
    edit = {"line": str(line), "month": "2026-11", "value": 70, "seen": float(plan(cycle, line)[0])}
    batch = {"token": str(uuid4()), "edits": [edit]}
    assert send(cast.rep, "/demand/lines/save/", batch)[0] == 403
    status, answer = send(cast.demand_planner, "/demand/lines/save/", batch)
    assert (status, answer["saved"][0]["value"]) == (200, 70)
    status, answer = send(cast.demand_planner, "/demand/lines/save/", batch | {"token": str(uuid4())})
    assert (status, answer["conflicts"][0]["theirs"]) == (409, 70)
    cells = {"cells": [{"line": line, "month": "2026-11"}], "locked": True}
    assert send(cast.demand_planner, "/demand/lines/lock/", cells) == (200, {"locked": True, "by": "Dora Demand"})
    assert send(cast.rep, "/demand/lines/lock/", cells)[0] == 403
    locked = batch | {"token": str(uuid4()), "edits": [edit | {"value": 3, "seen": 70}]}
    status, answer = send(cast.demand_planner, "/demand/lines/save/", locked)
    assert (status, answer["errors"][0]["line"]) == (422, line)


def test_a_line_is_locked_by_its_button_and_the_row_says_so(cast: Cast, cycle: Cycle, line: int) -> None:
    planner = signed_in(cast.demand_planner)
    partial = {"HX-Request": "true"}
    row = planner.post("/demand/lock/", {"line": line, "locked": "1"}, headers=partial).content.decode()
    assert "data-held" in row
    assert "locked by Dora Demand" in row
    answer = planner.post("/demand/lock/", {"line": line, "locked": "0"})
    assert answer["Location"] == f"/demand/?line={line}#focus"
    assert not review(cycle).lines[0].is_locked
    assert signed_in(cast.rep).post("/demand/lock/", {"line": line, "locked": "1"}).status_code == 403


def test_the_page_is_a_grid_for_the_planner_and_a_table_for_others(cast: Cast, cycle: Cycle, line: int) -> None:
    text = signed_in(cast.demand_planner).get("/demand/lines/?by=family").content.decode()
    for words in ('role="grid"', 'data-group="family"', "1–11 of 11", "/demand/lines/save/", 'data-rep="Rita Rep"'):
        assert words in text
    other = signed_in(cast.rep).get("/demand/lines/").content.decode()
    assert 'role="grid"' not in other
    assert f'id="line-{line}"' in other
    assert "No line fits." in signed_in(cast.rep).get("/demand/lines/?q=zebra").content.decode()


def test_the_grid_costs_the_same_whatever_the_lines(
    cast: Cast, cycle: Cycle, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    planner = signed_in(cast.demand_planner)
    planner.get("/demand/lines/")
    with django_assert_max_num_queries(28) as whole:
        planner.get("/demand/lines/")
    with django_assert_num_queries(len(whole.captured_queries)):
        planner.get("/demand/lines/?customer=NORTH")
