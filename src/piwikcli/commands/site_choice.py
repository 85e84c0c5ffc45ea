"""Commands about one site's things: which site, in which database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from piwikcli.commands import options
from piwikcli.errors import UsageError

if TYPE_CHECKING:
    from piwikcli.store import Connection, Database


def open_existing(db: Path | None, lock_timeout: int | None) -> Database:
    """The database, which must be there: without sites there is nothing to add goals to."""
    database = options.open_database(options.load_settings(db=db, lock_timeout=lock_timeout))
    if not database.exists():
        raise UsageError(f"{database.path}: no database yet; piwik sites add --name N --url U makes it")
    return database


def one_site(connection: Connection, idsite: int | None) -> int:
    """The site asked for, or the only one there is.

    Raises UsageError for an unknown one, or when several could be meant.
    """
    from piwikcli.store import sites

    if idsite is not None:
        return sites.get(connection, idsite).idsite
    known = [site.idsite for site in sites.all_sites(connection)]
    if len(known) == 1:
        return known[0]
    raise UsageError(
        f"which site? there are {', '.join(map(str, known))}; say --idsite N"
        if known
        else "there is no site yet: piwik sites add --name N --url U"
    )
