"""Work ahead: an iterator that runs in a thread of its own, some items before whoever consumes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

T = TypeVar("T")
_WAIT = 0.1  # seconds between two looks at whether the other side has gone


class Ahead(Generic[T]):
    """The items, as they come; an error in the thread is raised where its item would have come."""

    def __init__(self, count: int) -> None:
        self._queue: Queue[tuple[T | None, BaseException | None, bool]] = Queue(maxsize=count)
        self._gone = Event()

    @property
    def is_idle(self) -> bool:
        """Whether the next item would have to be waited for."""
        return self._queue.empty()

    def __iter__(self) -> Iterator[T]:
        while True:
            try:
                item, error, last = self._queue.get(timeout=_WAIT)
            except Empty:
                continue
            if error is not None:
                raise error
            if last:
                return
            yield item  # type: ignore[misc]  # an item of T: neither the end nor an error

    def _work(self, items: Iterator[T]) -> None:
        try:
            for item in items:
                self._put((item, None, False))
                if self._gone.is_set():
                    return
            self._put((None, None, True))
        except BaseException as error:
            self._put((None, error, True))

    def _put(self, entry: tuple[T | None, BaseException | None, bool]) -> None:
        while not self._gone.is_set():
            try:
                self._queue.put(entry, timeout=_WAIT)
                return
            except Full:
                continue


@contextmanager
def ahead(items: Iterator[T], count: int, interrupt: Callable[[], None] | None = None) -> Iterator[Ahead[T]]:
    """Iterate over `items` with up to `count` of them made in advance. Leaving the block stops the thread.

    `interrupt` is called when the block raises: it ends what an item may be waiting for.
    """
    made: Ahead[T] = Ahead(count)
    thread = Thread(target=made._work, args=(items,), name="ahead", daemon=True)
    thread.start()
    try:
        yield made
    except BaseException:
        if interrupt is not None:
            interrupt()
        raise
    finally:
        made._gone.set()
        thread.join()
