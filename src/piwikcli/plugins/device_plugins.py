"""DevicePlugins: browser plugins. A web log knows none, so every count is 0."""

from piwikcli.plugins.api import Context, DataTable, FlagRecord, Plugin, Ratio, Report, Row

NAMES = ("cookie", "flash", "java", "pdf", "quicktime", "realplayer", "silverlight", "windowsmedia")

_FLAGS = tuple((name, f"(v.plugins >> {bit}) & 1 = 1") for bit, name in enumerate(NAMES))
RECORDS = (FlagRecord(name="DevicePlugins_plugin", flags=_FLAGS),)

# visits whose browser could have told: Internet Explorer 6 to 10 can't
_ABLE = "_nb_visits_able_to_tell"
_MUTE = {f"IE;{version}.0" for version in range(6, 11)}


def _every_plugin(table: DataTable, context: Context) -> DataTable:
    if not context.has_visits:
        return table
    visits = {str(row.label): row.columns.get("nb_visits", 0) for row in table}
    able = context.number("nb_visits")
    if any(visits.values()):
        browsers = context.table("DevicesDetection_browserVersions")
        able -= sum(row.columns.get("nb_visits", 0) for row in browsers if row.label in _MUTE)
    names = {*NAMES, *visits}
    # never more than all of them
    rows = [
        Row({"label": name, "nb_visits": visits.get(name, 0), _ABLE: max(able, visits.get(name, 0))})
        for name in sorted(names)
    ]
    return DataTable(rows, table.metadata)


REPORTS = (
    Report(
        method="DevicePlugins.getPlugin",
        title="Browser Plugins",
        record="DevicePlugins_plugin",
        rows=_every_plugin,
        label=str.capitalize,
        queued=True,
        metrics=("nb_visits",),
        processed=(Ratio("nb_visits_percentage", "nb_visits", _ABLE, 2, "percent"),),
        temporary=(_ABLE,),
        constant_rows=True,
        dimensions=("DevicePlugins_Plugin",),
    ),
)

PLUGIN = Plugin(
    "DevicePlugins", records=RECORDS, reports=REPORTS, described_in="piwikcli.plugins.descriptions.visitors"
)
