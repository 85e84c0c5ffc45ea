"""VisitTime: visits by hour, in the site's time zone and in the visitor's."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from piwikcli.errors import UsageError
from piwikcli.plugins.api import Context, DataTable, Dimension, Plugin, Report, Row, VisitRecord
from piwikcli.plugins.metrics import NOT_COUNTS, VISIT_COLUMNS

RECORDS = (
    VisitRecord(name="VisitTime_localTime", path=("(v.visitor_localtime // 3600)::VARCHAR",), max_rows=None),
    VisitRecord(
        name="VisitTime_serverTime", path=("v.start_hour::VARCHAR",), conversions=("c.hour::VARCHAR",), max_rows=None
    ),
)


def _time(segment: str, title: str, sql: str, values: str, *, local: bool = False) -> Dimension:
    return Dimension(
        segment=segment, title=title, sql=sql, type="number", values=values, table="detail" if local else None
    )


_FIRST, _LAST = "v.visit_first_action_time", "v.visit_last_action_time"
_LOCAL = f"coalesce(e.visitor_localtime, epoch({_FIRST})::BIGINT % 86400)"

# server times are UTC, whatever the site's time zone
DIMENSIONS = (
    _time("visitStartServerHour", "Hour in which the visit began (UTC)", f"hour({_FIRST})", "0 to 23"),
    _time("visitStartServerMinute", "Minute in which the visit began", f"minute({_FIRST})", "0 to 59"),
    _time("visitServerHour", "Hour of the last action (UTC)", f"hour({_LAST})", "0 to 23"),
    Dimension(
        segment="visitEndServerDate",
        title="Date of the last action (UTC)",
        sql=f"CAST(CAST({_LAST} AS DATE) AS VARCHAR)",
        values="2026-03-01",
    ),
    _time("visitEndServerDayOfMonth", "Day of the month of the last action", f"day({_LAST})", "1 to 31"),
    _time("visitEndServerDayOfWeek", "Day of the week of the last action", f"dayofweek({_LAST}) + 1", "1 is Sunday"),
    _time("visitEndServerDayOfYear", "Day of the year of the last action", f"dayofyear({_LAST})", "1 to 366"),
    _time("visitEndServerMinute", "Minute of the last action", f"minute({_LAST})", "0 to 59"),
    _time("visitEndServerSecond", "Second of the last action", f"second({_LAST})", "0 to 59"),
    _time("visitEndServerMonth", "Month of the last action", f"month({_LAST})", "1 to 12"),
    _time("visitEndServerQuarter", "Quarter of the last action", f"quarter({_LAST})", "1 to 4"),
    _time("visitEndServerYear", "Year of the last action", f"year({_LAST})", "2026, ..."),
    _time("visitEndServerWeekOfYear", "ISO week of the last action", f"weekofyear({_LAST})", "1 to 53"),
    _time("visitLocalHour", "Hour of the visitor's clock", f"{_LOCAL} // 3600", "0 to 23", local=True),
    _time("visitLocalMinute", "Minute of the visitor's clock", f"{_LOCAL} // 60 % 60", "0 to 59", local=True),
)

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY_COLUMNS = (
    "nb_visits",
    "nb_uniq_visitors",
    "nb_actions",
    "nb_users",
    "sum_visit_length",
    "bounce_count",
    "nb_visits_converted",
)


def _every_hour(table: DataTable, context: Context) -> DataTable:
    """24 rows as soon as there is one."""
    if not table.rows:
        return table
    by_hour = {str(row.label): row for row in table}
    zeros = dict.fromkeys((name for name in table.rows[0].columns if name not in NOT_COUNTS), 0)
    hours = (str(hour) for hour in range(24))
    return DataTable([by_hour.get(hour, Row({"label": hour, **zeros})) for hour in hours], table.metadata)


def _past_hours(table: DataTable, context: Context) -> DataTable:
    table = _every_hour(table, context)
    now = datetime.now(context.site.zone)
    today = context.period == "day" and context.date1 == now.date()
    if today and context.parameters.get("hideFutureHoursWhenToday") == "1":
        table.rows = [row for row in table if int(str(row.label)) <= now.hour]
    return table


def _hour(label: str) -> str:
    return label.zfill(2)


def _server_hour(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    # segments ask for UTC hours; the offset is the one at the period's end, for all its hours
    end = datetime(context.date2.year, context.date2.month, context.date2.day, 23, 59, 59)
    offset = end.replace(tzinfo=context.site.zone).utcoffset() or timedelta()
    hour = (datetime(2000, 1, 2, int(stored)) - offset).hour
    return {"segment": f"visitStartServerHour=={hour}"}


def _local_hour(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    return {"segment": f"visitLocalHour=={stored}"}


def _by_day_of_week(context: Context) -> DataTable:
    rows = [Row({"label": name, "nb_visits": 0}, {"day_of_week": n}) for n, name in enumerate(WEEKDAYS, 1)]
    if not context.has_visits:
        return DataTable()
    for day, numbers in context.daily().items():
        columns = rows[day.weekday()].columns
        if numbers.get("nb_visits"):
            columns.update({name: columns.get(name, 0) + numbers.get(name, 0) for name in _DAY_COLUMNS})
    return DataTable(rows)


def _single(what: str) -> UsageError:
    return UsageError(f"VisitTime.getByDayOfWeek does not support multiple {what}.")


REPORTS = (
    Report(
        method="VisitTime.getVisitInformationPerLocalTime",
        title="Visits per local time",
        record="VisitTime_localTime",
        rows=_every_hour,
        label=_hour,
        queued=True,
        metadata=_local_hour,
        metrics=VISIT_COLUMNS,
        sort="label",
        sort_order="asc",
        constant_rows=True,
        dimensions=("VisitTime_LocalTime",),
    ),
    Report(
        method="VisitTime.getVisitInformationPerServerTime",
        title="Visits per hour in the site's time zone",
        record="VisitTime_serverTime",
        rows=_past_hours,
        label=_hour,
        queued=True,
        metadata=_server_hour,
        metrics=VISIT_COLUMNS,
        parameters=("hideFutureHoursWhenToday",),
        flags=("hideFutureHoursWhenToday",),
        sort="label",
        sort_order="asc",
        constant_rows=True,
        dimensions=("CoreHome_VisitFirstActionTime",),
    ),
    Report(
        method="VisitTime.getByDayOfWeek",
        title="Visits by day of week",
        compute=_by_day_of_week,
        metrics=_DAY_COLUMNS,
        sort=None,
        constant_rows=True,
        single=_single,
        dimensions=("VisitTime_DayOfTheWeek",),
    ),
)

PLUGIN = Plugin(
    "VisitTime",
    records=RECORDS,
    reports=REPORTS,
    dimensions=DIMENSIONS,
    described_in="piwikcli.plugins.descriptions.visitors",
)
