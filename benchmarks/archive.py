#!/usr/bin/env python3
"""Measure what archives cost: the same number of lines in one day and spread over a year, all periods.

    python benchmarks/archive.py --lines 1000000 --runs 3

Each run archives fresh copies of both databases, interleaved, and archives once more, when nothing is left to do, and
the day's with five stored segments. Printed are medians of CPU time (user and system), also per million actions, how
many times a day's cost a year's is, and what segments add. `--before PYTHON` measures another installation (the
`piwik` beside that Python) in turn with this one on the same logs; `--keep DIR` keeps the databases, for
benchmarks/compare_archives.py.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from run import HERE, Cost, measure

DAYS = (1, 365)
SEGMENTS = ("browserCode==FF", "visitorType==new", "referrerType==search", "actions>2", "pageUrl=@/product")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--before", type=Path, help="the Python of another installation")
    parser.add_argument("--keep", type=Path, help="where the databases go")
    args = parser.parse_args()
    pythons = {"after": Path(sys.executable), **({"before": args.before} if args.before else {})}
    with tempfile.TemporaryDirectory(prefix="piwik-bench-") as name:
        folder = args.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "XDG_CONFIG_HOME": name}
        for side, python in pythons.items():
            for days in DAYS:
                load(python, folder / f"{side}-{days}.log.duckdb", days, args, environment)
        costs: dict[tuple[str, int, str], list[Cost]] = {}
        for _ in range(args.runs):
            for side, python in pythons.items():
                command = [
                    str(python.with_name("piwik")),
                    "archive",
                    "--db",
                    str(with_segments(python, folder, side)),
                ]
                costs.setdefault((side, DAYS[0], "segments"), []).append(measure(command, environment))
            for days in DAYS:
                for side, python in pythons.items():
                    database = folder / f"{side}-{days}.duckdb"
                    shutil.copy(folder / f"{side}-{days}.log.duckdb", database)
                    for step in ("archive", "again"):
                        command = [str(python.with_name("piwik")), "archive", "--db", str(database)]
                        costs.setdefault((side, days, step), []).append(measure(command, environment))
        show(costs, {days: actions(folder / f"after-{days}.duckdb") for days in DAYS})


def load(python: Path, database: Path, days: int, args: argparse.Namespace, environment: dict[str, str]) -> None:
    """A database with a generated log of so many days and no archive."""
    log = database.with_name(f"{days}.log")
    if not log.exists():
        generator = [sys.executable, str(HERE / "generate_log.py"), "-o", str(log), "--days", str(days)]
        subprocess.run([*generator, "--lines", str(args.lines), "--seed", str(args.seed)], check=True)
    piwik, db = str(python.with_name("piwik")), ["--db", str(database)]
    site = [piwik, "sites", "add", "--name", "bench", "--url", "http://www.example.org", *db]
    subprocess.run(site, env=environment, check=True, stdout=subprocess.DEVNULL)
    measure([piwik, "import-logs", str(log), "--idsite", "1", *db], environment)


def with_segments(python: Path, folder: Path, side: str) -> Path:
    """A fresh copy of the day's database, with stored segments."""
    database = folder / f"{side}-segments.duckdb"
    shutil.copy(folder / f"{side}-{DAYS[0]}.log.duckdb", database)
    for number, definition in enumerate(SEGMENTS, 1):
        add = [str(python.with_name("piwik")), "segments", "add", "--name", f"s{number}", "--auto-archive"]
        arguments = ["--definition", definition, "--db", str(database)]
        subprocess.run([*add, *arguments], check=True, stdout=subprocess.DEVNULL)
    return database


def actions(database: Path) -> int:
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute("SELECT count(*) FROM request").fetchone()
    return int(found[0]) if found else 0


def show(costs: dict[tuple[str, int, str], list[Cost]], counts: dict[int, int]) -> None:
    """Print the medians and the ratios."""
    cpu = {key: median(cost.cpu for cost in some) for key, some in costs.items()}
    print(f"{'':<8}{'days':>5}{'actions':>10}{'seconds':>9}{'CPU s':>8}{'per 1M':>8}{'peak MB':>9}{'again s':>9}")
    for side, days, step in costs:
        if step == "archive":
            some, again = costs[side, days, "archive"], costs[side, days, "again"]
            million = cpu[side, days, step] / counts[days] * 1e6
            print(
                f"{side:<8}{days:>5}{counts[days]:>10,}{median(c.seconds for c in some):>9.2f}"
                f"{cpu[side, days, step]:>8.2f}{million:>8.2f}{max(c.rss for c in some):>9.0f}"
                f"{median(c.seconds for c in again):>9.2f}"
            )
    for side in dict.fromkeys(side for side, _, _ in costs):
        first, last = DAYS
        day = cpu[side, first, "archive"]
        print(f"{side}: a year costs {cpu[side, last, 'archive'] / day:.2f} times a day")
        print(f"{side}: {len(SEGMENTS)} segments cost {cpu[side, first, 'segments'] / day:.2f} times none")


if __name__ == "__main__":
    main()
