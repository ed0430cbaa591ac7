"""The small company with a third rep, people in other zones, and the days of its year written out by hand.

Twelve cycles from November 2026, in Berlin's time. January 2027 and October 2027 end on a Sunday, on which in October
summer time ends too; it begins on Sunday 28 March.
"""

import os
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cycles.models import CalendarException, SiteCalendar
from cycles.periods import add_months, month_range
from cycles.steps import Step
from demand.models import Booking
from demand.services.lines import lines_sync
from masterdata.models import Company, Customer, Person
from masterdata.roles import Role
from tests.cast import PRODUCTS, Cast, booked_quantity, small_company

ZONE = ZoneInfo("Europe/Berlin")
FIRST = date(2026, 11, 1)
YEAR = month_range(FIRST, 12)
# Every run lives the first three cycles; with PORTAL_WHOLE_YEAR=1 all twelve.
MONTHS = YEAR if os.environ.get("PORTAL_WHOLE_YEAR") else YEAR[:3]
AFTER = add_months(MONTHS[-1], 1)
ZONES = {"rita": "America/New_York", "rob": "Asia/Kathmandu", "nina": "Australia/Sydney"}
PUBLIC = (
    *(date(2026, 12, 25), date(2027, 1, 1), date(2027, 3, 26), date(2027, 3, 29)),
    *(date(2027, 5, 6), date(2027, 5, 17)),
)
CLOSED = (date(2027, 2, 5), *(date(2027, 8, day) for day in (*range(16, 21), *range(23, 28))))
# Rob's site keeps a day of its own, the one on which December's entry opens.
SITE_CLOSED = date(2026, 12, 3)
# Ten days closed leave August twelve working days: what follows entry is drawn together.
AUGUST = {
    Step.DATA_CLOSE: (date(2027, 8, 2), date(2027, 8, 3)),
    Step.SALES_FORECAST: (date(2027, 8, 4), date(2027, 8, 10)),
    Step.DEMAND_REVIEW: (date(2027, 8, 11), date(2027, 8, 11)),
    Step.SUPPLY_REVIEW: (date(2027, 8, 11), date(2027, 8, 12)),
    Step.PRE_SOP: (date(2027, 8, 13), date(2027, 8, 13)),
    Step.EXECUTIVE_SOP: (date(2027, 8, 30), date(2027, 8, 30)),
    Step.PUBLISH: (date(2027, 8, 31), date(2027, 8, 31)),
}
TEMPLATE = {
    Step.DATA_CLOSE: (1, 2),
    Step.SALES_FORECAST: (3, 7),
    Step.DEMAND_REVIEW: (8, 8),
    Step.SUPPLY_REVIEW: (9, 11),
    Step.PRE_SOP: (12, 12),
    Step.EXECUTIVE_SOP: (14, 14),
    Step.PUBLISH: (15, 15),
}


def works(day: date) -> bool:
    return day.weekday() < 5 and day not in PUBLIC and day not in CLOSED


def working(day: date, n: int) -> date:
    """The n-th working day after a day, or before it."""
    step = timedelta(days=1 if n > 0 else -1)
    for _ in range(abs(n)):
        day += step
        while not works(day):
            day += step
    return day


def step_days(month: date) -> dict[Step, tuple[date, date]]:
    """First and last day of each step, counted on the fingers."""
    if month.month == 8:
        return AUGUST
    before = month - timedelta(days=1)
    return {step: (working(before, first), working(before, last)) for step, (first, last) in TEMPLATE.items()}


def on(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment in the company's time."""
    return datetime.combine(day, time(hour, minute), ZONE)


def company_of_the_year() -> Cast:
    cast = small_company()
    user = type(cast.rep.user).objects.create(username="nina", first_name="Nina Never", email="nina@small.example")
    cast.people["nina"] = nina = Person.objects.create(
        user=user, role=Role.SALES_REP, department="Sales", reports_to=cast.manager
    )
    west = Customer.objects.create(
        code="WEST", name="West Stores", region=cast.regions["S"], owner=nina, owner_from=date(2024, 11, 1)
    )
    cast.customers["WEST"] = west
    months = month_range(date(2025, 11, 1), 12)
    Booking.objects.bulk_create(
        Booking(month=m, product=cast.products["ALPHA"], customer=west, qty=10, revenue=5000) for m in months
    )
    lines_sync()
    for name, zone in ZONES.items():
        Person.objects.filter(pk=cast.people[name].pk).update(timezone=zone)
    CalendarException.objects.bulk_create(CalendarException(day=day, name="Plant closed") for day in CLOSED)
    site = SiteCalendar.objects.create(code="HILL", name="Hill station", country="DE")
    CalendarException.objects.create(day=SITE_CLOSED, name="Fair", site=site)
    Person.objects.filter(pk=cast.people["rob"].pk).update(site=site.code)
    cast.resource.regular_capacity = 1_000
    cast.resource.save(update_fields=["regular_capacity"])
    return cast


def month_close(cast: Cast, month: date) -> None:
    """The actuals of a month come in."""
    pairs = [(product, code) for product in PRODUCTS for code in ("NORTH", "SOUTH", "EAST")]
    Booking.objects.bulk_create(
        [
            Booking(
                month=month,
                product=cast.products[product],
                customer=cast.customers[code],
                qty=max(booked_quantity(product, code, month), 0.0),
                revenue=max(booked_quantity(product, code, month), 0.0) * PRODUCTS[product][1],
            )
            for product, code in pairs
        ],
        ignore_conflicts=True,
    )
    Company.objects.filter(pk=1).update(last_closed_month=month)
