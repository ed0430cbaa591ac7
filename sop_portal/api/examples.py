"""What may be sent, as it stands in the description; a test sends every one of them."""

from typing import Any, Final

EXAMPLES: Final[dict[str, list[dict[str, Any]]]] = {
    "families": [{"code": "EBIKES", "name": "Electric bikes", "group": "Bicycles"}],
    "regions": [{"code": "WEST", "name": "West", "parent": "N"}],
    "products": [
        {
            "code": "ALPHA-2",
            "name": "Alpha, second model",
            "family": "BIKES",
            "uom": "EA",
            "price": 540,
            "unit_cost": 310.5,
            "launch_month": "2027-03",
            "like_product": "ALPHA",
            "like_share": 0.8,
        }
    ],
    "customers": [{"code": "LAKE", "name": "Lake Stores", "region": "N", "owner": "rita", "owner_from": "2026-11-01"}],
    "exchange-rates": [{"month": "2026-10", "currency": "EUR", "rate": 1.08}],
    "bookings": [
        {"month": "2026-10", "customer": "NORTH", "product": "ALPHA", "qty": 24, "revenue": 12000},
        {"month": "2026-10", "customer": "SOUTH", "product": "GAMMA", "qty": -2},
    ],
    "shipments": [{"month": "2026-10", "product": "ALPHA", "customer": "NORTH", "qty": 22, "revenue": 11000}],
    "order-lines": [
        {
            "order_line": "SO-1042-1",
            "customer": "NORTH",
            "product": "ALPHA",
            "qty": 6,
            "ordered_on": "2026-10-12",
            "requested_on": "2026-11-20",
        }
    ],
    "opportunities": [
        {
            "code": "Q-77",
            "customer": "NORTH",
            "product": "BETA",
            "qty": 10,
            "value": 8000,
            "probability": 0.4,
            "expected_month": "2026-12",
        }
    ],
    "budget": [{"month": "2027-01", "family": "BIKES", "revenue": 250000}],
    "events": [
        {
            "code": "SPRING",
            "name": "Spring weeks",
            "kind": "promotion",
            "family": "BIKES",
            "from_month": "2027-03",
            "to_month": "2027-04",
            "uplift_pct": 20,
            "entered_on": "2026-11-02",
        }
    ],
    "inventory": [{"as_of": "2026-10-31", "product": "ALPHA", "on_hand": 35, "safety_stock": 10}],
    "receipts": [{"month": "2026-10", "product": "ALPHA", "qty": 40}],
    "supply-orders": [{"order": "PO-9", "product": "GAMMA", "kind": "purchase", "qty": 200, "due_on": "2026-11-25"}],
    "resources": [{"code": "PAINT", "name": "Paint shop", "regular_capacity": 300, "overtime_capacity": 40}],
    "capacity": [{"resource": "WELD", "month": "2026-12", "regular": 120, "overtime": 20}],
}
