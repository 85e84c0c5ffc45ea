"""Options of every command that reads logs: how lines are read, which count, where they belong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from piwikcli.commands import log_values
from piwikcli.declared import dataclass
from piwikcli.errors import UsageError

if TYPE_CHECKING:
    from piwikcli.ingest.formats import Choice
    from piwikcli.ingest.jobs import ImportOptions
    from piwikcli.ingest.rules import Rules
    from piwikcli.ingest.variables import Variables
    from piwikcli.settings import Settings

Many = list[str] | None


def _option(*names: str, help: str, metavar: str = "GLOB") -> Any:
    return typer.Option(*names, help=help, metavar=metavar, show_default=False)


@dataclass(frozen=True, slots=True)
class LogOptions:
    """The options as given. What they come to the properties say; these import what reads logs."""

    idsite: Annotated[int | None, _option("--idsite", help="Everything belongs to site N.", metavar="N")] = None
    idsite_fallback: Annotated[
        int | None, _option("--idsite-fallback", help="Site of hosts that no site has.", metavar="N")
    ] = None
    add_sites_new_hosts: Annotated[
        bool, typer.Option("--add-sites-new-hosts", help="Make a site for every unknown host.")
    ] = False
    log_format_name: Annotated[
        str | None, _option("--log-format-name", help="Don't detect the format.", metavar="NAME")
    ] = None
    log_format: Annotated[
        str | None, _option("--log-format", help="nginx's or Apache's format string.", metavar="STRING")
    ] = None
    log_format_regex: Annotated[
        str | None, _option("--log-format-regex", help="A line's fields as named groups.", metavar="REGEX")
    ] = None
    log_date_format: Annotated[
        str | None, _option("--log-date-format", help="strptime's form of its dates.", metavar="FORM")
    ] = None
    log_timezone: Annotated[
        str | None, _option("--log-timezone", help="Of times without a zone (UTC).", metavar="ZONE")
    ] = None
    trusted_proxies: Annotated[
        Many, _option("--trusted-proxies", help="Whose X-Forwarded-For is believed.", metavar="NETWORK")
    ] = None
    w3c_fields: Annotated[
        str | None, _option("--w3c-fields", help="The #Fields line of a log without one.", metavar="LINE")
    ] = None
    w3c_map_field: Annotated[
        Many, _option("--w3c-map-field", help="Another name of a column.", metavar="MINE=USUAL")
    ] = None
    w3c_field_regex: Annotated[
        Many, _option("--w3c-field-regex", help="A column's values, with a named group.", metavar="COLUMN=REGEX")
    ] = None
    w3c_time_taken_millisecs: Annotated[
        bool, typer.Option("--w3c-time-taken-millisecs", help="time-taken is in milliseconds.")
    ] = False
    iis_time_taken_secs: Annotated[
        bool, typer.Option("--iis-time-taken-secs", help="Piwik 2: IIS's is in seconds.", hidden=True)
    ] = False
    ignore_groups: Annotated[
        str | None, _option("--ignore-groups", help="Fields that mean nothing otherwise.", metavar="A,B")
    ] = None
    regex_group_to_page_cvar: Annotated[
        Many, _option("--regex-group-to-page-cvar", help="A page's custom variable.", metavar="FIELD=NAME")
    ] = None
    regex_group_to_visit_cvar: Annotated[
        Many, _option("--regex-group-to-visit-cvar", help="A visit's.", metavar="FIELD=NAME")
    ] = None
    track_http_method: Annotated[
        str | None, _option("--track-http-method", help="Page variable HTTP-method.", metavar="yes|no")
    ] = None
    enable_static: Annotated[bool, typer.Option("--enable-static", help="Count images, css, js, fonts.")] = False
    enable_bots: Annotated[bool, typer.Option("--enable-bots", help="Count bots.")] = False
    enable_http_errors: Annotated[bool, typer.Option("--enable-http-errors", help="Count 4xx and 5xx.")] = False
    enable_http_redirects: Annotated[
        bool, typer.Option("--enable-http-redirects", help="Count 3xx (304 always counts).")
    ] = False
    hostname: Annotated[Many, _option("--hostname", help="Only these hosts; again for more.")] = None
    include_host: Annotated[Many, _option("--include-host", help="Only this host.", metavar="HOST")] = None
    exclude_host: Annotated[Many, _option("--exclude-host", help="Not this host.", metavar="HOST")] = None
    include_path: Annotated[Many, _option("--include-path", help="Only these paths.")] = None
    include_path_from: Annotated[
        Path | None, _option("--include-path-from", help="Such paths, one a line.", metavar="FILE")
    ] = None
    exclude_path: Annotated[Many, _option("--exclude-path", help="Not these paths.")] = None
    exclude_path_from: Annotated[
        Path | None, _option("--exclude-path-from", help="Such paths, one a line.", metavar="FILE")
    ] = None
    useragent_exclude: Annotated[
        Many, _option("--useragent-exclude", help="Not user agents that contain this.", metavar="TEXT")
    ] = None
    download_extensions: Annotated[
        str | None, _option("--download-extensions", help="What counts as a download.", metavar="A,B")
    ] = None
    add_download_extensions: Annotated[
        str | None, _option("--add-download-extensions", help="What counts too.", metavar="A,B")
    ] = None
    exclude_older_than: Annotated[
        str | None, _option("--exclude-older-than", help="'YYYY-MM-DD hh:mm:ss ±HHMM'.", metavar="TIME")
    ] = None
    exclude_newer_than: Annotated[
        str | None, _option("--exclude-newer-than", help="'YYYY-MM-DD hh:mm:ss ±HHMM'.", metavar="TIME")
    ] = None
    strip_query_string: Annotated[bool, typer.Option("--strip-query-string", help="Drop queries.")] = False
    query_string_delimiter: Annotated[
        str, typer.Option("--query-string-delimiter", metavar="C", help="Where the path ends.")
    ] = "?"
    force_lowercase_path: Annotated[
        bool, typer.Option("--force-lowercase-path", help="Lower-case paths and queries.")
    ] = False
    add_to_date: Annotated[int, typer.Option("--add-to-date", metavar="SECONDS", help="Shift all times.")] = 0
    log_hostname: Annotated[
        str | None,
        _option("--log-hostname", help="The host of every line.", metavar="HOST"),
    ] = None
    title_category_delimiter: Annotated[
        str, typer.Option("--title-category-delimiter", metavar="C", help="In the titles of errors.")
    ] = "/"
    encoding: Annotated[str, typer.Option("--encoding", metavar="NAME", help="Of the log.")] = "utf8"
    request_suffix: Annotated[
        str | None, _option("--request-suffix", help="Tracking parameters of every request.", metavar="QUERY")
    ] = None
    replay_tracking: Annotated[
        bool, typer.Option("--replay-tracking", help="The logs are of a tracking endpoint: replay its requests.")
    ] = False
    replay_tracking_expected_tracker_file: Annotated[
        str | None,
        _option(
            "--replay-tracking-expected-tracker-file", help="What the endpoint's path ends with.", metavar="NAME"
        ),
    ] = None

    @property
    def choice(self) -> Choice:
        """Which format the lines are in; raises UsageError when there is none such."""
        from piwikcli.ingest.formats import Choice

        if self.log_date_format is not None and self.log_format_regex is None:
            raise UsageError("--log-date-format needs --log-format-regex")
        choice = Choice(
            name=self.log_format_name if self.log_format_regex is None else None,
            regex=self.log_format_regex,
            string=self.log_format,
            w3c_fields=self.w3c_fields,
            w3c_names=log_values.pairs(
                [p for text in self.w3c_map_field or () for p in text.split(",")], "--w3c-map-field"
            ),
            w3c_matchers=log_values.pairs(self.w3c_field_regex, "--w3c-field-regex"),
            w3c_milliseconds=self.w3c_time_taken_millisecs,
            w3c_seconds=self.iis_time_taken_secs,
        )
        choice.given()  # a wrong option is said before anything is read
        return choice

    @property
    def rules(self) -> Rules:
        """Which lines count."""
        from piwikcli.ingest.rules import DOWNLOADS, Rules

        given, added = self.download_extensions, self.add_download_extensions
        extensions = DOWNLOADS if given is None else frozenset(log_values.words(given))
        return Rules(
            enable_static=self.enable_static,
            enable_bots=self.enable_bots,
            enable_http_errors=self.enable_http_errors,
            enable_http_redirects=self.enable_http_redirects,
            hostnames=tuple(self.hostname or ()),
            include_hosts=tuple(self.include_host or ()),
            exclude_hosts=tuple(self.exclude_host or ()),
            include_paths=(
                *(self.include_path or ()),
                *log_values.lines(self.include_path_from, "--include-path-from"),
            ),
            exclude_paths=(
                *(self.exclude_path or ()),
                *log_values.lines(self.exclude_path_from, "--exclude-path-from"),
            ),
            exclude_agents=tuple(self.useragent_exclude or ()),
            download_extensions=extensions | frozenset(log_values.words(added or "")),
            exclude_older_than=log_values.moment(self.exclude_older_than, "--exclude-older-than"),
            exclude_newer_than=log_values.moment(self.exclude_newer_than, "--exclude-newer-than"),
            strip_query_string=self.strip_query_string,
            query_string_delimiter=log_values.delimiter(self.query_string_delimiter),
            force_lowercase_path=self.force_lowercase_path,
            add_to_date=self.add_to_date,
            log_hostname=self.log_hostname.lower() if self.log_hostname else None,
            title_delimiter=self.title_category_delimiter,
        )

    @property
    def variables(self) -> Variables:
        """Which fields become custom variables."""
        from piwikcli.ingest.variables import Variables

        return Variables(
            tuple(log_values.pairs(self.regex_group_to_page_cvar, "--regex-group-to-page-cvar").items()),
            tuple(log_values.pairs(self.regex_group_to_visit_cvar, "--regex-group-to-visit-cvar").items()),
            log_values.flag(self.track_http_method, "--track-http-method"),
        )

    def import_options(self, settings: Settings, **others: Any) -> ImportOptions:
        """All of them with the settings; `others` are those of one command. Raises UsageError for wrong values."""
        from piwikcli.ingest.exclude_requests import excluded_requests
        from piwikcli.ingest.jobs import ImportOptions
        from piwikcli.ingest.parsing.addresses import Proxies
        from piwikcli.ingest.parsing.fields import Reading
        from piwikcli.ingest.privacy import Privacy
        from piwikcli.ingest.sitebook import SiteOptions

        rules, variables, choice = self.rules, self.variables, self.choice
        if (ending := self.replay_tracking_expected_tracker_file) is not None:
            others["tracker_files"] = (ending.lower(),)
        return ImportOptions(
            rules=rules,
            sites=SiteOptions(self.idsite, self.idsite_fallback, self.add_sites_new_hosts),
            choice=choice,
            reading=Reading(
                timezone=log_values.timezone(self.log_timezone),
                date_format=self.log_date_format,
                encoding=log_values.encoding(self.encoding),
                query_delimiter=self.query_string_delimiter.encode(),
                extra=variables.fields,
                ignored=frozenset(log_values.words(self.ignore_groups or "")),
                proxies=Proxies.of([network for text in self.trusted_proxies or () for network in text.split(",")]),
            ),
            variables=variables,
            suffix=self.request_suffix or "",
            geoip=settings.path("geoip.database"),
            data_dir=settings.path("data_dir"),
            daily_salt=settings.text("visitors.salt") == "daily",
            privacy=Privacy.of(settings),
            look_back=settings.integer("visitors.look_back"),
            ai_assistants=settings.flag("referrers.ai_assistants"),
            exclude_requests=excluded_requests(settings.words("tracking.exclude_requests")),
            **others,
        )
