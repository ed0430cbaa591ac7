"""Charts as server-made SVG in IBCS-style notation: plain numbers in, markup out; no Django.

Measured is solid, expected is hatched, planned is outlined, the previous year is lighter.
"""

from sop_portal.charts.bias import bias_columns
from sop_portal.charts.cells import bar, bullet, sparkline
from sop_portal.charts.compared import plans_compared
from sop_portal.charts.inventory import inventory_band
from sop_portal.charts.line_review import line_review
from sop_portal.charts.load import stacked_load
from sop_portal.charts.multiples import small_multiples
from sop_portal.charts.series import Drawing
from sop_portal.charts.stair import stair
from sop_portal.charts.three_tier import three_tier
from sop_portal.charts.tolerance import tolerance_grid
from sop_portal.charts.trend import trend_columns
from sop_portal.charts.waterfall import waterfall

__all__ = [
    "Drawing",
    "bar",
    "bias_columns",
    "bullet",
    "inventory_band",
    "line_review",
    "plans_compared",
    "small_multiples",
    "sparkline",
    "stacked_load",
    "stair",
    "three_tier",
    "tolerance_grid",
    "trend_columns",
    "waterfall",
]
