"""DevicesDetection: device types, brands, models, systems, browsers. Codes: docs/reference/devices.md."""

from collections.abc import Mapping
from typing import Any

from piwikcli.errors import UsageError
from piwikcli.plugins.api import Context, DataTable, Dimension, Plugin, Report, Row, VisitRecord
from piwikcli.plugins.api.dimensions import code_of, enumeration
from piwikcli.plugins.api.metrics import VISIT_METRICS
from piwikcli.plugins.device_names import (
    BRANDS,
    BROWSERS,
    DEVICE_TYPES,
    ENGINE_FAMILIES,
    OPERATING_SYSTEMS,
    OS_FAMILIES,
)
from piwikcli.plugins.labels import ICONS, UNKNOWN, urlencode
from piwikcli.plugins.metrics import NOT_COUNTS, VISIT_COLUMNS
from piwikcli.plugins.resolution import browser_name


def _record(name: str, path: str, *, conversions: bool = False) -> VisitRecord:
    of_conversions = (path,) if conversions else ()
    return VisitRecord(name=f"DevicesDetection_{name}", table="device", path=(path,), conversions=of_conversions)


def _dimension(segment: str, title: str, column: str, **options: Any) -> Dimension:
    return Dimension(segment=segment, title=title, sql=f"d.{column}", table="device", **options)


def _brand_code(name: str) -> str:
    codes = {known: code for code, known in BRANDS.items()} | {UNKNOWN: ""}
    if name not in codes:
        raise UsageError(f"deviceBrand segment must be one of: {', '.join(sorted(codes))}")
    return codes[name]


DIMENSIONS = (
    _dimension(
        "deviceType",
        "Device type",
        "config_device_type",
        type="number",
        value=enumeration(
            {name: number for number, name in enumerate(DEVICE_TYPES)}, column="log_visit.config_device_type"
        ),
        values=", ".join(DEVICE_TYPES),
    ),
    _dimension("deviceBrand", "Device brand", "config_device_brand", value=_brand_code, values="Apple, ..., Unknown"),
    _dimension("deviceModel", "Device model", "config_device_model"),
    _dimension("browserCode", "Browser", "config_browser_name", values="codes: FF, CH, ..."),
    _dimension(
        "browserName",
        "Browser by its name",
        "config_browser_name",
        value=code_of(BROWSERS),
        values="Firefox, ...",
    ),
    _dimension("browserVersion", "Version of the browser", "config_browser_version"),
    _dimension("browserEngine", "Browser engine", "config_browser_engine", values="Gecko, Blink, ..."),
    _dimension(
        "operatingSystemCode",
        "Operating system",
        "config_os",
        values="codes: WIN, AND, ...",
        aliases=("operatingSystem",),
    ),
    _dimension(
        "operatingSystemName",
        "Operating system by its name",
        "config_os",
        value=code_of(OPERATING_SYSTEMS),
        values="Windows, Android, ...",
    ),
    _dimension("operatingSystemVersion", "Version of the operating system", "config_os_version"),
)


RECORDS = (
    _record("types", "coalesce(d.config_device_type::VARCHAR, '')", conversions=True),
    _record("brands", "d.config_device_brand", conversions=True),
    _record("models", "d.config_device_brand || ';' || d.config_device_model", conversions=True),
    _record("os", "d.config_os"),
    _record("osVersions", "d.config_os || ';' || d.config_os_version"),
    _record("browsers", "d.config_browser_name", conversions=True),
    _record("browserVersions", "d.config_browser_name || ';' || d.config_browser_version"),
    _record("browserEngines", "d.config_browser_engine"),
)


def _all_types(table: DataTable, context: Context) -> DataTable:
    """Every device type has a row as soon as one has."""
    if table.rows:
        columns = [name for name in table.rows[0].columns if name not in NOT_COUNTS] or list(VISIT_METRICS)
        known = {str(row.label) for row in table}
        for idtype in range(len(DEVICE_TYPES)):
            if str(idtype) not in known:
                table.rows.append(Row({"label": str(idtype), **dict.fromkeys(columns, 0)}))
    return table


def _device_type(label: str) -> str:
    known = label.isdigit() and int(label) < len(DEVICE_TYPES)
    return DEVICE_TYPES[int(label)].capitalize() if known else UNKNOWN


def _brand(code: str) -> str:
    return BRANDS.get(code, code) or UNKNOWN


def _model(label: str) -> str:
    code, _, model = label.partition(";")
    if model.startswith("generic "):
        model = f"Generic {model.removeprefix('generic ').capitalize()}"
        return f"{_brand(code)} - {model}" if code else model
    return f"{_brand(code)} - {model or UNKNOWN}" if code or model else UNKNOWN


def _system(label: str) -> str:
    code, _, version = label.partition(";")
    if code in ("", "UNK") or code not in OPERATING_SYSTEMS:
        return UNKNOWN
    return f"{OPERATING_SYSTEMS[code]} {'' if version == 'UNK' else version}".strip()


def _browser_version(label: str) -> str:
    code, _, version = label.partition(";")
    name = browser_name(code)
    return name if name == UNKNOWN else f"{name} {version}".strip()


def _type_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    name = str(row.label).lower()
    icon = {"logo": f"{ICONS}/devices/{name.replace(' ', '_')}.png"}
    return icon if name == UNKNOWN.lower() else {"segment": f"deviceType=={urlencode(name)}", **icon}


def _brand_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    return {"logo": f"{ICONS}/brand/unk.png", "segment": f"deviceBrand=={urlencode(_brand(stored))}"}


def _model_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    code, _, model = stored.partition(";")
    return {"segment": f"deviceBrand=={urlencode(_brand(code))};deviceModel=={urlencode(model)}"}


def _family_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    return {"logo": f"{ICONS}/os/UNK.png"}


def _system_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    code, _, version = stored.partition(";")
    if code in ("", "UNK"):
        code, version = "UNK", version or "UNK"
    segment = f"operatingSystemCode=={urlencode(code)};operatingSystemVersion=={urlencode(version)}"
    return {"segment": segment, "logo": f"{ICONS}/os/UNK.png"}


def _browser_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    icon = {"logo": f"{ICONS}/browsers/UNK.png"}
    known = stored in BROWSERS or stored == "UNK"  # other clients have no code
    return {**icon, "segment": f"browserCode=={urlencode(stored)}"} if known else icon


def _version_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    code, _, version = stored.partition(";")
    segment = f"browserCode=={urlencode(code)};browserVersion=={urlencode(version)}"
    return {"segment": segment, "logo": f"{ICONS}/browsers/UNK.png"}


def _engine_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    return {"segment": f"browserEngine=={urlencode(stored)}"}


REPORTS = (
    Report(
        method="DevicesDetection.getType",
        title="Device type",
        record="DevicesDetection_types",
        rows=_all_types,
        label=_device_type,
        merge=True,
        metadata=_type_metadata,
        metrics=VISIT_COLUMNS,
        dimensions=("DevicesDetection_DeviceType",),
    ),
    Report(
        method="DevicesDetection.getBrand",
        title="Device brand",
        record="DevicesDetection_brands",
        label=_brand,
        merge=True,
        metadata=_brand_metadata,
        metrics=VISIT_COLUMNS,
        dimensions=("DevicesDetection_DeviceBrand",),
    ),
    Report(
        method="DevicesDetection.getModel",
        title="Device model",
        record="DevicesDetection_models",
        label=_model,
        merge=True,
        metadata=_model_metadata,
        metrics=VISIT_COLUMNS,
        dimensions=("DevicesDetection_DeviceModel",),
    ),
    Report(
        method="DevicesDetection.getOsFamilies",
        title="Operating System families",
        record="DevicesDetection_os",
        label=lambda code: OS_FAMILIES.get(code, UNKNOWN),
        merge=True,
        metadata=_family_metadata,
        metrics=VISIT_COLUMNS,
        dimensions=("DevicesDetection_Os",),
    ),
    Report(
        method="DevicesDetection.getOsVersions",
        title="Operating System versions",
        record="DevicesDetection_osVersions",
        label=_system,
        merge=True,
        metadata=_system_metadata,
        metrics=VISIT_COLUMNS,
        dimensions=("DevicesDetection_OsVersion",),
    ),
    Report(
        method="DevicesDetection.getBrowsers",
        title="Browsers",
        record="DevicesDetection_browsers",
        label=browser_name,
        merge=True,
        metadata=_browser_metadata,
        metrics=VISIT_COLUMNS,
        dimensions=("DevicesDetection_BrowserName",),
    ),
    Report(
        method="DevicesDetection.getBrowserVersions",
        title="Browser version",
        record="DevicesDetection_browserVersions",
        label=_browser_version,
        merge=True,
        metadata=_version_metadata,
        metrics=VISIT_COLUMNS,
        dimensions=("DevicesDetection_BrowserVersion",),
    ),
    Report(
        method="DevicesDetection.getBrowserEngines",
        title="Browser engines",
        record="DevicesDetection_browserEngines",
        label=lambda engine: ENGINE_FAMILIES.get(engine, engine) or UNKNOWN,
        merge=True,
        metadata=_engine_metadata,
        metrics=VISIT_COLUMNS,
        dimensions=("DevicesDetection_BrowserEngine",),
    ),
)

PLUGIN = Plugin(
    "DevicesDetection",
    records=RECORDS,
    reports=REPORTS,
    dimensions=DIMENSIONS,
    described_in="piwikcli.plugins.descriptions.visitors",
)
