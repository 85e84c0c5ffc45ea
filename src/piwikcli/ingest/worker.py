"""A process beside this one that prepares a file's lines while this one writes what is prepared.

Python runs one thread of a process at a time: looking at distinct values here would wait for the writing, and
the writing for it. The process has neither a database nor any state that could be lost, so it may be killed at
any moment. See docs/explanation/importing.md.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from piwikcli.errors import PiwikError

if TYPE_CHECKING:
    from piwikcli.ingest.jobs import ImportOptions, Job, Piece, Preparer

WORTHWHILE = 8 << 20
"""Bytes of input from which on a process of its own pays for its start."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """A piece on its way, and what its vocabulary has got; `fresh`: the vocabulary begins anew with it."""

    piece: Piece
    news: Any
    fresh: bool


@dataclass(frozen=True, slots=True)
class _Begin:
    """A file that will probably be next: see `Preparer.begin`."""

    options: ImportOptions
    name: str


@dataclass(frozen=True, slots=True)
class _End:
    """What comes after a file's last piece: whether its compressed data were damaged, and what went wrong."""

    truncated: bool = False
    error: Exception | None = None


def is_worthwhile(names: list[str]) -> bool:
    """Whether there is a second processor, and enough to read in these files."""
    sizes = [Path(name).stat().st_size for name in names if Path(name).is_file()]
    return (os.cpu_count() or 1) > 1 and sum(sizes) >= WORTHWHILE


@contextmanager
def beside(names: list[str], threads: int | None) -> Iterator[Worker | None]:
    """A worker for these files if one pays, ended with the block; none where the engine has one thread."""
    worker = Worker() if threads != 1 and is_worthwhile(names) else None
    try:
        yield worker
    finally:
        if worker is not None:
            worker.close()


class Worker:
    """The process. It starts when this object is made, to be ready when the first file is; close it in any case."""

    def __init__(self) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        # not as a child of multiprocessing, which would first import the whole program again
        serving = f"from piwikcli.ingest.worker import serve; serve({theirs.fileno()})"
        command = [sys.executable, "-P", "-c", serving]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        theirs.close()
        self._words: Any = None

    def begin(self, options: ImportOptions, names: list[str]) -> None:
        """If there is one file only, let it read the first lines while this process finds out what is to be done."""
        if len(names) == 1:
            with suppress(OSError):  # it has ended, as whoever sends it a job will see
                self._pipe.send(_Begin(options, names[0]))

    def pieces(self, job: Job) -> Iterator[Piece]:
        """The pieces of a file, in order. Raises what the preparing raised."""
        end: _End | None = None
        try:
            self._pipe.send(job)
            while isinstance(sent := self._pipe.recv(), _Sent):
                if sent.fresh or self._words is None:
                    self._words = sent.piece.batch.vocabulary  # an empty one of its kind
                self._words.add(sent.news)
                sent.piece.batch.vocabulary = self._words
                yield sent.piece
            end = sent
        except (EOFError, OSError) as error:
            raise PiwikError("the process that reads the log has ended; run the import again") from error
        finally:
            if end is None:
                self.close()  # it would go on with a file that nobody waits for
        job.truncated = end.truncated
        if end.error is not None:
            raise end.error

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        self._pipe.close()


def serve(descriptor: int) -> None:
    """What the process does: jobs in, pieces out, until the other side is gone."""
    from piwikcli.ingest.prepare import HitPreparer  # while the other side gets its first job ready

    pipe = Connection(descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches both; the other side decides
    gc.set_threshold(200_000)  # what it makes stays
    preparers: dict[type[Preparer], Preparer] = {}
    sizes: Sequence[int] = ()
    words: Any = None
    try:
        while True:
            job: Job | _Begin = pipe.recv()
            if isinstance(job, _Begin):
                with suppress(PiwikError):  # wrong options, of which the other side tells
                    preparers[HitPreparer] = hits = HitPreparer(job.options)
                    hits.begin(job.name)
                continue
            if job.preparer not in preparers:
                preparers[job.preparer] = job.preparer(job.options)
            pieces = preparers[job.preparer](job)
            while True:
                try:
                    piece = next(pieces, None)
                except Exception as error:
                    pipe.send(_End(job.truncated, error))
                    break
                if piece is None:
                    pipe.send(_End(job.truncated))
                    break
                fresh = words is not piece.batch.vocabulary
                if words is None or fresh:
                    words = piece.batch.vocabulary
                    sizes = (0,) * len(words.sizes())
                pipe.send(_Sent(piece, words.since(sizes), fresh))
                sizes = words.sizes()
    except (EOFError, OSError):
        return
