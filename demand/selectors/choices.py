"""What can be chosen when a line is started."""

from dataclasses import dataclass

from masterdata.models import Customer, Person, Product


@dataclass(frozen=True)
class NewLineChoices:
    """Own planning customers and planning products, as (code, name)."""

    customers: list[tuple[str, str]]
    products: list[tuple[str, str]]


def new_line_choices(person: Person) -> NewLineChoices:
    customers = Customer.objects.filter(owner=person, plan_as=None).order_by("name").values_list("code", "name")
    products = Product.objects.filter(plan_as=None).order_by("name").values_list("code", "name")
    return NewLineChoices(list(customers), list(products))
