"""Viewed products as trackers before `_pks` sent them: custom variables of the page. docs/reference/tracking.md."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from piwikcli.ingest.jsontext import loads
from piwikcli.ingest.tracking.sent import NONE, Column, Sent, whole

SLOTS = {"_pkp": 2, "_pks": 3, "_pkn": 4, "_pkc": 5}
"""The slot of each parameter, whose name the variable has."""


def with_products(sent: Sent) -> Sent:
    """Requests whose products in `cvar` are parameters, where these were not sent."""
    variables = sent.column("cvar")
    if not any('"_pk' in text for text in variables.values):
        return sent
    columns = dict(sent.columns)
    for name, slot in SLOTS.items():
        own = sent.column(name)
        found = [_value(text, name, slot) for text in variables.values]
        there = np.array([*(text is not None for text in found), False])[variables.codes]
        codes = np.where((own.codes == NONE) & there, variables.codes + len(own.values), own.codes)
        columns[name] = Column(codes, [*own.values, *(text or "" for text in found)])
    return replace(sent, columns=columns)


def _value(text: str, name: str, slot: int) -> str | None:
    """A slot's value, if its variable has the name."""
    if f'"{name}"' not in text:
        return None
    try:
        pair = loads(text)[str(slot)]
    except (ValueError, TypeError, KeyError):
        return None
    named = isinstance(pair, list) and len(pair) > 1 and pair[0] == name and isinstance(pair[1], (str, int, float))
    return whole(str(pair[1])) if named else None
