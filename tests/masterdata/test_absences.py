"""Saying that somebody is away: who may, which days, which substitutes, and that they are back."""

from datetime import UTC, date, datetime, timedelta
from threading import Thread

import pytest
from django.db import connection

from jobs.errors import Invalid, NotYours, Refused
from masterdata.models import Absence, RowChange
from masterdata.selectors.absences import (
    absences_from,
    away_on,
    company_day,
    people_to_enter,
    stands_in,
    stands_in_for,
    substitute_now,
)
from masterdata.services.absences import absence_end, absence_enter
from tests.cast import Cast, small_company

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 4, 9, tzinfo=UTC)
TODAY = date(2026, 11, 4)
FIRST, LAST = date(2026, 11, 5), date(2026, 11, 12)


@pytest.fixture
def cast() -> Cast:
    return small_company()


def enter(cast: Cast, **changed: object) -> Absence:
    given = {
        "person": cast.rep, "first": FIRST, "last": LAST, "substitute": cast.other_rep,
        "by": cast.rep, "today": TODAY, "at": AT,
    } | changed  # fmt: skip
    return absence_enter(**given)


def test_days_with_a_substitute_are_kept_and_recorded(cast: Cast) -> None:
    absence = enter(cast)
    assert absence.words == "away until 12 Nov, Rob Rep enters"
    assert away_on(FIRST) == {cast.rep.pk: absence}
    assert away_on(LAST) == {cast.rep.pk: absence}
    assert away_on(LAST + timedelta(days=1)) == {}
    record = RowChange.objects.get()
    assert (record.table, record.key, record.by) == ("masterdata_absence", "rita", cast.rep)
    assert record.after == {"first_day": "2026-11-05", "last_day": "2026-11-12", "substitute": cast.other_rep.pk}


def test_the_right_to_enter_lasts_from_the_first_day_to_the_last(cast: Cast) -> None:
    absence = enter(cast)
    for day, expected in ((TODAY, None), (FIRST, absence), (LAST, absence), (LAST + timedelta(days=1), None)):
        assert stands_in(cast.other_rep, cast.rep, day) == expected
    assert stands_in(cast.manager, cast.rep, FIRST) is None
    assert stands_in(cast.other_rep, cast.manager, FIRST) is None
    cast.other_rep.user.is_active = False
    assert stands_in_for(cast.other_rep, FIRST) == []


def test_a_day_is_the_companys(cast: Cast) -> None:
    assert company_day(datetime(2026, 11, 4, 23, 30, tzinfo=UTC)) == date(2026, 11, 5)


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("rep", True),
        ("manager", True),
        ("ceo", True),
        ("leader", True),
        ("admin", True),
        ("other_rep", False),
        ("demand_planner", False),
        ("coo", False),
    ],
)
def test_who_may_say_that_a_rep_is_away(cast: Cast, who: str, may: bool) -> None:
    by = getattr(cast, who)
    if may:
        assert enter(cast, by=by).entered_by == by
    else:
        with pytest.raises(NotYours, match="Only Rita Rep, a manager above or the S&OP leader"):
            enter(cast, by=by)
    assert (cast.rep in people_to_enter(by)) is may


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"last": date(2026, 11, 4)}, "The last day, 2026-11-04, is before the first one, 2026-11-05"),
        ({"first": date(2026, 11, 1), "last": date(2026, 11, 3)}, "2026-11-03 has passed"),
        ({"last": date(2028, 1, 1)}, "at most one year"),
        ({"substitute": "rep"}, "Rita Rep cannot stand in for Rita Rep"),
        ({"substitute": "demand_planner"}, "Dora Demand does not work in Sales"),
        ({"person": "finance", "by": "finance"}, "Only people in Sales have a substitute"),
    ],
)
def test_what_cannot_be_entered_is_told(cast: Cast, changed: dict, says: str) -> None:
    named = {key: getattr(cast, value) if isinstance(value, str) else value for key, value in changed.items()}
    with pytest.raises(Invalid, match=says):
        enter(cast, **named)
    assert not Absence.objects.exists()


def test_the_manager_may_stand_in_though_not_in_sales(cast: Cast) -> None:
    assert enter(cast, person=cast.manager, by=cast.manager, substitute=cast.ceo).substitute == cast.ceo
    last_week = {"first": date(2026, 11, 23), "last": date(2026, 11, 27)}
    assert enter(cast, substitute=cast.manager, **last_week).substitute == cast.manager


def test_somebody_who_cannot_sign_in_cannot_stand_in(cast: Cast) -> None:
    cast.other_rep.user.is_active = False
    cast.other_rep.user.save()
    with pytest.raises(Invalid, match="cannot sign in any more"):
        enter(cast)


def test_days_of_one_person_never_overlap(cast: Cast) -> None:
    enter(cast)
    for first, last in ((FIRST, LAST), (LAST, LAST + timedelta(days=3)), (TODAY, FIRST)):
        with pytest.raises(Refused, match="away from 2026-11-05 to 2026-11-12 already"):
            enter(cast, first=first, last=last)
    enter(cast, first=LAST + timedelta(days=1), last=LAST + timedelta(days=2))
    assert Absence.objects.count() == 2


def test_nobody_stands_in_who_is_away(cast: Cast) -> None:
    enter(cast, person=cast.other_rep, by=cast.other_rep, substitute=None, first=LAST, last=LAST)
    with pytest.raises(Refused, match="Rob Rep is away from 2026-11-12 to 2026-11-12"):
        enter(cast)


def test_a_substitute_who_leaves_later_is_not_asked(cast: Cast) -> None:
    absence = enter(cast)
    assert substitute_now(absence, away_on(LAST)) == cast.other_rep
    enter(cast, person=cast.other_rep, by=cast.other_rep, substitute=None, first=LAST, last=LAST)
    assert substitute_now(absence, away_on(LAST)) is None


def test_who_is_back_early_keeps_the_days_on_record(cast: Cast) -> None:
    absence = enter(cast)
    absence_end(absence=absence, by=cast.manager, today=date(2026, 11, 9), at=AT)
    absence.refresh_from_db()
    assert absence.last_day == date(2026, 11, 8)
    assert stands_in(cast.other_rep, cast.rep, date(2026, 11, 9)) is None
    with pytest.raises(Refused, match="over already"):
        absence_end(absence=absence, by=cast.manager, today=date(2026, 11, 9), at=AT)


def test_days_that_have_not_begun_are_taken_out_and_recorded(cast: Cast) -> None:
    absence = enter(cast)
    with pytest.raises(NotYours):
        absence_end(absence=absence, by=cast.other_rep, today=TODAY, at=AT)
    absence_end(absence=absence, by=cast.rep, today=TODAY, at=AT)
    assert not Absence.objects.exists()
    assert RowChange.objects.first().before["last_day"] == "2026-11-12"
    with pytest.raises(Refused, match="over already"):
        absence_end(absence=absence, by=cast.rep, today=TODAY, at=AT)


def test_the_list_holds_what_is_not_over_soonest_first(cast: Cast) -> None:
    later = enter(cast, first=date(2026, 12, 1), last=date(2026, 12, 2))
    sooner = enter(cast)
    ids = [cast.rep.pk, cast.manager.pk]
    assert absences_from(TODAY, ids) == [sooner, later]
    assert absences_from(LAST + timedelta(days=1), ids) == [later]
    assert absences_from(TODAY, [cast.manager.pk]) == []


@pytest.mark.django_db(transaction=True)
def test_two_who_enter_the_same_days_at_once_leave_one_row() -> None:
    cast = small_company()
    refused: list[Refused] = []

    def enter_days() -> None:
        try:
            enter(cast, substitute=None)
        except Refused as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [Thread(target=enter_days) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Absence.objects.count() == 1
    assert [error.code for error in refused] == ["away_already"] * 3
