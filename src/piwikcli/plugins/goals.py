"""Goals: conversions and revenue of goals, orders and abandoned carts. Definitions: docs/reference/metrics.md."""

from piwikcli.plugins import goal_items
from piwikcli.plugins.api import AnyRecord, ConversionBucketRecord, ConversionNumbers, Plugin
from piwikcli.plugins.api.metrics import ITEM_METRICS
from piwikcli.plugins.goal_dimensions import DIMENSIONS
from piwikcli.plugins.goal_reports import REPORTS, until_conversion
from piwikcli.plugins.goal_settings import REPORTS as SETTINGS
from piwikcli.plugins.ranges import ranges

# (suffix, condition): every number again for conversions of new and of returning visitors
GROUPS = (
    ("", "true"),
    ("_new_visit", "c.visitor_returning = 0"),
    ("_returning_visit", "c.visitor_returning > 0"),
)
VISITS = ranges(*((n, n) for n in range(1, 9)), (9, 14), (15, 25), (26, 50), (51, 100), (101, None))
DAYS = ranges(*((n, n) for n in range(8)), (8, 14), (15, 30), (31, 60), (61, 120), (121, 364), (365, None))

RECORDS: tuple[AnyRecord, ...] = (
    ConversionNumbers(name="Goal", groups=GROUPS),
    ConversionBucketRecord(name="Goal_visits_until_conv", value="c.visitor_count_visits", buckets=VISITS),
    ConversionBucketRecord(
        name="Goal_days_until_conv",
        value="c.visitor_seconds_since_first // 86400",
        buckets=DAYS,
    ),
    *goal_items.RECORDS,
)

PLUGIN = Plugin(
    "Goals",
    records=RECORDS,
    reports=(
        *REPORTS,
        until_conversion(
            "getVisitsUntilConversion", "Visits to Conversion", "Goal_visits_until_conv", VISITS, "visit"
        ),
        until_conversion("getDaysToConversion", "Days to Conversion", "Goal_days_until_conv", DAYS, "day"),
        *SETTINGS,
        *goal_items.REPORTS,
    ),
    metrics=ITEM_METRICS,
    described_in="piwikcli.plugins.descriptions.goals",
    dimensions=DIMENSIONS,
)
