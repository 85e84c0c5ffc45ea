"""The files of an export: written one by one, by several processes at once, and named in a manifest.

Reports are Python at work, so threads would wait for each other; processes each read the database for themselves,
while the one that started them keeps it open, so that all see the same state.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from piwikcli.commands import output
from piwikcli.errors import PiwikError, UsageError
from piwikcli.plugins import report
from piwikcli.report.render import FORMATS, RenderOptions, write
from piwikcli.report.requests import ReportRequest
from piwikcli.report.table import Answer, DataTable, Document, SimpleTable, TableMap

if TYPE_CHECKING:
    from piwikcli.archive.periods import Period
    from piwikcli.report.pipeline import Reports
    from piwikcli.report.selection import Selection
    from piwikcli.store import Database

MANIFEST = "manifest.json"
PERIODS_AT_A_TIME = 16
"""Periods whose rows are read together, which bounds what is in memory at a time."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file of an export, as the manifest describes it. `file` is relative to the folder."""

    file: str
    method: str
    parameters: dict[str, str]
    idsite: str
    segment: str
    period: str
    date: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where the files go and what they look like. Reports that were `named` must have an answer."""

    folder: Path
    format: str
    options: RenderOptions
    named: bool


@dataclass(frozen=True, slots=True)
class Job:
    """Some reports, as method and parameters by the stem of their files, of some periods."""

    requests: dict[str, tuple[str, dict[str, str]]]
    periods: Sequence[Period]


def jobs_of(requests: Mapping[str, ReportRequest], periods: Sequence[Period], processes: int) -> list[Job]:
    """The work in pieces: enough for all processes, each with periods that are read together."""
    runs = [periods[start : start + PERIODS_AT_A_TIME] for start in range(0, len(periods), PERIODS_AT_A_TIME)]
    pieces = 1 if processes == 1 else -(-4 * processes // max(1, len(runs)))
    # a report holds functions, which don't travel between processes
    named = [(stem, (request.report.method, dict(request.values))) for stem, request in requests.items()]
    slices = [dict(named[start::pieces]) for start in range(min(pieces, len(named)))]
    return [Job(some, run) for run in runs for some in slices]


def export_here(reports: Reports, job: Job, target: Target) -> Iterator[Written]:
    """Write the job's files in this process."""
    chosen = reports if len(job.periods) == len(reports.selection.periods) else reports.some(job.periods)
    for stem, (method, values) in job.requests.items():
        request = ReportRequest(report(method), values)
        for period in job.periods:
            written = _export(chosen, request, period, stem, target)
            if written is not None:
                yield written


def export_in_processes(
    database: Database, selection: Selection, jobs: Sequence[Job], target: Target, processes: int
) -> Iterator[Written]:
    """Write the jobs' files in several processes. Their archives must be there. Raises what one of them raises."""
    context = multiprocessing.get_context("spawn")  # a fork would take the engine's threads along half alive
    begin = (database, selection, target)
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=begin) as pool:
        try:
            for done in as_completed([pool.submit(_work, job) for job in jobs]):
                yield from done.result()
        except BrokenProcessPool as error:
            raise PiwikError("a process of the export ended early (out of memory?); try --jobs 1") from error
        except BaseException:
            for child in multiprocessing.active_children():
                child.terminate()
            pool.shutdown(cancel_futures=True)
            raise


_state: tuple[Reports, Target]
"""What a process of an export works with."""
_stopped = False


def _begin(database: Database, selection: Selection, target: Target) -> None:
    global _state
    from piwikcli.report.pipeline import Reports
    from piwikcli.report.reading import Reading

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process hears it, too, and ends the others
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    _state = (Reports(Reading(database, None), selection), target)


def _stop(number: int, frame: object) -> None:
    """End the file at hand, which takes back what there is of it, and begin no other."""
    signal.signal(number, signal.SIG_IGN)
    global _stopped
    _stopped = True
    raise SystemExit(128 + number)


def _work(job: Job) -> list[Written]:
    if _stopped:
        return []
    reports, target = _state
    return list(export_here(reports, job, target))


def _export(reports: Reports, request: ReportRequest, period: Period, stem: str, target: Target) -> Written | None:
    """Write one file; a report that this kind of period does not have is left out, unless it was named."""
    try:
        result = reports.answer(request, period=period)
    except UsageError:
        if target.named:
            raise
        return None
    file = Path(period.name, period.slug, f"{stem}.{FORMATS[target.format].extension}")
    path = target.folder / file
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PiwikError(f"{path.parent}: cannot be created: {error.strerror}") from error
    with output.output(path, binary=True) as stream:
        counted = _Counted(stream)
        write(result, target.format, counted, method=request.report.method, options=target.options)
    return Written(
        file=file.as_posix(),
        method=request.report.method,
        parameters=dict(request.values),
        idsite=",".join(str(site.idsite) for site in reports.selection.sites),
        segment=reports.selection.segment,
        period=period.name,
        date=f"{period.date1},{period.date2}" if period.name == "range" else str(period.date1),
        rows=_rows(result),
        bytes=counted.bytes,
        sha256=counted.hash.hexdigest(),
    )


class _Counted:
    """A stream that knows how much went through it, and its hash."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.hash = hashlib.sha256()
        self.bytes = 0

    def write(self, block: bytes) -> None:
        self._stream.write(block)
        self.hash.update(block)
        self.bytes += len(block)


def _rows(result: Answer) -> int:
    match result:
        case TableMap():
            return sum(_rows(one) for one in result.tables.values())
        case DataTable():
            return len(result)
        case SimpleTable():
            return 1 if result.columns else 0
        case Document():
            return len(result.value) if isinstance(result.value, list) else 1
    return 1


def write_manifest(folder: Path, written: Sequence[Written]) -> None:
    """Name the files in `manifest.json`, beside those of earlier exports to the folder that are still there."""
    path = folder / MANIFEST
    files: dict[str, dict[str, Any]] = {}
    try:
        for one in json.loads(path.read_bytes())["files"]:
            if (folder / one["file"]).is_file():
                files[one["file"]] = one
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PiwikError(f"{path}: is not the manifest of an export ({error}); move it away") from error
    files.update((one.file, asdict(one)) for one in written)
    ordered = [files[name] for name in sorted(files)]
    with output.output(path) as stream:
        json.dump({"files": ordered}, stream, indent=1, ensure_ascii=False)
        stream.write("\n")
