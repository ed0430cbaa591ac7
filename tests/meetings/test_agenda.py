import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings import agenda
from meetings.agenda import LIMITS, PLANS, REST_MINUTES, Meeting, Section, Topic


def topics(count: int, value: float = 1000.0, prefix: str = "T") -> list[Topic]:
    return [Topic(f"{prefix}-{i}", f"Topic {i}", value * i) for i in range(count)]


@pytest.mark.parametrize("meeting", Meeting)
def test_an_empty_month_keeps_only_the_fixed_parts(meeting: Meeting) -> None:
    items = agenda.build(meeting, {})
    assert [i.section for i in items] == [p.section for p in PLANS[meeting] if not p.rank]
    assert items[-1].section is Section.CLOSE
    assert agenda.nothing_to_decide(items)


@pytest.mark.parametrize("meeting", Meeting)
def test_open_actions_come_first(meeting: Meeting) -> None:
    items = agenda.build(meeting, {Section.ACTIONS: topics(2)})
    assert [i.section for i in items[:2]] == [Section.ACTIONS, Section.ACTIONS]


def test_overdue_then_value_then_code() -> None:
    items = agenda.build(
        Meeting.EXECUTIVE,
        {
            Section.DECISIONS: [
                Topic("D-1", "small", 10),
                Topic("D-3", "loss", -500),
                Topic("D-2", "same as the loss", 500),
                Topic("D-4", "late", 1, overdue=True),
            ]
        },
    )
    assert [i.codes for i in items if i.section is Section.DECISIONS] == [
        ("D-4",),
        ("D-2",),
        ("D-3",),
        ("D-1",),
    ]
    assert not agenda.nothing_to_decide(items)


def test_what_does_not_fit_is_gathered_with_its_value() -> None:
    items = agenda.build(Meeting.SUPPLY_REVIEW, {Section.GAPS: topics(30)}, currency="USD")
    gaps = [i for i in items if i.section is Section.GAPS]
    assert gaps[-1].minutes == REST_MINUTES
    assert len(gaps) == 10
    assert gaps[-1].title == (
        "Gaps over tolerance: 21 more topics, USD 210 k together, taken as proposed unless somebody objects"
    )
    assert len(gaps[-1].codes) == 21
    assert agenda.total_minutes(items) <= LIMITS[Meeting.SUPPLY_REVIEW]


@given(
    st.sampled_from(Meeting),
    st.dictionaries(st.sampled_from(Section), st.integers(0, 60)),
    st.integers(60, 180),
)
def test_minutes_are_bounded_and_no_topic_is_lost(meeting: Meeting, counts: dict[Section, int], limit: int) -> None:
    own = {p.section for p in PLANS[meeting] if p.rank}
    given_ = {s: topics(n, prefix=s.value) for s, n in counts.items() if s in own}
    items = agenda.build(meeting, given_, limit=limit)
    assert agenda.total_minutes(items) <= limit
    codes = [code for item in items for code in item.codes]
    assert sorted(codes) == sorted(topic.code for group in given_.values() for topic in group)
    order = [p.section for p in PLANS[meeting]]
    places = [order.index(item.section) for item in items]
    assert places == sorted(places)


def test_a_limit_too_short_is_refused_with_what_is_needed() -> None:
    with pytest.raises(ValueError, match="27 are needed"):
        agenda.build(Meeting.EXECUTIVE, {Section.ACTIONS: topics(1)}, limit=20)


def test_topics_of_another_meeting_are_refused() -> None:
    with pytest.raises(ValueError, match="'gaps'"):
        agenda.build(Meeting.EXECUTIVE, {Section.GAPS: topics(1)})
    assert agenda.build(Meeting.EXECUTIVE, {Section.GAPS: []})
