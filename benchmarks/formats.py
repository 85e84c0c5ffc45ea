#!/usr/bin/env python3
"""Measure how fast each parser family reads the same requests, against the combined format.

    python benchmarks/generate_log.py --lines 200000 -o /tmp/combined.log
    python benchmarks/formats.py /tmp/combined.log

Printed are lines per second of processor time, for parsing alone and (with --import) for the whole import into a new
database: the median of some runs that take turns, because the speed of a shared machine drifts.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np

from piwikcli.ingest.formats import Choice, named
from piwikcli.ingest.parse import parse
from piwikcli.ingest.parsing.fields import Reading
from piwikcli.ingest.parsing.lines import Lines
from piwikcli.ingest.stream import Chunk

_CHUNK = 24 << 20
_REGEX = (
    r'(?P<ip>\S+) \S+ (?P<userid>\S+) \[(?P<date>\S+) (?P<timezone>[^\]]+)\] "\S+ (?P<path>\S+) \S+" (?P<status>\d+)'
    r' (?P<length>\S+) "(?P<referrer>[^"]*)" "(?P<user_agent>[^"]*)"'
)

Row = dict[str, str]


def rows_of(log: Path) -> Iterator[Row]:
    """The requests of a combined log."""
    data = log.read_bytes()
    lines = Lines.of(data)
    found = named("combined").read(lines, np.arange(len(lines)), Reading(everything=True))
    texts = {name: values.to_pylist() for name, values in found.texts.items()}
    for place, (at, status, size) in enumerate(
        zip(*(found.numbers[name].tolist() for name in ("time", "status", "length")), strict=True)
    ):
        row = {name: values[place].decode("latin-1") or "-" for name, values in texts.items()}
        yield {**row, "at": f"{np.datetime64(at, 's')}", "status": str(status), "length": str(max(size, 0))}


def elb(row: Row) -> str:
    return (
        f"h2 {row['at']}.000000Z app/lb/1 {row['ip']}:5000 10.0.0.4:80 0.001 0.040 0.000 {row['status']} 200 90"
        f' {row["length"]} "GET https://www.example.org:443{row["path"]} HTTP/2.0" "{row["agent"]}" C TLSv1.3'
    )


def nginx(row: Row) -> str:
    return (
        f'www.example.org {row["ip"]} - {row["user"]} [{row["at"]}+00:00] "GET {row["path"]} HTTP/1.1"'
        f' {row["status"]} {row["length"]} "{row["referrer"]}" "{row["agent"]}"'
    )


def iis(row: Row) -> str:
    day, _, clock = row["at"].partition("T")
    path, _, query = row["path"].partition("?")
    agent = row["agent"].replace(" ", "+")
    cells = (
        day,
        clock,
        "GET",
        path,
        query or "-",
        row["ip"],
        agent,
        row["referrer"],
        row["status"],
        "0",
        row["length"],
    )
    return " ".join(cells)


def quoted(row: Row) -> str:
    day, _, clock = row["at"].partition("T")
    path, _, query = row["path"].partition("?")
    cells = (
        day,
        clock,
        row["ip"],
        row["agent"],
        f"www.example.org{path}",
        query or "-",
        row["status"],
        row["length"],
    )
    return " ".join(f'"{cell}"' for cell in cells)


def nginx_json(row: Row) -> str:
    return json.dumps(
        {
            "ip": row["ip"],
            "host": "www.example.org",
            "path": row["path"],
            "status": row["status"],
            "referrer": row["referrer"],
            "user_agent": row["agent"],
            "length": int(row["length"]),
            "date": f"{row['at']}+00:00",
        }
    )


def combined(row: Row) -> str:
    stamp = np.datetime64(row["at"]).astype(object).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return (
        f'{row["ip"]} - {row["user"]} [{stamp}] "GET {row["path"]} HTTP/1.1" {row["status"]} {row["length"]}'
        f' "{row["referrer"]}" "{row["agent"]}"'
    )


NGINX = '$host $remote_addr - $remote_user [$time_iso8601] "$request" $status $body_bytes_sent'
NGINX += ' "$http_referer" "$http_user_agent"'
FAMILIES: dict[str, tuple[str, Callable[[Row], str], list[str], Choice]] = {
    "combined": ("", combined, [], Choice(name="combined")),
    "template (elb)": ("", elb, [], Choice(name="elb")),
    "format string": ("", nginx, ["--log-format", NGINX], Choice(string=NGINX)),
    "W3C (iis)": (
        "#Fields: date time cs-method cs-uri-stem cs-uri-query c-ip cs(User-Agent) cs(Referer) sc-status"
        " sc-win32-status sc-bytes\n",
        iis,
        [],
        Choice(name="iis"),
    ),
    "W3C, quoted (incapsula)": (
        "#Fields: date time c-ip cs(User-Agent) cs-uri cs-uri-query sc-status cs-bytes\n",
        quoted,
        [],
        Choice(name="incapsula_w3c"),
    ),
    "JSON (nginx)": ("", nginx_json, [], Choice(name="nginx_json")),
    "regular expression": ("", combined, ["--log-format-regex", _REGEX], Choice(regex=_REGEX)),
}


def parsing(log: Path, choice: Choice) -> float:
    """Processor seconds to parse a log."""
    data = log.read_bytes()
    log_format = choice.find(log.name, data[:65536])
    begin = time.process_time()
    line, at = 1, 0
    while at < len(data):
        end = data.rfind(b"\n", at, at + _CHUNK) + 1
        chunk = Chunk(at, data[at:end], end - at)
        found = parse(chunk, log_format, Reading(), first_line=line, now=int(time.time()), max_line=1 << 20)
        assert not found.rejects, found.rejects[0]
        log_format, line, at = found.log_format or log_format, line + found.lines, end
    return time.process_time() - begin


def importing(log: Path, options: list[str]) -> float:
    """Processor seconds of the whole import into a new database."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PIWIK_DB": f"{folder}/piwik.duckdb", "XDG_CONFIG_HOME": folder}
        piwik = str(Path(sys.executable).with_name("piwik"))
        site = [piwik, "sites", "add", "--name", "b", "--url", "http://www.example.org", "-q"]
        subprocess.run(site, env=environment, check=True, stdout=subprocess.DEVNULL)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [piwik, "import-logs", "-q", "--idsite", "1", *options, str(log)]
        subprocess.run(command, env=environment, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=Path, help="a combined log")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--import", dest="whole", action="store_true", help="measure whole imports as well")
    arguments = parser.parse_args()
    rows = list(rows_of(arguments.log))
    with tempfile.TemporaryDirectory() as folder:
        logs = {}
        for name, (header, write, _, _) in FAMILIES.items():
            logs[name] = Path(folder) / f"{len(logs)}.log"
            logs[name].write_text(header + "".join(f"{write(row)}\n" for row in rows), encoding="utf-8")
        seconds: dict[tuple[str, str], list[float]] = {}
        for _ in range(arguments.runs):
            for name, (_, _, options, choice) in FAMILIES.items():
                seconds.setdefault((name, "parse"), []).append(parsing(logs[name], choice))
                if arguments.whole:
                    seconds.setdefault((name, "import"), []).append(importing(logs[name], options))
    steps = ["parse", "import"] if arguments.whole else ["parse"]
    print("family".ljust(26), *(f"{step + ' lines/CPU s':>20} {'of combined':>12}" for step in steps))
    for name in FAMILIES:
        cells = []
        for step in steps:
            speed = len(rows) / median(seconds[name, step])
            whole = len(rows) / median(seconds["combined", step])
            cells.append(f"{speed:20,.0f} {speed / whole:12.2f}")
        print(name.ljust(26), *cells)


if __name__ == "__main__":
    main()
