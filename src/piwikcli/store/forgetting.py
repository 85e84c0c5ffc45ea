"""Deleting what is known of somebody: a visitor, an address or a user. Rules: docs/how-to/privacy.md."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from piwikcli.errors import UsageError
from piwikcli.store.database import Connection, number
from piwikcli.store.options import option
from piwikcli.store.retention import anonymous, blank_clients, delete_visits, deleted_before, packed
from piwikcli.store.unused import delete_unused


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was deleted of somebody."""

    visits: int
    requests: int
    rejects: int
    archives: int
    """Made out of date: they are built again without these visits."""


def forget(
    connection: Connection,
    *,
    visitor: str | None = None,
    ip: str | None = None,
    user_id: str | None = None,
    idsite: int | None = None,
) -> Forgotten:
    """Delete the visits of a visitor id (16 hex digits), an address or network, or a user id, and rejected lines.

    A user is found by the id as it was sent, whether it or its hash is stored.

    A line that could not be imported is blanked when it holds the id or an address that was meant. Their days'
    archives become out of date; rows that name the user are deleted at once.
    """
    users = [user_id, anonymous(option(connection, "visitors.secret") or "", user_id[:200])] if user_id else []
    where, parameters = _visits_of(visitor, ip, users)
    if idsite is not None:
        where, parameters = f"{where} AND v.idsite = ${len(parameters) + 1}", [*parameters, idsite]
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE gone AS SELECT v.idvisit FROM visit v WHERE {where}", parameters
    )
    words = [word for word in (visitor, user_id) if word]
    if ip:
        first, last = _bounds(ip)
        found = connection.execute(
            "SELECT DISTINCT ip FROM client WHERE location_ip BETWEEN ? AND ? AND ip <> ''", [first, last]
        ).fetchall()
        words += {*(text for (text,) in found), *(() if "/" in ip else (ip.strip(),))}
    requests = number(connection, "SELECT count(*) FROM request SEMI JOIN gone USING (idvisit)")
    archives = _invalidate(connection)
    visits = delete_visits(connection)
    blank_clients(connection)
    rejects = _blank_rejects(connection, words)
    for user in users:
        _forget_label(connection, user)
    if visits:
        delete_unused(connection)
    return Forgotten(visits, requests, rejects, archives)


def _visits_of(visitor: str | None, ip: str | None, users: Sequence[str]) -> tuple[str, list[Any]]:
    if visitor:
        try:
            if len(visitor) != 16:
                raise ValueError
            return "v.idvisitor = $1::UBIGINT", [int(visitor, 16)]
        except ValueError:
            raise UsageError(f"a visitor id has 16 hexadecimal digits, not {visitor!r}") from None
    if users:
        one = "list_contains($1::VARCHAR[], user_id)"
        return f"({one} OR v.idvisit IN (SELECT idvisit FROM request WHERE {one}))", [users]
    if ip:
        first, last = _bounds(ip)
        clients = "SELECT idclient FROM client WHERE location_ip BETWEEN $1 AND $2"
        requests = f"SELECT idvisit FROM request WHERE idclient IN ({clients})"
        return f"(v.idclient IN ({clients}) OR v.idvisit IN ({requests}))", [first, last]
    raise UsageError("say whom: --visitor ID, --ip ADDRESS or --user-id ID")


def _bounds(ip: str) -> tuple[bytes, bytes]:
    """The first and last address of an address or network (`203.0.113.0/24`), 16 bytes each. Raises UsageError."""
    try:
        network = ipaddress.ip_network(ip.strip(), strict=False)
    except ValueError:
        raise UsageError(f"{ip!r} is no address and no network such as 203.0.113.0/24") from None
    return packed(str(network.network_address)), packed(str(network.broadcast_address))


def _invalidate(connection: Connection) -> int:
    """Mark the archives of the days of `gone` as out of date, unless their logs are deleted; how many."""
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE touched_day AS
        SELECT DISTINCT idsite, day FROM (
            SELECT idsite, day FROM visit SEMI JOIN gone USING (idvisit)
            UNION SELECT idsite, day FROM request SEMI JOIN gone USING (idvisit))
        """
    )
    where = """
        state = 'done' AND date2 >= $1 AND EXISTS (
            SELECT 1 FROM touched_day t
            WHERE t.idsite = archive.idsite AND t.day BETWEEN archive.date1 AND archive.date2)
    """
    horizon = [deleted_before(connection)]
    count = number(connection, f"SELECT count(*) FROM archive WHERE {where}", horizon)
    connection.execute(f"UPDATE archive SET state = 'invalid' WHERE {where}", horizon)
    return count


def _blank_rejects(connection: Connection, words: Sequence[str]) -> int:
    """Empty the stored text of rejected lines in which one of these words stands by itself; how many."""
    if not words:
        return 0
    # as text a BLOB has its bytes beyond ASCII escaped, so that no line is too broken to be searched
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE blank AS
        SELECT DISTINCT r.rowid AS row
        FROM reject r, (SELECT regexp_escape(encode(unnest($1::VARCHAR[]))::VARCHAR) AS word) w
        WHERE regexp_matches(r.content::VARCHAR, '(^|[^0-9A-Za-z.:_-])' || w.word || '($|[^0-9A-Za-z.:_-])')
        """,
        [list(words)],
    )
    connection.execute("UPDATE reject SET content = ''::BLOB WHERE rowid IN (SELECT row FROM blank)")
    return number(connection, "SELECT count(*) FROM blank")


def _forget_label(connection: Connection, user_id: str) -> None:
    """Delete the rows of archives that are called like a user, and the label when nothing else has it."""
    path = "SELECT idpath FROM archive_path WHERE depth = 1 AND label = $1"
    for table in ("archive_row", "archive_goal", "archive_metric"):
        connection.execute(f"DELETE FROM {table} WHERE record = 'UserId_users' AND idpath IN ({path})", [user_id])
    connection.execute(
        f"DELETE FROM archive_path WHERE idpath IN ({path}) AND idpath NOT IN (SELECT idpath FROM archive_row) "
        "AND idpath NOT IN (SELECT parent FROM archive_path WHERE parent IS NOT NULL)",
        [user_id],
    )
