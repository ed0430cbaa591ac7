"""The named cast: one small company that every test knows by name.

    cast = small_company()
    cast.rep, cast.manager, cast.ceo          people, one per role, two reps under one manager
    cast.products["ALPHA"], cast.customers["NORTH"], cast.families["BIKES"]
    cast.line("ALPHA", "NORTH")               a planning line

Last closed month 2026-10, twenty-four months of bookings before the cycle of 2026-11.
"""

from dataclasses import dataclass
from datetime import date

from django.contrib.auth import get_user_model

from cycles.periods import add_months, month_range
from demand.models import Booking, Budget, Line
from demand.services.lines import lines_sync
from masterdata.models import Company, Customer, Family, Person, Product, Region
from masterdata.roles import Role
from supply.models import BillOfResource, Inventory, Resource

LAST_CLOSED = date(2026, 10, 1)
CYCLE_MONTH = date(2026, 11, 1)
HISTORY_MONTHS = 24
PASSWORD = "small-company"  # set by `sign_in`-style tests only; users start with none

# username: (name, role, department, reports to)
PEOPLE = {
    "carla": ("Carla Chief", Role.EXECUTIVE, "Executive", ""),
    "oscar": ("Oscar Operations", Role.EXECUTIVE, "Operations", "carla"),
    "fiona": ("Fiona Funds", Role.EXECUTIVE, "Finance", "carla"),
    "mona": ("Mona Manager", Role.SALES_MANAGER, "Sales", "carla"),
    "rita": ("Rita Rep", Role.SALES_REP, "Sales", "mona"),
    "rob": ("Rob Rep", Role.SALES_REP, "Sales", "mona"),
    "lena": ("Lena Leader", Role.SOP_LEADER, "S&OP", "carla"),
    "dora": ("Dora Demand", Role.DEMAND_PLANNER, "Supply Chain", "lena"),
    "sam": ("Sam Supply", Role.SUPPLY_PLANNER, "Operations", "oscar"),
    "mark": ("Mark Marketing", Role.MARKETING, "Marketing", "carla"),
    "finn": ("Finn Finance", Role.FINANCE, "Finance", "fiona"),
    "adam": ("Adam Admin", Role.ADMIN, "IT", "fiona"),
    "erp": ("ERP integration", Role.API_CLIENT, "IT", "lena"),
}
# code: (family, price, unit cost, base quantity a month and customer, growth a month)
PRODUCTS = {
    "ALPHA": ("BIKES", 500.0, 300.0, 20.0, 0.2),
    "BETA": ("BIKES", 800.0, 520.0, 8.0, 0.0),
    "GAMMA": ("PARTS", 25.0, 10.0, 60.0, -0.5),
    "DELTA": ("PARTS", 40.0, 45.0, 5.0, 0.0),
}
# code: (region, owner, share of the base quantity)
CUSTOMERS = {"NORTH": ("N", "rita", 1.0), "SOUTH": ("S", "rita", 0.5), "EAST": ("N", "rob", 0.8)}
SEASON = [0.8, 0.8, 0.9, 1.1, 1.3, 1.4, 1.3, 1.1, 1.0, 0.9, 0.7, 0.7]
NEVER_BOOKED = ("DELTA", "EAST")


@dataclass
class Cast:
    """What `small_company` made, by name."""

    company: Company
    people: dict[str, Person]
    families: dict[str, Family]
    products: dict[str, Product]
    regions: dict[str, Region]
    customers: dict[str, Customer]
    resource: Resource

    def line(self, product: str, customer: str) -> Line:
        return Line.objects.get(product=self.products[product], customer=self.customers[customer])

    @property
    def ceo(self) -> Person:
        return self.people["carla"]

    @property
    def coo(self) -> Person:
        return self.people["oscar"]

    @property
    def cfo(self) -> Person:
        return self.people["fiona"]

    @property
    def manager(self) -> Person:
        return self.people["mona"]

    @property
    def rep(self) -> Person:
        return self.people["rita"]

    @property
    def other_rep(self) -> Person:
        return self.people["rob"]

    @property
    def leader(self) -> Person:
        return self.people["lena"]

    @property
    def demand_planner(self) -> Person:
        return self.people["dora"]

    @property
    def supply_planner(self) -> Person:
        return self.people["sam"]

    @property
    def marketing(self) -> Person:
        return self.people["mark"]

    @property
    def finance(self) -> Person:
        return self.people["finn"]

    @property
    def admin(self) -> Person:
        return self.people["adam"]

    @property
    def api_client(self) -> Person:
        return self.people["erp"]


def booked_quantity(product: str, customer: str, month: date) -> float:
    """The booking of one cell: base × share × season, growing or shrinking by month, in whole units."""
    _, _, _, base, growth = PRODUCTS[product]
    age = (month.year - 2024) * 12 + month.month - 11
    return float(round((base + growth * age) * CUSTOMERS[customer][2] * SEASON[month.month - 1]))


def make_people() -> dict[str, Person]:
    people: dict[str, Person] = {}
    for username, (name, role, department, manager) in PEOPLE.items():
        user = get_user_model()(username=username, first_name=name, email=f"{username}@small.example")
        user.set_unusable_password()
        user.save()
        people[username] = Person.objects.create(
            user=user, role=role, department=department, reports_to=people.get(manager)
        )
    return people


def make_bookings(products: dict[str, Product], customers: dict[str, Customer]) -> None:
    months = month_range(add_months(LAST_CLOSED, 1 - HISTORY_MONTHS), HISTORY_MONTHS)
    Booking.objects.bulk_create(
        Booking(
            month=month,
            product=products[product],
            customer=customers[customer],
            qty=booked_quantity(product, customer, month),
            revenue=booked_quantity(product, customer, month) * PRODUCTS[product][1],
        )
        for month in months
        for product in PRODUCTS
        for customer in CUSTOMERS
        if (product, customer) != NEVER_BOOKED
    )


def make_supply(families: dict[str, Family], products: dict[str, Product]) -> Resource:
    """One work centre that bikes need two hours of, and stock of everything at the last month's end."""
    resource = Resource.objects.create(
        code="WELD", name="Welding", regular_capacity=150, overtime_capacity=30, regular_cost=20, overtime_cost=30
    )
    BillOfResource.objects.create(family=families["BIKES"], resource=resource, hours_per_unit=2)
    Inventory.objects.bulk_create(
        Inventory(as_of=date(2026, 10, 31), product=product, on_hand=30, safety_stock=10)
        for product in products.values()
    )
    return resource


def small_company() -> Cast:
    """Thirteen people, two families, four products, three customers, a work centre, two years of bookings."""
    company = Company.objects.create(
        id=1,
        name="Small Company",
        currency="EUR",
        country="DE",
        timezone="Europe/Berlin",
        last_closed_month=LAST_CLOSED,
    )
    people = make_people()
    families = {
        code: Family.objects.create(code=code, name=code.title(), group=group)
        for code, group in (("BIKES", "Bicycles"), ("PARTS", "Spares"))
    }
    products = {
        code: Product.objects.create(
            code=code, name=code.title(), family=families[family], price=price, unit_cost=cost, lot=1, priority=1
        )
        for code, (family, price, cost, _, _) in PRODUCTS.items()
    }
    regions = {code: Region.objects.create(code=code, name=name) for code, name in (("N", "North"), ("S", "South"))}
    customers = {
        code: Customer.objects.create(
            code=code,
            name=f"{code.title()} Stores",
            region=regions[region],
            owner=people[owner],
            owner_from=date(2024, 11, 1),
        )
        for code, (region, owner, _) in CUSTOMERS.items()
    }
    make_bookings(products, customers)
    Budget.objects.bulk_create(
        Budget(month=month, rep=people[rep], revenue=30_000)
        for month in month_range(date(2026, 1, 1), 24)
        for rep in ("rita", "rob")
    )
    resource = make_supply(families, products)
    lines_sync()
    return Cast(company, people, families, products, regions, customers, resource)
