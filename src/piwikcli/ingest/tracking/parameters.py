"""The parameters of a tracking request, declared as data. The reference page is made from this list.

Reference: docs/reference/tracking.md.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter by its name in requests.

    `type` is what its text must be: text, integer, number, flag (an integer other than 0), json, time.
    `limit` is its length in characters (or what the text says), empty for none.
    """

    name: str
    type: str
    meaning: str
    limit: str = ""


GROUPS: dict[str, tuple[Parameter, ...]] = {
    "Request and visitor": (
        Parameter("idsite", "integer", "the site; `--idsite` where it is missing"),
        Parameter("rec", "flag", "must be set, else the request is dropped (`no_rec`)"),
        Parameter("cdt", "time", "when it happened: `YYYY-MM-DD hh:mm:ss` in UTC, or Unix time; required"),
        Parameter("cdo", "integer", "seconds to go back from `cdt`"),
        Parameter("cip", "text", "the visitor's address"),
        Parameter("ua", "text", "the user agent"),
        Parameter("uadata", "json", "client hints: system, model and browser that the user agent hides"),
        Parameter("lang", "text", "the browser's languages, as in `Accept-Language`"),
        Parameter("url", "text", "the page's URL", "1024 bytes"),
        Parameter("urlref", "text", "the referrer's URL", "1500"),
        Parameter("action_name", "text", "the page's title", "1024 bytes"),
        Parameter("_id", "text", "visitor id: 16 hex digits or more, of which 16 count", "16"),
        Parameter("cid", "text", "visitor id that no fingerprint may overrule; exactly 16 characters", "16"),
        Parameter("uid", "text", "user id: the same person on every device", "200"),
        Parameter("new_visit", "flag", "begins a new visit"),
        Parameter("res", "text", "screen resolution, such as `1920x1080`", "9"),
        Parameter("h", "integer", "the visitor's local hour; the time's own in UTC where it is missing or wrong"),
        Parameter("m", "integer", "and minute"),
        Parameter("s", "integer", "and second"),
        Parameter("cookie", "flag", "the browser takes cookies"),
        Parameter("fla", "flag", "it has Flash"),
        Parameter("java", "flag", "Java"),
        Parameter("pdf", "flag", "a PDF viewer"),
        Parameter("qt", "flag", "QuickTime"),
        Parameter("realp", "flag", "RealPlayer"),
        Parameter("ag", "flag", "Silverlight"),
        Parameter("wma", "flag", "Windows Media"),
        Parameter("country", "text", "overrides the visit's country", "3"),
        Parameter("region", "text", "its region", "3"),
        Parameter("city", "text", "its city", "255"),
        Parameter("lat", "number", "its latitude"),
        Parameter("long", "number", "its longitude"),
        Parameter("X-Purpose", "text", "the request's header: with `preview` or `instant` nobody saw the page yet"),
        Parameter("X-Moz", "text", "the same with `prefetch`"),
        Parameter("bots", "flag", "counts although it comes from a bot"),
        Parameter(
            "dimension", "text", "`dimensionN`: the value of custom dimension N; an empty one clears it", "250"
        ),
        Parameter("_cvar", "json", "custom variables of the visit: slot → [name, value]", "200"),
        Parameter("cvar", "json", "custom variables of the page", "200"),
    ),
    "Actions": (
        Parameter("link", "text", "outlink: the target's URL", "1024 bytes"),
        Parameter("download", "text", "download: the file's URL", "1024 bytes"),
        Parameter("search", "text", "site search: the words", "1024 bytes"),
        Parameter("search_cat", "text", "its category", "200"),
        Parameter("search_count", "integer", "its number of results"),
        Parameter("cs", "text", "the page's charset, for words in its URL"),
        Parameter("e_c", "text", "event: category"),
        Parameter("e_a", "text", "its action; an event needs both"),
        Parameter("e_n", "text", "its name"),
        Parameter("e_v", "number", "its value"),
        Parameter("c_n", "text", "content: name"),
        Parameter("c_p", "text", "its piece"),
        Parameter("c_t", "text", "its target"),
        Parameter("c_i", "text", "its interaction; without one it is an impression"),
        Parameter("pv_id", "text", "page view id", "6 bytes"),
        Parameter("pf_net", "integer", "milliseconds: network"),
        Parameter("pf_srv", "integer", "server"),
        Parameter("pf_tfr", "integer", "transfer"),
        Parameter("pf_dm1", "integer", "DOM processing"),
        Parameter("pf_dm2", "integer", "DOM completion"),
        Parameter("pf_onl", "integer", "onload"),
        Parameter("bw_bytes", "integer", "bytes sent"),
        Parameter("ping", "flag", "`1`: the visitor is still there; no action"),
        Parameter("ca", "flag", "a custom action: never a page view"),
    ),
    "Goals and ecommerce": (
        Parameter("idgoal", "integer", "converts that goal; `0` is an order or a cart"),
        Parameter("revenue", "number", "the conversion's revenue, the order's total"),
        Parameter("ec_id", "text", "order id; without one the request is a cart", "100"),
        Parameter("ec_st", "number", "subtotal"),
        Parameter("ec_tx", "number", "tax"),
        Parameter("ec_sh", "number", "shipping"),
        Parameter("ec_dt", "number", "discount"),
        Parameter("ec_items", "json", "list of [SKU, name, category or categories, price, quantity]"),
        Parameter("_pks", "text", "viewed product: SKU"),
        Parameter("_pkn", "text", "its name"),
        Parameter("_pkc", "text", "its category, or up to 5 as a JSON list"),
        Parameter("_pkp", "number", "its price"),
        Parameter("_rcn", "text", "campaign that gets the credit for a conversion"),
        Parameter("_rck", "text", "its keyword"),
        Parameter("_ref", "text", "referrer that gets the credit"),
    ),
}

IGNORED = (
    *("apiv", "rand", "send_image", "token_auth", "queuedtracking", "debug", "dp", "_idts", "_idvc", "_viewts"),
    *("_ects", "_idn", "_refts", "dir", "gears"),
)
"""Accepted, without effect here."""

NAMES: frozenset[str] = frozenset(
    parameter.name for group in GROUPS.values() for parameter in group if parameter.name != "dimension"
)


def reference() -> str:
    """The parameters as Markdown tables, for docs/reference/tracking.md."""
    lines: list[str] = []
    for title, group in GROUPS.items():
        lines += [f"### {title}", "", "| parameter | type | at most | meaning |", "|---|---|---|---|"]
        for parameter in group:
            name = "dimensionN" if parameter.name == "dimension" else parameter.name
            lines.append(f"| `{name}` | {parameter.type} | {parameter.limit} | {parameter.meaning} |")
        lines.append("")
    ignored = ", ".join(f"`{name}`" for name in IGNORED)
    return "\n".join([*lines, f"Accepted without effect: {ignored}.", ""])
