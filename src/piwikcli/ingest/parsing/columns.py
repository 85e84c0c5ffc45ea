"""Cutting lines at blanks and tabs, all lines at once; blanks within quotes are part of a value."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from piwikcli.ingest.parsing.lines import Bools, Ints, Lines, Spans

_BLANK, _TAB = 32, 9


def cut_columns(lines: Lines, rows: Ints, width: int, wanted: Iterable[int]) -> tuple[Ints, dict[int, Spans]]:
    """Cut the lines numbered `rows` into `width` columns: which have just so many, and the wanted columns.

    Lines in which a quote stands elsewhere than around a value are left out.
    """
    text, start, stop = lines.text, lines.start[rows], lines.stop[rows]
    tabs = text.places(b"\t")
    places = text.places(b" ")
    if len(tabs):
        places = np.sort(np.concatenate((places, tabs))) if len(places) else tabs
    good = np.ones(len(rows), dtype=np.bool_)
    if len(text.places(b'"')):
        places, good = _outside_quotes(lines, rows, places)
    # between tabs a value may be empty; blanks side by side are one separator, which the caller must sort out
    pairs = np.flatnonzero(np.diff(places) == 1)
    pairs = pairs[(text.array[places[pairs]] == _BLANK) | (text.array[places[pairs + 1]] == _BLANK)]
    if len(pairs):
        good &= ~np.isin(rows, lines.line_of(places[pairs]))
    first = np.searchsorted(places, start)
    good &= np.searchsorted(places, stop) - first == width - 1
    keep = np.flatnonzero(good)
    rows, first, start, stop = rows[keep], first[keep], start[keep], stop[keep]
    found = {}
    for column in wanted:
        begin = start if column == 0 else places[first + column - 1] + 1
        end = stop if column == width - 1 else places[first + column]
        found[column] = Spans(text, begin, end)
    return rows, found


def cut_quoted(lines: Lines, rows: Ints, width: int, wanted: Iterable[int]) -> tuple[Ints, dict[int, Spans]]:
    """Those of the lines numbered `rows` that are `width` values in quotes, one blank or tab between; and the values.

    The values wanted, without their quotes.
    """
    text = lines.text
    quotes = text.places(b'"')
    first = np.searchsorted(quotes, lines.start)
    index = np.flatnonzero(np.diff(first, append=len(quotes)) == 2 * width)
    if len(rows) < len(lines):
        index = np.intersect1d(index, rows, assume_unique=True)
    at = first[index]
    good = (quotes[at] == lines.start[index]) & (quotes[at + (2 * width - 1)] + 1 == lines.stop[index])
    for column in range(1, width):
        opens = quotes[at + 2 * column]
        between = text.array[opens - 1]
        good &= (opens - quotes[at + (2 * column - 1)] == 2) & ((between == _BLANK) | (between == _TAB))
    keep = np.flatnonzero(good)
    at = at[keep]
    found = {column: Spans(text, quotes[at + 2 * column] + 1, quotes[at + (2 * column + 1)]) for column in wanted}
    return index[keep], found


def _outside_quotes(lines: Lines, rows: Ints, places: Ints) -> tuple[Ints, Bools]:
    """Separators that are not within quotes, and which lines have quotes only around values."""
    text, start, stop = lines.text, lines.start, lines.stop
    quotes = text.places(b'"')
    first = np.searchsorted(quotes, start)
    line = lines.line_of(places)
    outside = (np.searchsorted(quotes, places) - first[line]) % 2 == 0
    # quotes open behind a separator and close before one, in turn
    array = text.array
    line = lines.line_of(quotes)
    opens = (np.arange(len(quotes)) - first[line]) % 2 == 0
    before, after = array[np.maximum(quotes, 1) - 1], array[quotes + 1]
    fits = np.where(
        opens,
        (quotes == start[line]) | (before == 32) | (before == 9),
        (quotes + 1 >= stop[line]) | (after == 32) | (after == 9),
    )
    bad = np.zeros(len(lines), dtype=np.bool_)
    bad[line[~fits]] = True
    bad |= (np.searchsorted(quotes, stop) - first) % 2 == 1
    return places[outside], ~bad[rows]
