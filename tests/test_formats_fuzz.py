"""Any line of any format: parsed or rejected, never a wrong field; fields -> line -> fields; times and zones.

See docs/reference/log-formats.md.
"""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from helpers_formats import parsed
from piwikcli.ingest.formats import FORMATS, LogFormat
from piwikcli.ingest.parsing.headed import HeaderFormat
from piwikcli.ingest.parsing.json_lines import JsonFormat
from piwikcli.ingest.parsing.lines import Spans
from piwikcli.ingest.parsing.template import Field, Template
from piwikcli.ingest.parsing.templated import TemplateFormat
from piwikcli.ingest.parsing.times import NO_TIME, read_times, to_utc

by_format = pytest.mark.parametrize("log_format", FORMATS, ids=lambda one: one.name)
NOISE = [
    b"",
    b" ",
    b"  ",
    b"\t",
    b'"',
    b'\\"',
    b"[",
    b"]",
    b"-",
    b"0",
    b"x",
    b"/",
    b":",
    b"{",
    b",",
    b"\xff",
    b"\0",
    b"\xc3\xa4",
]


def mutated(line: bytes, rng: random.Random) -> bytes:
    """A line with some bytes replaced, added or left out."""
    out = bytearray(line)
    for _ in range(rng.choice((0, 1, 1, 2, 3, 8))):
        at = rng.randrange(len(out) + 1)
        out[at : at + rng.choice((0, 1, 1, 5))] = rng.choice(NOISE)
    return bytes(out).replace(b"\n", b"").removesuffix(b"\r")


def expressions(log_format: LogFormat) -> list[str]:
    if isinstance(log_format, TemplateFormat):
        return [template.regex for template in log_format.templates]
    if isinstance(log_format, HeaderFormat):
        return [log_format.regex]
    return []


@by_format
@settings(max_examples=2, deadline=None, derandomize=True, phases=[Phase.generate])
@given(seed=st.integers(0, 1 << 30))
def test_ten_thousand_lines(log_format: LogFormat, seed: int) -> None:
    """What comes out of a line all at once is what it gives one by one."""
    rng = random.Random(seed)
    *headers, sample = log_format.sample.encode().split(b"\n")
    if isinstance(log_format, HeaderFormat):
        log_format = log_format.with_header(headers[0])
    lines = [mutated(sample, rng) for _ in range(5000)]
    found = parsed(b"\n".join(lines) + b"\n", log_format, everything=False)
    assert found.lines == len(lines)
    assert found.hits.num_rows + len(found.rejects) + found.blank + found.comments == len(lines)
    hits = {row["line"] - 1: row for row in found.hits.to_pylist()}
    reasons = {reject.line - 1: reject.reason for reject in found.rejects}
    assert reasons.keys() | hits.keys() >= {at for at, line in enumerate(lines) if line.strip() and line[:1] != b"#"}
    patterns = [re.compile(regex.encode(), re.DOTALL) for regex in expressions(log_format)]
    for at, line in enumerate(lines):
        if isinstance(log_format, JsonFormat):
            check_object(log_format, line, hits.get(at))
            continue
        match = next((one for one in (pattern.match(line) for pattern in patterns) if one), None)
        if match is None:
            # a value between tabs may be empty, which the expression does not say
            assert at not in hits or b"\t\t" in line or line.endswith(b"\t")
        elif at in hits:
            groups = {name: bare(value) for name, value in match.groupdict().items() if value is not None}
            hit = hits[at]
            assert hit["status"] == (min(int(groups["status"]), 999) if groups.get("status") else -1)
            for name in {"path", "referrer", "ip"} & groups.keys():
                if "query_string" not in groups and not getattr(log_format, "decoders", None):
                    text = groups[name] if name == "path" else groups[name].strip(b'"')
                    assert hit[name].strip(b'"') in (text.strip(b'"'), b"" if text == b"-" else text)
        else:
            assert reasons[at] in ("no_match", "no_time", "time_out_of_range", "bad_request")


def bare(value: bytes) -> bytes:
    return value[1:-1] if len(value) > 1 and value[:1] == value[-1:] == b'"' else value


def check_object(log_format: JsonFormat, line: bytes, hit: dict[str, Any] | None) -> None:
    """A hit is an object, and its path is what stands at the format's place for it."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode("latin-1")
    try:
        value = json.loads(text)
    except ValueError:
        # bytes that nginx did not escape as JSON wants it, commas before a closing bracket
        assert hit is None or "\\x" in text or re.search(r",\s*[}\]]", text)
        return
    if hit is not None and "path" in log_format.paths:
        for key in log_format.paths["path"][0].removeprefix("$.").split("."):
            value = value[key]
        assert hit["path"].decode() == (value if isinstance(value, str) else json.dumps(value))


# --- fields -> line -> fields ------------------------------------------------------------------------------

MOMENT = datetime(2024, 3, 4, 10, 11, 12, tzinfo=UTC)


def values_of(rng: random.Random) -> dict[str, Any]:
    """A request's fields."""
    return {
        "at": MOMENT + timedelta(seconds=rng.randrange(400 * 86400)),
        "ip": rng.choice([f"203.0.113.{rng.randrange(256)}", f"2001:db8::{rng.randrange(1, 65536):x}"]),
        "host": rng.choice(["shop.test", "a-b.example.org"]),
        "userid": rng.choice(["-", "alice", "bob@example.org"]),
        "path": "/" + "".join(rng.choice("abc/%20.-_~;=&+äé") for _ in range(rng.randrange(20))),
        "query_string": rng.choice(["x=1", "q=a+b&c=%C3%A4"]),
        "status": rng.choice([200, 301, 304, 404, 500]),
        "length": rng.randrange(10**7),
        "referrer": rng.choice(["-", "https://ref.test/a?b=c"]),
        "user_agent": rng.choice(["TestUA/1.0", "Mozilla/5.0+(X11;+Linux)", "UA(x)"]),
        "taken": rng.randrange(60_000),
    }


def texts_of(values: dict[str, Any], iso: bool) -> dict[str, str]:
    """Texts of the fields as a server writes them."""
    at = values["at"].astimezone(timezone(timedelta(hours=2)))
    taken = values["taken"]
    return {
        **{name: str(value) for name, value in values.items()},
        "client": f"[{values['ip']}]:5000",
        "forwarded": values["ip"],
        "date": f"{at:%Y-%m-%dT%H:%M:%S}.123+02:00" if iso else f"{at:%d/%b/%Y:%H:%M:%S %z}",
        "epoch_secs": f"{values['at'].timestamp():.3f}",
        "request": f"GET {values['path']} HTTP/1.1",
        "request_url": f"GET https://{values['host']}:443{values['path']} HTTP/1.1",
        "url": f"https://{values['host']}{values['path']}",
        "method": "GET",
        "generation_time_secs": f"{taken / 1000:.3f}",
        "generation_time_milli": str(taken),
        "generation_time_nano": str(taken * 1_000_000),
        "session_time": "95",
        "": "-",
    }


def line_of(template: Template, texts: dict[str, str]) -> str:
    parts = (texts[part.name] if isinstance(part, Field) else part.decode() for part in template.parts)
    return "".join(parts)


def object_of(log_format: JsonFormat, texts: dict[str, str]) -> str:
    """An object with every path of the format."""
    out: dict[str, Any] = {}
    for path in log_format.requires:
        put(out, path, {} if path in ("$.request", "$.resp_headers") else "")
    for name, paths in log_format.paths.items():
        put(out, paths[0], f"{texts[name]}s" if log_format.name == "gcp_json" and "time" in name else texts[name])
    return json.dumps(out, ensure_ascii=False)


def put(out: dict[str, Any], path: str, value: Any) -> None:
    *way, last = re.findall(r'"[^"]+"|\w+|\[0\]', path.removeprefix("$"))
    keys = [key.strip('"') for key in way]
    if last == "[0]":
        last, value = keys.pop(), [value]
    for key in keys:
        out = out.setdefault(key, {})
    out[last.strip('"')] = value


def columns_of(log_format: HeaderFormat, values: dict[str, Any], texts: dict[str, str]) -> str:
    own = {**texts, "date": f"{values['at']:%Y-%m-%d}", "time": f"{values['at']:%H:%M:%S}", "url": texts["url"][8:]}
    cells = [own.get(log_format.columns.get(name, ""), "-") for name in log_format.header]
    return " ".join(f'"{cell}"' for cell in cells) if log_format.quoted else "\t".join(cells)


@by_format
def test_fields_to_line_to_fields(log_format: LogFormat) -> None:
    rng = random.Random(log_format.name)
    every = [values_of(rng) for _ in range(300)]
    iso = log_format.name in ("elb", "envoy") or isinstance(log_format, JsonFormat)
    header = ""
    if isinstance(log_format, HeaderFormat):
        header = log_format.sample.split("\n")[0] + "\n"
        log_format = log_format.with_header(header.encode())
    lines, given_fields = [], log_format.fields
    for values in every:
        texts = texts_of(values, iso)
        if isinstance(log_format, HeaderFormat):
            lines.append(columns_of(log_format, values, texts))
        elif isinstance(log_format, JsonFormat):
            lines.append(object_of(log_format, texts))
        else:
            assert isinstance(log_format, TemplateFormat)
            lines.append(line_of(rng.choice(log_format.templates), texts))
    found = parsed(header + "\n".join(lines) + "\n", log_format, everything=False)
    assert [(reject.reason, reject.content) for reject in found.rejects] == []
    for values, hit in zip(every, found.hits.to_pylist(), strict=True):
        assert hit["time"] == int(values["at"].timestamp())
        assert hit["ip"].decode() == values["ip"]
        assert hit["status"] == values["status"]
        query = f"?{values['query_string']}" if "query_string" in given_fields else ""
        assert hit["path"].decode() == values["path"] + query
        for name, column in (("host", "host"), ("referrer", "referrer"), ("user_agent", "agent")):
            if name in given_fields or (name == "host" and "url" in given_fields):
                assert hit[column].decode() in (values[name], "" if values[name] == "-" else values[name])
        if "userid" in given_fields:
            assert hit["user"].decode() in (values["userid"], "")
        if "generation" in hit:
            taken = next(name for name in given_fields if name.startswith("generation"))
            assert hit["generation"] == int(float(texts_of(values, iso)[taken]) * FACTOR[taken])


FACTOR = {"generation_time_secs": 1e3, "generation_time_milli": 1.0, "generation_time_nano": 1e-6}


# --- times ---------------------------------------------------------------------------------------------------

ZONES = ["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York", "UTC"]
instants = st.datetimes(datetime(1991, 8, 6), datetime(2037, 12, 31)).map(
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)
offsets = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
forms = st.sampled_from(["%d/%b/%Y:%H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.123456"])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(at=instants, zone=offsets, form=forms, colon=st.booleans(), blank=st.sampled_from(["", " "]))
def test_times_with_an_offset(at: datetime, zone: timezone, form: str, colon: bool, blank: str) -> None:
    offset = f"{at.astimezone(zone):%z}"
    text = f"{at.astimezone(zone):{form}}{blank}{offset[:3] + ':' + offset[3:] if colon else offset}"
    assert read_times(Spans.of_bytes([text.encode()])).tolist() == [int(at.timestamp())]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(at=instants, name=st.sampled_from(ZONES), form=forms, written=st.booleans())
def test_times_in_a_named_zone(at: datetime, name: str, form: str, written: bool) -> None:
    """Written behind the time, or given for all times; of an hour that comes twice the first is meant."""
    zone = ZoneInfo(name)
    local = at.astimezone(zone)
    first = int(local.replace(fold=0).timestamp())
    text = f"{local:{form}}{' ' + name if written else ''}"
    default = 0 if written else zone
    assert read_times(Spans.of_bytes([text.encode()]), default=default).tolist() == [first]
    assert first in (int(at.timestamp()), int(at.timestamp()) - 3600, int(at.timestamp()) - 1800)


def test_an_hour_that_the_clock_skips() -> None:
    """At 02:00 it becomes 03:00: what is written in between has the offset of before."""
    local = int(datetime(2026, 3, 29, 2, 30, tzinfo=UTC).timestamp())
    [found] = to_utc(np.array([local]), ZoneInfo("Europe/Berlin")).tolist()
    assert datetime.fromtimestamp(found, UTC) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2024-03-04T10:11:12Z", MOMENT),
        ("2024-03-04T10:11:12.999999999Z", MOMENT),
        ("2024-03-04T10:11:12,5 UTC", MOMENT),
        ("04/Mar/2024:10:11:12", MOMENT),  # no zone: UTC unless said otherwise
        ("04/Mar/2024:15:56:12 +0545", MOMENT),
        ("04/Mar/2024:10:11:12 GMT", MOMENT),
        ("04/Mar/2024:10:11:12 CET", None),
        ("04/Mar/2024:10:11:12 Mars/Olympus", None),
        ("04/Mar/2024:10:11:12 +2500", None),
        ("04/Mar/2024:10:11:60 +0000", None),
        ("29/Feb/2023:10:11:12 +0000", None),
        ("2024-13-04T10:11:12Z", None),
        ("4/Mar/2024:10:11:12 +0000", MOMENT),
        ("2024-03-04", None),
        ("", None),
    ],
)
def test_texts_of_times(text: str, wanted: datetime | None) -> None:
    seconds = NO_TIME if wanted is None else int(wanted.timestamp())
    assert read_times(Spans.of_bytes([text.encode()])).tolist() == [seconds]
