"""What the diary says must have happened: steps and reminders, worked out without the portal's own rules."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cycles.steps import Step
from tests.year.company import FIRST, SITE_CLOSED, ZONES, on, step_days
from tests.year.diary import JANUARY, JULY, JUNE, MAY, OCTOBER, SEPTEMBER, Diary, entry

Events = list[tuple[str, datetime]]
Reminder = tuple[str, str, str]  # cycle, kind, who


def awake(name: str, moment: datetime) -> datetime:
    """Rita gets up in New York hours after Berlin, Rob has a day off; the others are up at the moments of this year."""
    local = moment.astimezone(ZoneInfo(ZONES[name]))
    if name == "rob" and local.date() == SITE_CLOSED:
        return local.replace(day=local.day + 1, hour=7, minute=0)
    return local.replace(hour=7, minute=0) if name == "rita" and local.hour < 7 else moment


class Expected:
    """`looks` are the moments at which the machine was up and looked."""

    def __init__(self, diary: Diary, looks: Sequence[datetime]) -> None:
        self.diary, self.looks = diary, sorted(looks)

    def seen(self, moment: datetime) -> datetime:
        """The first look at or after a moment."""
        return next(look for look in self.looks if look >= moment)

    # --- Steps ---------------------------------------------------------------------

    def events(self, month: date, step: Step) -> Events:
        events = {
            Step.DATA_CLOSE: self._data_close,
            Step.SALES_FORECAST: self._entry,
            Step.DEMAND_REVIEW: self._demand_review,
            Step.EXECUTIVE_SOP: self._executive,
            Step.PUBLISH: self._publish,
        }.get(step)
        if events is not None:
            return events(month)
        return [("open", self._opened(month, step)), ("close", self._closed(month, step))]

    def possible(self, month: date, step: Step) -> list[Events]:
        """Where the machine died at work, what it was doing may have been done before its death or after it."""
        planned = self.events(month, step)
        if (month, step) != (SEPTEMBER, Step.SALES_FORECAST):
            return [planned]
        return [planned, [("open", entry(month).opens), *planned[1:]]]

    def _data_close(self, month: date) -> Events:
        first = step_days(month)[Step.DATA_CLOSE][0]
        actuals = entry(MAY).opens if month == MAY else on(first, 10, 30)
        closed = self.seen(on(first, 8)) if month == FIRST else self.seen(actuals)
        return [("open", self.seen(on(first, 8))), ("close", closed)]

    def _entry(self, month: date) -> Events:
        times = entry(month)
        opened, closed = ("open", self.seen(times.opens)), ("close", self.seen(times.deadline))
        early = times.last_day + timedelta(hours=2)
        between = [("close", early), ("reopen", early + timedelta(hours=5))] if month == OCTOBER else []
        return [opened, *between, closed]

    def _demand_review(self, month: date) -> Events:
        whole = [
            ("open", self.seen(entry(month).deadline)),
            ("close", self.diary.signed[month, Step.DEMAND_REVIEW]),
        ]
        early = entry(month).last_day + timedelta(hours=2)
        return [("open", early), ("withdraw", early + timedelta(hours=5)), *whole] if month == OCTOBER else whole

    def _opened(self, month: date, step: Step) -> datetime:
        """When the step before was signed."""
        before = list(Step)[step.order - 1]
        return self.diary.signed[month, before]

    def _closed(self, month: date, step: Step) -> datetime:
        return self._frozen(month) if step is Step.PRE_SOP else self.diary.signed[month, step]

    def _frozen(self, month: date) -> datetime:
        """At the end of pre-S&OP's last day: Finance has confirmed before, the executive meeting is days away."""
        return self.seen(on(step_days(month)[Step.PRE_SOP][1], 17))

    def _executive(self, month: date) -> Events:
        opened = ("open", self._frozen(month))
        if month == JUNE:
            return [opened, ("miss", self.seen(on(JULY, 0)))]
        return [opened, ("close", self.diary.signed[month, Step.EXECUTIVE_SOP])]

    def _publish(self, month: date) -> Events:
        if month == JUNE:
            return [("miss", self.seen(on(JULY, 0)))]
        approved = self.diary.signed[month, Step.EXECUTIVE_SOP]
        return [("open", approved), ("close", approved)]

    # --- Reminders -------------------------------------------------------------------

    def reminders(self, month: date) -> list[Reminder]:
        code = f"{month:%Y-%m}"
        other = [one for one in self._late() + self._action() if one[0] == code]
        return sorted([*self._requests(month), *self._escalations(month), *other])

    def _requests(self, month: date) -> list[Reminder]:
        """When entry opens and a working day before its deadline, unless answered by the time it goes out."""
        times, requests = entry(month), []
        for kind, since, until in (
            ("input_opened", times.opens, times.last_day),
            ("input_last_day", times.last_day, times.deadline),
        ):
            for name in ("rita", "rob", "nina"):
                look = self.seen(awake(name, since))
                answered = self.diary.answered.get((month, name))
                if look < until and (answered is None or answered > look):
                    requests.append((f"{month:%Y-%m}", kind, name))
        return requests

    def _escalations(self, month: date) -> list[Reminder]:
        """Nina never answers: her manager hears of it at the deadline, the leader a working day later."""
        code = f"{month:%Y-%m}"
        return [(code, "escalation_manager", "mona"), (code, "escalation_leader", "lena")]

    def _late(self) -> list[Reminder]:
        """May's actuals, July's demand review, and the CEO in June."""
        may, june, july = (f"{month:%Y-%m}" for month in (MAY, JUNE, JULY))
        return [
            (may, "step_late", "lena"),
            (june, "step_late", "carla"),
            (june, "step_late_leader", "lena"),
            (july, "step_late", "mona"),
            (july, "step_late_leader", "lena"),
        ]

    def _action(self) -> list[Reminder]:
        code, kinds = f"{JANUARY:%Y-%m}", ("action_soon", "action_due", "action_escalated")
        return [(code, kind, who) for kind, who in zip(kinds, ("sam", "sam", "oscar"), strict=True)]
