"""What is known about an event before it is added: similar ones, overlaps, a product that ends before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from cycles.models import Cycle
from demand.event_scopes import Draft, median_uplift, most_similar, overlapping, similar_words
from demand.models import Event, Line
from masterdata.models import Product

SCOPE = ("family", "product__family", "customer", "region", "entered_by__user")
LINE_COLUMNS = {
    "product__code": "product",
    "product__family__code": "family",
    "customer__code": "customer",
    "customer__region__code": "region",
}


@dataclass(frozen=True)
class Advice:
    """`uplift` is the median of the similar ones; `ended` a sentence, with the product to take instead."""

    similar: str
    uplift: float | None
    overlaps: list[Event]
    ended: str
    successor: Product | None

    @property
    def overlap_codes(self) -> str:
        """What the form sends back to say that these were shown."""
        return ",".join(event.code for event in self.overlaps)


def events_standing() -> list[Event]:
    return list(Event.objects.filter(cancelled_on=None).select_related(*SCOPE))


def draft_of(event: Event) -> Draft:
    parts = (event.family, event.product, event.customer, event.region)
    family, product, customer, region = (part.code if part else "" for part in parts)
    return Draft(
        kind=event.kind,
        family=family,
        product=product,
        customer=customer,
        region=region,
        first=event.from_month,
        last=event.to_month,
        uplift=event.uplift_pct,
        code=event.code,
        name=event.name,
    )


def scope_lines() -> pd.DataFrame:
    """Every planning line with what an event can be about."""
    rows = Line.objects.order_by("pk").values_list(*LINE_COLUMNS)
    frame = pd.DataFrame.from_records(rows, columns=list(LINE_COLUMNS.values()))
    return frame.fillna("").astype(object)


def advice(cycle: Cycle, draft: Draft) -> Advice:
    """What to know before adding this event; all of it may be ignored but an ended product."""
    events, lines = events_standing(), scope_lines()
    families = dict(Product.objects.values_list("code", "family__code"))
    past = [draft_of(event) for event in events if event.to_month < cycle.month]
    similar = most_similar(draft, past, lines, families)
    ended, successor = _ended(draft)
    return Advice(similar_words(similar), median_uplift(similar), _with(draft, events, lines), ended, successor)


def _with(draft: Draft, events: Sequence[Event], lines: pd.DataFrame) -> list[Event]:
    touching = overlapping([draft, *(draft_of(event) for event in events)], lines)[0, 1:]
    return [event for event, touches in zip(events, touching, strict=True) if touches]


def overlaps(events: Sequence[Event]) -> dict[int, list[Event]]:
    """Per event (id) the others that touch the same lines in the same months."""
    touching = overlapping([draft_of(event) for event in events], scope_lines())
    return {
        event.pk: [other for other, touches in zip(events, row, strict=True) if touches]
        for event, row in zip(events, touching, strict=True)
    }


def _ended(draft: Draft) -> tuple[str, Product | None]:
    product = Product.objects.filter(code=draft.product).first() if draft.product else None
    return ended_before(product, draft.first)


def ended_before(product: Product | None, first: date | None) -> tuple[str, Product | None]:
    """A sentence when the product is sold no more when the event starts, and the product that follows it."""
    end = product.phase_out_month if product else None
    if product is None or end is None or first is None or end >= first:
        return "", None
    successor = Product.objects.filter(like_product=product).order_by("code").first()
    hint = f" Its successor is {successor.name}." if successor else ""
    return f"{product.name} ends in {end:%b %Y}, before the event starts.{hint}", successor
