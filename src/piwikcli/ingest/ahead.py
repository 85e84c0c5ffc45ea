"""Work ahead: an iterator that runs in a thread of its own, some items before whoever consumes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")
_WAIT = 0.1  # seconds between two looks at whether the consumer has gone


@contextmanager
def ahead(items: Iterator[T], count: int) -> Iterator[Iterator[T]]:
    """Iterate over `items` with up to `count` of them made in advance.

    An error in the thread is raised where its item would have come. Leaving the block stops the thread.
    """
    waiting: Queue[tuple[T | None, BaseException | None, bool]] = Queue(maxsize=count)
    gone = Event()

    def put(entry: tuple[T | None, BaseException | None, bool]) -> None:
        while not gone.is_set():
            try:
                waiting.put(entry, timeout=_WAIT)
                return
            except Full:
                continue

    def work() -> None:
        try:
            for item in items:
                put((item, None, False))
                if gone.is_set():
                    return
            put((None, None, True))
        except BaseException as error:
            put((None, error, True))

    def consume() -> Iterator[T]:
        while True:
            try:
                item, error, last = waiting.get(timeout=_WAIT)
            except Empty:
                continue
            if error is not None:
                raise error
            if last:
                return
            yield item  # type: ignore[misc]  # an item of T: neither the end nor an error

    thread = Thread(target=work, name="ahead", daemon=True)
    thread.start()
    try:
        yield consume()
    finally:
        gone.set()
        thread.join()
