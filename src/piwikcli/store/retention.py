"""Deleting and anonymising what is old. Rules: docs/how-to/privacy.md."""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import date

from piwikcli.store.database import Connection, number
from piwikcli.store.options import option, set_option
from piwikcli.store.unused import changed, delete_unused

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
    count = delete_visits(connection)
    connection.execute("DELETE FROM request WHERE idvisit = 0 AND day < ?", [day])
    connection.execute("DELETE FROM reject WHERE idimport IN (SELECT idimport FROM import WHERE started < ?)", [day])
    blank_clients(connection)
    if count:
        delete_unused(connection)
    if day > deleted_before(connection):
        set_option(connection, DELETED_BEFORE, str(day))
    return count


def delete_visits(connection: Connection) -> int:
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


def blank_clients(connection: Connection) -> None:
    """Blank the addresses of clients that nothing refers to any more."""
    unused = (
        "ip <> '' AND idclient NOT IN (SELECT idclient FROM request) AND idclient NOT IN (SELECT idclient FROM visit)"
    )
    if number(connection, f"SELECT count(*) FROM client WHERE {unused}"):
        connection.execute(f"UPDATE client SET ip = '', location_ip = ? WHERE {unused}", [BLANK])
        changed(connection)


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
    """Mask the addresses and hash the user ids of visits before `day`; how many visits had something to lose.

    Lines that imports before that day could not read are blanked.
    """
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
    connection.execute(
        "UPDATE reject SET content = ''::BLOB "
        "WHERE content <> ''::BLOB AND idimport IN (SELECT idimport FROM import WHERE started < ?)",
        [day],
    )
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
    blank_clients(connection)
    return count
