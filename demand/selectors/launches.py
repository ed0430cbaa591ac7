"""New products that are forecast like the one before them."""

from dataclasses import dataclass
from datetime import date

from cycles.periods import months_between
from demand.models import Line
from masterdata.models import Product


@dataclass(frozen=True)
class Launch:
    """A new line, the line of the predecessor for the same customer, the share of it, and when it starts."""

    line: int
    predecessor: int
    share: float
    starts_in: int


def launches(lines: list[int], *, month: date) -> list[Launch]:
    """The launches among these lines; `starts_in` counts months from `month`, negative = launched already."""
    rows = Line.objects.filter(pk__in=lines, product__like_product__isnull=False).select_related("product")
    wanted = {(row.customer_id, row.product.like_product_id) for row in rows}
    found = Line.objects.filter(
        customer_id__in={customer for customer, _ in wanted}, product_id__in={product for _, product in wanted}
    ).values_list("customer_id", "product_id", "pk")
    predecessor = {(customer, product): pk for customer, product, pk in found}
    return [
        Launch(row.pk, predecessor[key], _share(row.product), _starts_in(row.product, month))
        for row in rows
        if (key := (row.customer_id, row.product.like_product_id)) in predecessor
    ]


def _share(product: Product) -> float:
    return 1.0 if product.like_share is None else product.like_share


def _starts_in(product: Product, month: date) -> int:
    return months_between(month, product.launch_month) if product.launch_month else 0
