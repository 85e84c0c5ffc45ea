"""How long a report takes whose archive is there, next to what Python needs for its libraries.

    python benchmarks/startup.py [ROUNDS]

Makes a small database, then runs each command in turn (so that a busy machine slows all alike) and prints
medians in milliseconds. A report may take 300 ms and 1.6 times `import typer, rich, duckdb`.
"""

from __future__ import annotations

import compileall
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIWIK = (sys.executable, "-m", "piwikcli")
COMMANDS = {
    "python": (sys.executable, "-c", "pass"),
    "libraries": (sys.executable, "-c", "import typer, rich, duckdb"),
    "--help": (*PIWIK, "--help"),
    "report": (*PIWIK, "report", "Actions.getPageUrls"),
}


def main(rounds: int) -> None:
    # as after an installation: the libraries have their bytecode, an editable checkout may not be allowed to keep any
    compileall.compile_dir(ROOT / "src", quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"PIWIK_DB": f"{folder}/p.duckdb", "XDG_CONFIG_HOME": folder}
        for command in (("import-logs", str(ROOT / "sample_logs" / "access.log")), ("archive",)):
            subprocess.run([*PIWIK, "-q", *command], check=True)
        wall: dict[str, list[float]] = {name: [] for name in COMMANDS}
        cpu: dict[str, list[float]] = {name: [] for name in COMMANDS}
        for _ in range(rounds):
            for name, command in COMMANDS.items():
                before, started = _cpu(), time.perf_counter()
                subprocess.run(command, check=True, capture_output=True)
                wall[name].append(time.perf_counter() - started)
                cpu[name].append(_cpu() - before)
        for name in COMMANDS:
            print(f"{name:10} {_median(wall[name]):5.0f} ms, {_median(cpu[name]):5.0f} ms of CPU")
        print(f"report / libraries: {_median(cpu['report']) / _median(cpu['libraries']):.2f} of CPU")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _median(seconds: list[float]) -> float:
    return 1000 * statistics.median(seconds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
