"""UserLanguage: browser languages. A web log sends none: every visit's is unknown (`xx`)."""

from collections.abc import Mapping

from piwikcli.plugins.api import Context, Dimension, Plugin, Report, Row, VisitRecord
from piwikcli.plugins.labels import language_and_region, language_name, urlencode
from piwikcli.plugins.metrics import VISIT_COLUMNS

# A language without a region is taken for that of its main country, where that has another code: ja is ja-jp.
_MAIN_COUNTRIES = dict(
    pair.split("-")
    for pair in (
        *("be-by", "bn-bd", "cs-cz", "da-dk", "el-gr", "en-us", "et-ee", "fa-ir", "he-il", "hi-in", "hy-am", "ja-jp"),
        *("ka-ge", "kk-kz", "ko-kr", "ms-my", "nb-no", "sl-si", "sq-al", "sr-rs", "sv-se", "uk-ua", "vi-vn", "zh-cn"),
    )
)
_PLAIN = ", ".join(f"'{language}'" for language in _MAIN_COUNTRIES)
_FULL = ", ".join(f"'{language}-{country}'" for language, country in _MAIN_COUNTRIES.items())

# fr-fr is fr
_LANGUAGE = (
    "CASE WHEN v.language = '' THEN 'xx'"
    f" WHEN v.language IN ({_PLAIN}) THEN list_extract([{_FULL}], list_position([{_PLAIN}], v.language))"
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
