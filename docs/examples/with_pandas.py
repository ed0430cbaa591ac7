"""The published forecast in pandas, beside what was booked."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from portal_client import Portal


def forecast_and_actuals(portal: Portal) -> pd.DataFrame:
    """Quantity by product and month: the company forecast (quantity) and what was booked (qty)."""
    with TemporaryDirectory() as folder:
        file = portal.download("company-forecast", Path(folder) / "f.parquet", level="product", format="parquet")
        forecast = pd.read_parquet(file)
    forecast["month"] = forecast["month"].astype(str).str[:7]
    booked = pd.DataFrame(portal.rows("bookings", fields="month,product,qty"))
    actuals = booked.groupby(["product", "month"], as_index=False)["qty"].sum()
    return forecast.merge(actuals, on=["product", "month"], how="outer")


if __name__ == "__main__":
    print(forecast_and_actuals(Portal(sys.argv[1], key=sys.argv[2])))
