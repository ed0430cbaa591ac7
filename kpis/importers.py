"""The file about quality: returns, complaints and satisfaction by family and month."""

from masterdata.frames import Column, FileSpec, Kind
from masterdata.importers import code, month
from masterdata.importing import Importer

QUALITY = FileSpec(
    "quality",
    "Returns, complaints and satisfaction",
    (
        month(),
        code("family", "family"),
        Column("returned_qty", Kind.NUMBER, default=0.0, low=0),
        Column("complaints", Kind.INTEGER, default=0, low=0, high=2_147_483_647),
        Column("satisfaction", Kind.NUMBER, low=0, high=100),
    ),
    key=("month", "family"),
)

IMPORTERS = (Importer(QUALITY, table="kpis_quality", newest="month"),)
