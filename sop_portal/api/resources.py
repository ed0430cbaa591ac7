"""Everything that can be read in lists over REST."""

from collections.abc import Mapping
from typing import Final

from sop_portal.api.table import Table
from sop_portal.api.tables_data import DATA_TABLES
from sop_portal.api.tables_process import PROCESS_TABLES

TABLES: Final[tuple[Table, ...]] = (*DATA_TABLES, *PROCESS_TABLES)
BY_NAME: Final[Mapping[str, Table]] = {table.name: table for table in TABLES}
