"""Reports of the category Visitors."""

from __future__ import annotations

from piwikcli.plugins.api import Description
from piwikcli.plugins.descriptions.columns import PER_VISIT, PER_VISIT_CONVERTED, VISITS, named


def _visits(order: int, subcategory: str, name: str, dimension: str, text: str, *related: str) -> Description:
    return Description(
        category="Visitors",
        subcategory=subcategory,
        order=order,
        name=name,
        dimension=dimension,
        text=text,
        metrics=VISITS,
        processed=PER_VISIT_CONVERTED,
        related=related,
    )


def _with_goals(
    order: int, subcategory: str, name: str, dimension: str, text: str, *related: str, users: bool = True
) -> Description:
    return Description(
        category="Visitors",
        subcategory=subcategory,
        order=order,
        name=name,
        dimension=dimension,
        text=text,
        metrics=VISITS if users else named("nb_visits", "nb_uniq_visitors", "nb_actions"),
        processed=PER_VISIT,
        also=("conversion_rate",),
        related=related,
        goals="visits",
    )


DESCRIPTIONS = {
    "VisitsSummary.get": Description(
        category="Visitors",
        subcategory="Overview",
        order=1,
        name="Visits Summary",
        text="The site's visits, visitors and actions in one row.",
        metrics=named("nb_visits", "nb_uniq_visitors", "nb_users", "nb_actions", "max_actions"),
        processed=named("bounce_rate", "nb_actions_per_visit", avg_time_on_site="Avg. Visit Duration (in seconds)"),
    ),
    "UserCountry.getCountry": _with_goals(
        2,
        "Locations",
        "Country",
        "Country",
        "The countries from which visitors came, by their address or, without a location database, their language.",
        users=False,
    ),
    "UserCountry.getContinent": _with_goals(
        3, "Locations", "Continent", "Continent", "The continents of these countries.", users=False
    ),
    "UserCountry.getRegion": _with_goals(
        4,
        "Locations",
        "Region",
        "Region",
        "The regions of these countries; they need a location database.",
        users=False,
    ),
    "UserLanguage.getLanguage": _visits(
        5,
        "Locations",
        "Web-browser language",
        "Language",
        "The languages that browsers ask for.",
        "UserLanguage.getLanguageCode",
    ),
    "UserCountry.getCity": _with_goals(
        6, "Locations", "City", "City", "The cities; they need a location database of cities.", users=False
    ),
    "UserLanguage.getLanguageCode": _visits(
        7,
        "Locations",
        "Language code",
        "Language",
        "The languages that browsers ask for, with the region (en-gb).",
        "UserLanguage.getLanguage",
    ),
    "DevicesDetection.getType": _with_goals(
        8,
        "Devices",
        "Device type",
        "Device type",
        "Kinds of devices. All kinds are listed, also those without visits.",
    ),
    "DevicesDetection.getModel": _with_goals(
        9, "Devices", "Device model", "Device model", "Device models with their brands."
    ),
    "DevicesDetection.getBrand": _with_goals(10, "Devices", "Device brand", "Device brand", "Brands of devices."),
    "Resolution.getResolution": _visits(
        11,
        "Devices",
        "Screen Resolution",
        "Resolution",
        "Screen sizes; access logs have none.",
        "Resolution.getConfiguration",
    ),
    "DevicesDetection.getOsVersions": _visits(
        12,
        "Software",
        "Operating System versions",
        "Operating system version",
        "Operating systems with their versions.",
        "DevicesDetection.getOsFamilies",
    ),
    "DevicesDetection.getBrowsers": _with_goals(
        13,
        "Software",
        "Browsers",
        "Browser",
        "Browsers and other programs that visited the site.",
        "DevicesDetection.getBrowserVersions",
    ),
    "DevicesDetection.getBrowserVersions": _visits(
        14,
        "Software",
        "Browser version",
        "Browser version",
        "Browsers with their versions.",
        "DevicesDetection.getBrowsers",
    ),
    "Resolution.getConfiguration": _visits(
        15,
        "Software",
        "Configurations",
        "Configuration",
        "Combinations of operating system, browser and screen size.",
        "Resolution.getResolution",
    ),
    "DevicesDetection.getOsFamilies": _visits(
        16,
        "Software",
        "Operating System families",
        "Operating system family",
        "Families of operating systems (Windows, Android).",
        "DevicesDetection.getOsVersions",
    ),
    "DevicesDetection.getBrowserEngines": _visits(
        17, "Software", "Browser engines", "Browser engine", "The engines inside the browsers."
    ),
    "DevicePlugins.getPlugin": Description(
        category="Visitors",
        subcategory="Software",
        order=18,
        name="Browser Plugins",
        dimension="Plugin",
        text="Browser plugins, and their share among browsers that tell; access logs have none.",
        metrics=named("nb_visits"),
        processed=named("nb_visits_percentage"),
    ),
    "VisitTime.getVisitInformationPerLocalTime": _visits(
        19,
        "Times",
        "Visits per local time",
        "Local time — hour (start of visit)",
        "The hours of the visitors' own clocks in which visits began; in access logs, UTC.",
        "VisitTime.getByDayOfWeek",
    ),
    "VisitTime.getVisitInformationPerServerTime": _with_goals(
        20,
        "Times",
        "Visits per hour in the site's timezone",
        "Site time — hour (start of visit)",
        "The hours of the site's time zone in which visits began.",
    ),
    "VisitTime.getByDayOfWeek": _visits(
        21,
        "Times",
        "Visits by day of the week",
        "Day of the week",
        "Monday to Sunday, each the sum of the period's days of that name.",
        "VisitTime.getVisitInformationPerLocalTime",
    ),
    "UserId.getUsers": Description(
        category="Visitors",
        subcategory="User IDs",
        order=22,
        name="User IDs",
        dimension="UserId",
        text="Visits of people whom the site knows by a user id.",
        metrics=named("label", "nb_visits", "nb_actions", "nb_visits_converted"),
        processed=PER_VISIT_CONVERTED,
    ),
    "CustomDimensions.getCustomDimension": Description(
        category="Visitors",
        order=23,
        name="Custom Dimension",
        dimension="Value",
        text="The values of one custom dimension, of visits or of actions.",
        metrics=named("nb_visits", "nb_actions", "nb_hits"),
        processed=named(
            "avg_time_on_site", "avg_time_on_dimension", "bounce_rate", "exit_rate", "nb_actions_per_visit"
        ),
    ),
    "CustomVariables.getCustomVariables": _visits(
        24,
        "Custom Variables",
        "Custom Variables",
        "Custom Variable name",
        "Names of custom variables, and below them their values.",
    ),
    "CustomVariables.getCustomVariablesValuesFromNameId": _visits(
        25, "Custom Variables", "Custom Variables", "Custom Variable value", "The values of one custom variable."
    ),
}
