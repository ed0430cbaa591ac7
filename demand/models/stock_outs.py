"""What a person said of a product's month: out of stock, or not although the data look like it."""

from django.db import models

from demand.models.facts import month_first
from masterdata.models import Person, Product


class StockOut(models.Model):
    """The newest word counts more than what the data say; the baseline takes the month as missing, not as low."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    month = models.DateField()
    sold_out = models.BooleanField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "month"], name="stock_out_once"),
            month_first("stock_out_month_first"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.month:%Y-%m}"
