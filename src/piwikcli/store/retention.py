"""Deleting and anonymising what was imported. Rules: docs/how-to/privacy.md.

Dictionary rows are never deleted, since an import that runs meanwhile may know their ids: the address of a client
that no request has any more is blanked instead.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from piwikcli.errors import UsageError
from piwikcli.store.database import Connection, number
from piwikcli.store.options import option, set_option

DELETED_BEFORE = "logs.deleted_before"
"""Option: local days before this date have lost their visits; archives of theirs are never built again."""

BLANK = b"\0" * 10 + b"\xff\xff" + b"\0" * 4
_KEPT_BITS = {1: (24, 64), 2: (16, 48), 3: (8, 24), 4: (0, 0)}


def deleted_before(connection: Connection) -> date:
    """The first local day whose visits are all there."""
    found = option(connection, DELETED_BEFORE)
    return date.fromisoformat(found) if found else date.min


def delete_before(connection: Connection, day: date) -> int:
    """Delete visits of local days before `day`, with their requests; how many they were."""
    connection.execute("CREATE OR REPLACE TEMP TABLE gone AS SELECT idvisit FROM visit WHERE day < ?", [day])
    count = _delete_visits(connection)
    connection.execute("DELETE FROM request WHERE idvisit = 0 AND day < ?", [day])
    connection.execute("DELETE FROM reject WHERE idimport IN (SELECT idimport FROM import WHERE started < ?)", [day])
    _blank_clients(connection)
    if day > deleted_before(connection):
        set_option(connection, DELETED_BEFORE, str(day))
    return count


def _delete_visits(connection: Connection) -> int:
    """Delete the visits of the temporary table `gone` (idvisit) and whatever belongs to them."""
    count = number(connection, "SELECT count(*) FROM gone")
    if not count:
        return 0
    for table in ("request_detail", "request_item", "request_state"):
        connection.execute(
            f"DELETE FROM {table} WHERE idrequest IN (SELECT idrequest FROM request SEMI JOIN gone USING (idvisit))"
        )
    for table in ("request", "visit_detail", "conversion", "conversion_item", "visit"):
        connection.execute(f"DELETE FROM {table} WHERE idvisit IN (SELECT idvisit FROM gone)")
    return count


def _blank_clients(connection: Connection) -> None:
    connection.execute(
        "UPDATE client SET ip = '', location_ip = ? WHERE ip <> '' "
        "AND idclient NOT IN (SELECT idclient FROM request) AND idclient NOT IN (SELECT idclient FROM visit)",
        [BLANK],
    )


# --- anonymising ----------------------------------------------------------------------------------------------


def masked(ip: str, mask: int) -> str:
    """An address with its last bytes zero (0: as it is, 1 to 3: that many bytes of an IPv4 address, 4: all).

    What is no address becomes 0.0.0.0.
    """
    if not mask:
        return ip
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return "0.0.0.0"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return f"::ffff:{masked(str(address.ipv4_mapped), mask)}"
    bits = _KEPT_BITS[mask][address.version == 6]
    return str(ipaddress.ip_network((address, bits), strict=False).network_address)


def packed(ip: str) -> bytes:
    """16 bytes, IPv4 mapped; what is no address is 0.0.0.0."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return BLANK
    return address.packed if address.version == 6 else BLANK[:12] + address.packed


def anonymous(secret: str, word: str) -> str:
    """What stands for a user or order id: SHA-1 of it and the installation's secret, in hex."""
    return hashlib.sha1(f"{word}{secret}".encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def anonymize_before(connection: Connection, day: date, mask: int) -> int:
    """Mask the addresses and hash the user ids of visits before `day`; how many visits had something to lose."""
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE past AS
        SELECT DISTINCT v.idvisit, q.idclient FROM visit v JOIN request q USING (idvisit) WHERE v.day < $1
        UNION SELECT idvisit, idclient FROM visit WHERE day < $1
        """,
        [day],
    )
    addresses = connection.execute("SELECT DISTINCT ip FROM client SEMI JOIN past USING (idclient)").fetchall()
    changed = {ip: masked(ip, mask) for (ip,) in addresses if ip}
    _replace_clients(connection, {old: new for old, new in changed.items() if old != new})
    users = connection.execute(
        "SELECT DISTINCT user_id FROM (SELECT user_id FROM visit SEMI JOIN past USING (idvisit) "
        "UNION SELECT user_id FROM request SEMI JOIN past USING (idvisit)) "
        "WHERE user_id IS NOT NULL AND NOT regexp_full_match(user_id, '[0-9a-f]{40}')"
    ).fetchall()
    secret = option(connection, "visitors.secret") or ""
    hashed = {user: anonymous(secret, user) for (user,) in users}
    return _replace_users(connection, hashed)


def _replace_clients(connection: Connection, addresses: dict[str, str]) -> None:
    """Table `lighter` (idclient, other): what clients with these addresses become, made where there is none yet."""
    connection.execute("CREATE OR REPLACE TEMP TABLE lighter (idclient INTEGER, other INTEGER)")
    if not addresses:
        return
    new = list(addresses.values())
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE masked AS
        SELECT c.idclient, m.new AS ip, m.packed, c.iddevice, c.idlocation, c.language
        FROM (SELECT unnest($1::VARCHAR[]) AS old, unnest($2::VARCHAR[]) AS new, unnest($3::BLOB[]) AS packed) m
        JOIN client c ON c.ip = m.old SEMI JOIN past USING (idclient)
        """,
        [list(addresses), new, [packed(ip) for ip in new]],
    )
    connection.execute(
        """
        INSERT INTO client (idclient, ip, location_ip, iddevice, idlocation, language)
        SELECT (SELECT max(idclient) FROM client) + row_number() OVER (), *
        FROM (SELECT DISTINCT ip, packed, iddevice, idlocation, language FROM masked
              ANTI JOIN client USING (ip, iddevice, idlocation, language))
        """
    )
    connection.execute(
        "INSERT INTO lighter SELECT m.idclient, min(c.idclient) FROM masked m "
        "JOIN client c USING (ip, iddevice, idlocation, language) GROUP BY m.idclient"
    )


def _replace_users(connection: Connection, users: dict[str, str]) -> int:
    """Bring `lighter` clients and hashed users into the visits and requests of `past`."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE hashed AS SELECT unnest($1::VARCHAR[]) AS old, unnest($2::VARCHAR[]) AS new",
        [list(users), list(users.values())],
    )
    count = number(
        connection,
        "SELECT count(DISTINCT idvisit) FROM past LEFT JOIN lighter USING (idclient) "
        "LEFT JOIN visit v USING (idvisit) WHERE other IS NOT NULL OR v.user_id IN (SELECT old FROM hashed)",
    )
    for table in ("visit", "request"):
        of_past = f"{table}.idvisit IN (SELECT idvisit FROM past)"
        connection.execute(
            f"UPDATE {table} SET idclient = l.other FROM lighter l WHERE l.idclient = {table}.idclient AND {of_past}"
        )
        connection.execute(
            f"UPDATE {table} SET user_id = h.new FROM hashed h WHERE h.old = {table}.user_id AND {of_past}"
        )
    _blank_clients(connection)
    return count


# --- forgetting -----------------------------------------------------------------------------------------------


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
    visits = _delete_visits(connection)
    _blank_clients(connection)
    rejects = _blank_rejects(connection, words)
    for user in users:
        _forget_label(connection, user)
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
