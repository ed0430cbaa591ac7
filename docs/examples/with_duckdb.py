"""The published forecast in DuckDB: pulled once as Parquet, then asked in SQL."""

import sys
from pathlib import Path

import duckdb
from portal_client import Portal

YEARS = """
SELECT product, extract(year FROM month)::int AS year, sum(quantity) AS quantity
FROM read_parquet(?) GROUP BY product, year ORDER BY product, year
"""


def by_year(portal: Portal, file: Path) -> list[tuple[str, int, float]]:
    """(product, year, quantity) of the company forecast; the Parquet file stays for more questions."""
    portal.download("company-forecast", file, level="line", format="parquet")
    return duckdb.execute(YEARS, [str(file)]).fetchall()


if __name__ == "__main__":
    print(by_year(Portal(sys.argv[1], key=sys.argv[2]), Path("company-forecast.parquet")))
