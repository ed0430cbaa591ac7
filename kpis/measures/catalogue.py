"""Every measure in words, from all rooms; those of a forecast's accuracy are computed in `demand.accuracy`."""

from typing import Final

from kpis.measures import money, process, service, supply
from kpis.measures.words import Family, Good, Measure, Subject

FORECAST: Final = (
    Measure(
        "wape",
        "WAPE",
        Subject.FORECAST,
        None,
        "Σ|F−A| / Σ|A|",
        "%",
        Good.DOWN,
        "n/a when Σ|A| is 0; always with its level and lag",
    ),
    Measure(
        "accuracy",
        "Accuracy",
        Subject.FORECAST,
        None,
        "max(0, 1 − WAPE)",
        "%",
        Good.UP,
        "shown beside WAPE: it hides errors above 100 %",
    ),
    Measure(
        "mape",
        "MAPE",
        Subject.FORECAST,
        None,
        "mean(|F−A| / |A|) over A ≠ 0",
        "%",
        Good.DOWN,
        "months without demand are left out and counted",
        "Hyndman & Koehler 2006",
    ),
    Measure(
        "bias", "Bias", Subject.FORECAST, None, "Σ(F−A) / Σ|A|", "%", Good.ZERO, "+ = forecast too high (optimism)"
    ),
    Measure(
        "tracking_signal",
        "Tracking signal",
        Subject.FORECAST,
        None,
        "Σ(A−F) / mean|A−F|",
        "ratio",
        Good.ZERO,
        "+ = forecast too low; alarm beyond ±4",
        "APICS",
    ),
    Measure(
        "mase",
        "MASE",
        Subject.FORECAST,
        None,
        "MAE / in-sample MAE of the seasonal naive (12 months)",
        "ratio",
        Good.DOWN,
        "below 1 = better than repeating last year",
        "Hyndman & Koehler 2006",
    ),
    Measure(
        "smape",
        "sMAPE",
        Subject.FORECAST,
        None,
        "mean(200·|F−A| / (|F|+|A|))",
        "%",
        Good.DOWN,
        "only for the published benchmarks",
        "Makridakis 2000",
    ),
    Measure(
        "fva",
        "Forecast value added",
        Subject.FORECAST,
        None,
        "WAPE(stage before) − WAPE(stage)",
        "percentage points",
        Good.UP,
        "+ = the stage helped; n/a for the naive, the supply plan and the company forecast",
        "Gilliland",
    ),
    Measure(
        "hit_rate",
        "Adjustment hit rate",
        Subject.FORECAST,
        None,
        "share of changes with |after−A| < |before−A|",
        "%",
        Good.UP,
        "n/a under 5 cases",
        "Fildes et al. 2009",
    ),
    Measure(
        "call_calibration",
        "Call calibration",
        Subject.FORECAST,
        None,
        "of the calls made at p %, the share that came",
        "%",
        Good.NONE,
        "good when the share equals p; quantity and month count",
    ),
    Measure(
        "brier",
        "Brier score",
        Subject.FORECAST,
        None,
        "mean((p−o)²)",
        "0 to 1",
        Good.DOWN,
        "planner's view; n/a without calls",
    ),
    Measure(
        "plan_stability",
        "Plan stability",
        Subject.FORECAST,
        None,
        "1 − Σ|new−old| / Σ|old|",
        "%",
        Good.UP,
        "over the months both versions cover; n/a when the old plan is empty",
    ),
)
CATALOGUE: Final[dict[str, Measure]] = {
    measure.code: measure
    for measure in (*FORECAST, *service.MEASURES, *supply.MEASURES, *money.MEASURES, *process.MEASURES)
}


def in_family(family: Family) -> list[Measure]:
    """The measures of one of the six families, in the order they are shown."""
    return [measure for measure in CATALOGUE.values() if measure.family is family]
