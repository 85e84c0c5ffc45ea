"""UserLanguage: browser languages. A web log sends none: every visit's is unknown (`xx`)."""

from collections.abc import Mapping

from piwikcli.plugins.api import Context, Dimension, Plugin, Report, Row, VisitRecord
from piwikcli.plugins.labels import language_and_region, language_name, urlencode
from piwikcli.plugins.metrics import VISIT_COLUMNS

# fr-fr is fr
_LANGUAGE = (
    "CASE WHEN v.language = '' THEN 'xx'"
    " WHEN split_part(v.language, '-', 1) = split_part(v.language, '-', 2) THEN split_part(v.language, '-', 1)"
    " ELSE v.language END"
)

DIMENSIONS = (
    Dimension(
        segment="languageCode",
        title="Browser language",
        sql="k.language",
        table="client",
        values="de, en-gb, ...",
        aliases=("language",),
    ),
)

RECORDS = (VisitRecord(name="UserLanguage_language", path=(_LANGUAGE,)),)


def _language_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    language = urlencode(stored.partition("-")[0])
    if language in ("", "xx"):
        return {"segment": "languageCode==xx"}
    return {"segment": f"languageCode=={language},languageCode=@{language}-"}


def _code_metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    return {"segment": f"languageCode=={urlencode(stored or 'xx')}"}


REPORTS = (
    Report(
        method="UserLanguage.getLanguage",
        title="Browser language",
        record="UserLanguage_language",
        label=lambda code: language_name(code.partition("-")[0]),
        merge=True,
        metadata=_language_metadata,
        metrics=VISIT_COLUMNS,
        dimensions=("UserLanguage_Language",),
    ),
    Report(
        method="UserLanguage.getLanguageCode",
        title="Language code",
        record="UserLanguage_language",
        label=language_and_region,
        merge=True,
        metadata=_code_metadata,
        metrics=VISIT_COLUMNS,
        dimensions=("UserLanguage_Language",),
    ),
)

PLUGIN = Plugin(
    "UserLanguage",
    records=RECORDS,
    reports=REPORTS,
    dimensions=DIMENSIONS,
    described_in="piwikcli.plugins.descriptions.visitors",
)
