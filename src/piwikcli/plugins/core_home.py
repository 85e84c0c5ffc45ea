"""CoreHome: what a visit itself is, and whose. Definitions: docs/explanation/visits.md."""

from piwikcli.plugins.api import Dimension, Plugin
from piwikcli.plugins.api.dimensions import EQUALITY, ORDER, days, enumeration, hexadecimal, ip

NEW, RETURNING, RETURNING_CUSTOMER = 0, 1, 2
_HEX = "16 hexadecimal digits"


def _count(segment: str, title: str, sql: str, *aliases: str) -> Dimension:
    return Dimension(segment=segment, title=title, sql=sql, type="number", aliases=aliases)


DIMENSIONS = (
    _count("visitId", "Visit id", "v.idvisit"),
    Dimension(
        segment="visitorId",
        title="Visitor id",
        sql="v.idvisitor",
        type="id",
        value=hexadecimal,
        values=_HEX,
        operators=EQUALITY,
    ),
    Dimension(
        segment="fingerprint",
        title="Fingerprint of browser and address",
        sql="v.config_id",
        type="id",
        value=hexadecimal,
        values=_HEX,
        operators=EQUALITY,
    ),
    # Matomo keeps 4 bytes of IPv4 and 16 of IPv6, ::ffff:a.b.c.d among them, and compares them byte by byte
    Dimension(
        segment="visitIp",
        title="IP address",
        sql="CASE WHEN contains(k.ip, ':') THEN k.location_ip ELSE k.location_ip[13:16] END",
        table="client",
        type="id",
        value=ip,
        values="an address; ranges with >= and <=",
        operators=ORDER,
    ),
    Dimension(
        segment="visitorType",
        title="New or returning visitor",
        sql="v.visitor_returning",
        type="number",
        value=enumeration(
            {"new": NEW, "returning": RETURNING, "returningcustomer": RETURNING_CUSTOMER},
            column="log_visit.visitor_returning",
            otherwise=RETURNING_CUSTOMER,
        ),
        values="new, returning, returningCustomer",
    ),
    _count("visitCount", "Number of the visit, of this visitor's", "v.visitor_count_visits"),
    Dimension(
        segment="daysSinceFirstVisit",
        title="Days since the visitor's first visit",
        sql="v.visitor_seconds_since_first",
        type="number",
        value=days,
        values="days",
        aliases=("visitorDaysSinceFirst",),
    ),
    _count("secondsSinceFirstVisit", "Seconds since the visitor's first visit", "v.visitor_seconds_since_first"),
    _count(
        "daysSinceLastVisit",
        "Days since the visitor's last visit",
        "v.visitor_seconds_since_last // 86400",
        "visitorDaysSinceLast",
    ),
    _count("secondsSinceLastVisit", "Seconds since the visitor's last visit", "v.visitor_seconds_since_last"),
    _count("visitDuration", "Seconds that the visit took", "v.visit_total_time"),
    _count("actions", "Actions in the visit", "v.visit_total_actions"),
    _count("interactions", "Page views, downloads, outlinks and searches", "v.visit_total_interactions"),
    _count("searches", "Site searches in the visit", "v.visit_total_searches"),
    Dimension(
        segment="events",
        title="Events in the visit",
        sql="coalesce(e.visit_total_events, 0)",
        table="detail",
        type="number",
    ),
    Dimension(
        segment="profilable",
        title="Whether the visitor can be recognised",
        sql="CAST(coalesce(e.profilable, v.user_id IS NOT NULL) AS UTINYINT)",
        table="detail",
        type="number",
        values="0, 1",
    ),
)

PLUGIN = Plugin("CoreHome", dimensions=DIMENSIONS)
