"""Paths of labels as integers: `archive_path` numbers every path that a record has ever had.

How a URL becomes a path: docs/reference/actions.md.
"""

from __future__ import annotations

from piwikcli.plugins.api import literal
from piwikcli.store import Connection, number

LEVELS = 10
"""Labels in a path of page URLs; the last one keeps what is left."""

_BLANKS = "' ' || chr(9) || chr(10) || chr(11) || chr(13)"
"""What is trimmed: no-break spaces stay."""

# folders, then the page with a slash before it, so that folder and page of one name stay apart
_PIECES = f"""
    SELECT idaction,
        CASE WHEN len(parts) = 0 THEN ['Page URL not defined']
             ELSE list_append(parts[:-2], '/' || parts[-1]) END AS path
    FROM (
        SELECT idaction, list_filter(list_transform(
            CASE WHEN len(pieces) <= {LEVELS} THEN pieces
                 ELSE list_append(pieces[:{LEVELS} - 1], array_to_string(pieces[{LEVELS}:], '/')) END,
            lambda piece: trim(piece, {_BLANKS})), lambda piece: piece <> '') AS parts
        FROM (SELECT idaction, string_split(rest, '/') AS pieces FROM ({{rest}})))
"""

_NAME = literal("name")
"""The name as a label."""

TREES = {
    # a name without host (its URL has a scheme other than http) is cut as it stands
    "url": _PIECES.format(
        rest="""
            SELECT idaction, CASE WHEN regexp_matches(name, '^[^/]*://') OR name[:1] = '/' THEN name
                ELSE file || CASE WHEN file = '' OR file[-1:] = '/' THEN 'index' ELSE '' END
                     || CASE WHEN fragment <> '' THEN '#' || fragment ELSE '' END END AS rest
            FROM (
                SELECT idaction, name,
                    regexp_extract(name, '^[^/]*/?([^#]*)', 1) AS file,
                    regexp_extract(name, '#(.*)$', 1) AS fragment
                FROM unplaced)
        """
    ),
    # host, then the whole path
    "host": f"""
        WITH split AS (
            SELECT idaction, name,
                regexp_extract(name, '^(?i:https?:)?//([^/]*)', 1) AS host,
                regexp_extract(name, '^(?i:https?:)?//[^/]*/?([^#]*)', 1) AS file,
                regexp_extract(name, '#(.*)$', 1) AS fragment
            FROM unplaced
        )
        SELECT idaction, [trim(host, {_BLANKS}), '/' || trim(file, {_BLANKS})
            || CASE WHEN fragment <> '' THEN '#' || fragment ELSE '' END] AS path
        FROM split WHERE host <> ''
        UNION ALL
        {_PIECES.format(rest="SELECT idaction, name AS rest FROM split WHERE host = ''")}
    """,
    "title": f"SELECT idaction, [' ' || trim({_NAME}, {_BLANKS})] AS path FROM unplaced",
    "keyword": f"SELECT idaction, [{_NAME}] AS path FROM unplaced",
}


def place_actions(connection: Connection, tree: str, table: str) -> None:
    """Make sure that every `idaction` of a temporary table has its path in a tree (table `action_path`)."""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE unplaced AS
        SELECT idaction, name FROM log_action
        WHERE idaction IN (SELECT idaction FROM {table})
          AND idaction NOT IN (SELECT idaction FROM action_path WHERE tree = '{tree}')
        """
    )
    if not number(connection, "SELECT count(*) FROM unplaced"):
        return
    connection.execute(f"CREATE OR REPLACE TEMP TABLE placed AS {TREES[tree]}")
    number_paths(connection, "placed")
    connection.execute(
        f"INSERT INTO action_path SELECT idaction, '{tree}', idpath FROM placed JOIN archive_path USING (path)"
    )


def number_paths(connection: Connection, table: str) -> None:
    """Add the paths of a temporary table (column `path`), and all their beginnings, to `archive_path`."""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE new_path AS
        SELECT DISTINCT path[:depth] AS path, depth
        FROM (SELECT DISTINCT path, unnest(range(1, len(path) + 1)) AS depth FROM {table})
        """
    )
    connection.execute("DELETE FROM new_path WHERE path IN (SELECT path FROM archive_path)")
    for depth in range(1, number(connection, "SELECT max(depth) FROM new_path") + 1):
        connection.execute(
            """
            INSERT INTO archive_path
            SELECT idpath, parent, depth, label, path, list_append(coalesce(ancestors, []), idpath)
            FROM (
                SELECT (SELECT coalesce(max(idpath), 0) FROM archive_path)
                           + row_number() OVER (ORDER BY n.path) AS idpath,
                       p.idpath AS parent, n.depth, n.path[-1] AS label, n.path, p.ancestors
                FROM new_path n LEFT JOIN archive_path p ON p.path = n.path[:-2]
                WHERE n.depth = $1)
            """,
            [depth],
        )
