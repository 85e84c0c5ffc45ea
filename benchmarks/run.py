#!/usr/bin/env python3
"""Measure import, archive and report on one generated log, side by side with goaccess when it is installed.

    python benchmarks/run.py --lines 1000000 --runs 3

Each run imports into a fresh database, then gives goaccess the same file, then archives and reports.
Runs are interleaved, because the speed of a shared machine drifts: compare ratios, not seconds.
Printed are medians of wall time, CPU time (user and system, children included) and the largest peak of
resident memory of any run. The `piwik` measured is the one beside the Python that runs this script.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from threading import Event, Thread

HERE = Path(__file__).resolve().parent
SEGMENTS = (
    "deviceType==smartphone",
    "referrerType==search;actions>1",
    "pageUrl=@docs",
    "pageUrl!@docs",
    "actions>=1",
)
"""Five of all sorts; the last two select (nearly) everything."""


@dataclass(frozen=True)
class Cost:
    """What a process and its children took: wall and CPU time in seconds, peak resident memory in MB."""

    seconds: float
    cpu: float
    rss: float


def measure(command: list[str], environment: dict[str, str]) -> Cost:
    """Run a command to its end. A command that fails ends the benchmark with its messages."""
    with tempfile.TemporaryFile() as messages:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=messages
        )
        with watching(process.pid) as peak:
            _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)  # so that Popen does not wait for it again
        if process.returncode:
            messages.seek(0)
            text = messages.read().decode(errors="replace")[-2000:]
            sys.exit(f"exit code {process.returncode}: {' '.join(command)}\n{text}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, max(usage.ru_maxrss / 1024, *peak))


@contextmanager
def watching(pid: int) -> Iterator[list[float]]:
    """Collect how many MB a process and its children hold together, 20 times a second."""
    held = [0.0]
    done = Event()

    def watch() -> None:
        while not done.wait(0.05):
            with suppress(OSError, ValueError):  # it may end at any moment
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
                pages = sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in [pid, *children])
                held.append(pages * os.sysconf("SC_PAGE_SIZE") / 2**20)

    thread = Thread(target=watch)
    thread.start()
    try:
        yield held
    finally:
        done.set()
        thread.join()


def run_once(log: Path, folder: Path, args: argparse.Namespace) -> dict[str, Cost]:
    """One round: import, goaccess, archive, the archives of five stored segments, report."""
    piwik = str(Path(sys.executable).with_name("piwik"))
    environment = {**os.environ, "PIWIK_DB": str(folder / "piwik.duckdb"), "XDG_CONFIG_HOME": str(folder)}
    site = [piwik, "sites", "add", "--name", "bench", "--url", "http://www.example.org"]
    subprocess.run(site, env=environment, check=True, stdout=subprocess.DEVNULL)
    load = [piwik, "import-logs", str(log), "--idsite", "1"]
    for option in ("memory_limit", "threads", "geoip"):
        if value := getattr(args, option):
            load += [f"--{option.replace('_', '-')}", str(value)]
    report = [
        piwik,
        "report",
        "Actions.getPageUrls",
        "--idsite",
        "1",
        "--period",
        "day",
        "--date",
        "2025-04-30",
    ]
    costs = {"import": measure(load, environment)}
    if goaccess := shutil.which("goaccess"):
        output = str(folder / "goaccess.json")
        command = [goaccess, str(log), "--log-format=COMBINED", "--no-progress", "-o", output]
        costs["goaccess"] = measure(command, environment)
    costs["archive"] = measure([piwik, "archive"], environment)
    for definition in SEGMENTS:
        store = [piwik, "segments", "add", "--name", definition, "--definition", definition, "--auto-archive"]
        subprocess.run(store, env=environment, check=True, stdout=subprocess.DEVNULL)
    costs["segments"] = measure([piwik, "archive"], environment)
    costs["report"] = measure([*report, "--format", "csv", "-o", str(folder / "report.csv")], environment)
    return costs


def summarise(runs: list[dict[str, Cost]]) -> dict[str, Cost]:
    """Per step the medians of the times and the largest memory."""
    by_step: dict[str, list[Cost]] = defaultdict(list)
    for run in runs:
        for step, cost in run.items():
            by_step[step].append(cost)
    return {
        step: Cost(median(c.seconds for c in costs), median(c.cpu for c in costs), max(c.rss for c in costs))
        for step, costs in by_step.items()
    }


def ratios(runs: list[dict[str, Cost]]) -> dict[str, float]:
    """How often faster than goaccess, median of the ratios within each run."""
    if "goaccess" not in runs[0]:
        return {}
    imports = [run["goaccess"].seconds / run["import"].seconds for run in runs]
    all_three = [
        run["goaccess"].seconds / sum(run[step].seconds for step in ("import", "archive", "report")) for run in runs
    ]
    return {"import": median(imports), "import + archive + report": median(all_three)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000, help="of the generated log (7 days)")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", type=Path, help="a combined log to use instead of a generated one")
    parser.add_argument("--memory-limit", help="given to piwik import-logs, for example 1GB")
    parser.add_argument("--threads", type=int, help="given to piwik import-logs")
    parser.add_argument("--geoip", type=Path, help="given to piwik import-logs")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    runs: list[dict[str, Cost]] = []
    with tempfile.TemporaryDirectory(prefix="piwik-bench-") as name:
        log = args.log or Path(name) / "access.log"
        if not args.log:
            generator = [sys.executable, str(HERE / "generate_log.py"), "-o", str(log)]
            subprocess.run([*generator, "--lines", str(args.lines), "--seed", str(args.seed)], check=True)
        with log.open("rb") as stream:  # also warms the page cache
            lines = sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))
        for number in range(args.runs):
            folder = Path(name) / str(number)
            folder.mkdir()
            runs.append(run_once(log, folder, args))
            shutil.rmtree(folder)
    show(runs, lines, as_json=args.json)


def show(runs: list[dict[str, Cost]], lines: int, *, as_json: bool) -> None:
    """Print the medians and the ratios."""
    costs, faster = summarise(runs), ratios(runs)
    if as_json:
        steps = {step: asdict(cost) for step, cost in costs.items()}
        print(json.dumps({"lines": lines, "runs": len(runs), "steps": steps, "faster_than_goaccess": faster}))
        return
    print(f"{lines:,} lines, median of {len(runs)} interleaved runs on {os.cpu_count()} cores\n")
    print(f"{'step':<10}{'seconds':>10}{'lines/s':>12}{'CPU s':>9}{'peak MB':>9}")
    for step, cost in costs.items():
        rate = f"{lines / cost.seconds:,.0f}" if step in ("import", "goaccess") else ""
        print(f"{step:<10}{cost.seconds:>10.2f}{rate:>12}{cost.cpu:>9.2f}{cost.rss:>9.0f}")
    print()
    with_segments = (costs["archive"].cpu + costs["segments"].cpu) / costs["archive"].cpu
    print(f"archive with five segments: {with_segments:.2f} times the CPU of archive without")
    for step, ratio in faster.items():
        print(f"{step}: {ratio:.2f} times goaccess's speed")
    if not faster:
        print("goaccess is not installed: no ratios (apt-get install goaccess)")


if __name__ == "__main__":
    main()
