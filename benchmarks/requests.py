#!/usr/bin/env python3
"""Measure import-requests: JSON lines with visitor ids, into a fresh database.

    python benchmarks/requests.py --requests 500000 --runs 3

Printed are requests a second of wall and of CPU time (start-up included), medians of the runs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

from generate_requests import requests
from run import measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=500_000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    piwik = str(Path(sys.executable).with_name("piwik"))
    costs = []
    with tempfile.TemporaryDirectory() as work:
        dump = Path(work) / "requests.jsonl"
        with dump.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(one) + "\n" for one in requests(arguments.requests))
        for run in range(arguments.runs):
            environment = {**os.environ, "PIWIK_DB": str(Path(work) / f"{run}.duckdb"), "XDG_CONFIG_HOME": work}
            measure([piwik, "sites", "add", "--name", "Shop", "--url", "https://shop.example"], environment)
            costs.append(measure([piwik, "import-requests", str(dump)], environment))
    wall, cpu = (median(arguments.requests / getattr(cost, name) for cost in costs) for name in ("seconds", "cpu"))
    print(f"{wall:,.0f} requests/s, {cpu:,.0f} a CPU second, {max(cost.rss for cost in costs):,.0f} MB at most")


if __name__ == "__main__":
    main()
