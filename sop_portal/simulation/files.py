"""A generated company as a folder that `import_data` takes; the truth about its reps lies beside it, not in it."""

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from cycles.periods import add_months, format_month
from sop_portal.simulation.company import CLOSED, CYCLES, FAMILIES, HISTORY, Simulated

TRUTH = "simulated.json"
REGIONS = (("N", "North"), ("S", "South"))
PRICES = {"small": 20.0, "medium": 45.0, "large": 90.0}
COST_SHARE = 0.6
ANSWERED_ON = 5
# username, name, role, department, reports to
OFFICE = (
    ("clara", "Clara Chief", "executive", "Executive", ""),
    ("olaf", "Olaf Osborne", "executive", "Operations", "clara"),
    ("mira", "Mira Miller", "sales_manager", "Sales", "clara"),
    ("lars", "Lars Lindgren", "sop_leader", "S&OP", "clara"),
    ("dina", "Dina Dahl", "demand_planner", "Supply Chain", "lars"),
    ("sven", "Sven Stone", "supply_planner", "Operations", "olaf"),
    ("maud", "Maud Marsh", "marketing", "Marketing", "clara"),
    ("fritz", "Fritz Fields", "finance", "Finance", "clara"),
    ("anna", "Anna Adler", "admin", "IT", "clara"),
)


def company_write(company: Simulated, folder: Path, *, last_closed: date) -> list[Path]:
    """Write every file of the company, its last closed month being `last_closed`; returns the paths written."""
    folder.mkdir(parents=True, exist_ok=True)
    start = add_months(last_closed, 1 - CLOSED)
    frames = _master(company, start, last_closed) | _facts(company, start)
    written = []
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
        written.append(folder / f"{name}.csv")
    truth = {"seed": company.seed, "reps": [asdict(rep) for rep in company.reps]}
    (folder / TRUTH).write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    return [*written, folder / TRUTH]


def _master(company: Simulated, start: date, last_closed: date) -> dict[str, pd.DataFrame]:
    settings = {
        "name": f"Simulated Company {company.seed}",
        "currency": "EUR",
        "fiscal_year_start_month": 1,
        "country": "DE",
        "timezone": "Europe/Berlin",
        "horizon_months": 24,
        "last_closed_month": format_month(last_closed),
    }
    reps = sorted((rep.username, rep.name, "sales_rep", "Sales", "mira") for rep in company.reps)
    people = pd.DataFrame([*OFFICE, *reps], columns=["username", "name", "role", "department", "reports_to"])
    customers = company.lines[["customer", "rep"]].drop_duplicates().reset_index(drop=True)
    return {
        "company": pd.DataFrame(settings.items(), columns=["key", "value"]),
        "people": people.assign(email=people["username"] + "@simulated.example"),
        "families": pd.DataFrame([(f.upper(), f, "Household") for f in FAMILIES], columns=["code", "name", "group"]),
        "products": _products(company),
        "regions": pd.DataFrame(REGIONS, columns=["code", "name"]),
        "customers": pd.DataFrame(
            {
                "code": customers["customer"],
                "name": "Customer " + customers["customer"],
                "region": np.where(customers.index % 2, "S", "N"),
                "owner": customers["rep"],
                "owner_from": format_month(start),
            }
        ),
    }


def _products(company: Simulated) -> pd.DataFrame:
    found = company.lines[["product", "family"]].drop_duplicates().sort_values("product")
    price = found["product"].str.split().str[-1].map(PRICES)
    return pd.DataFrame(
        {
            "code": product_code(found["product"]),
            "name": found["product"],
            "family": found["family"].str.upper(),
            "uom": "EA",
            "price": price,
            "unit_cost": price * COST_SHARE,
            "make_or_buy": "make",
        }
    )


def product_code(names: pd.Series) -> pd.Series:
    return names.str.upper().str.replace(" ", "-")


def _facts(company: Simulated, start: date) -> dict[str, pd.DataFrame]:
    lines, inputs = company.lines, company.inputs
    months = np.array([format_month(add_months(start, month)) for month in range(company.actual.shape[1])])
    line, month = np.nonzero(company.actual[:, :CLOSED])
    own = lines.iloc[inputs["line"]]
    cycle = inputs["cycle"].to_numpy() + HISTORY
    return {
        "bookings": pd.DataFrame(
            {
                "month": months[month],
                "customer": lines["customer"].to_numpy()[line],
                "product": product_code(lines["product"]).to_numpy()[line],
                "qty": company.actual[line, month].astype(int),
            }
        ),
        "sales_input": pd.DataFrame(
            {
                "cycle": months[cycle],
                "rep": own["rep"].to_numpy(),
                "customer": own["customer"].to_numpy(),
                "product": product_code(own["product"]).to_numpy(),
                "month": months[cycle + inputs["lag"].to_numpy()],
                "qty": inputs["qty"].astype(int),
                "reason": inputs["reason"],
            }
        ),
        "submissions": _submissions(company, start),
    }


def _submissions(company: Simulated, start: date) -> pd.DataFrame:
    """Every rep answered every cycle: with changes, or that all is fine."""
    changed = company.inputs.assign(rep=company.lines["rep"].to_numpy()[company.inputs["line"]])
    spoke = set(zip(changed["cycle"], changed["rep"], strict=True))
    rows = [
        (
            format_month(add_months(start, HISTORY + cycle)),
            rep.username,
            add_months(start, HISTORY + cycle).replace(day=ANSWERED_ON),
            "changed" if (cycle, rep.username) in spoke else "all_fine",
        )
        for cycle in range(CYCLES)
        for rep in sorted(company.reps, key=lambda rep: rep.username)
    ]
    return pd.DataFrame(rows, columns=["cycle", "rep", "answered_on", "how"])
