"""`piwik forget`: delete what is known of somebody."""

from __future__ import annotations

from typing import Annotated

import typer

from piwikcli.commands import console, options
from piwikcli.errors import ExitCode, UsageError


def command(
    visitor: Annotated[
        str | None,
        typer.Option("--visitor", metavar="ID", help="Visitor id, 16 hexadecimal digits.", show_default=False),
    ] = None,
    ip: Annotated[
        str | None,
        typer.Option("--ip", metavar="ADDRESS", help="Address, or network (203.0.113.0/24).", show_default=False),
    ] = None,
    user_id: Annotated[
        str | None, typer.Option("--user-id", metavar="ID", help="User id.", show_default=False)
    ] = None,
    idsite: Annotated[
        int | None, typer.Option("--idsite", metavar="N", help="Of this site only.", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
    yes: options.YesOption = False,
    db: options.DbOption = None,
    lock_timeout: options.LockTimeoutOption = None,
) -> int:
    """Delete the visits of a visitor, an address or a user, with all that belongs to them."""
    given = [value for value in (visitor, ip, user_id) if value]
    if len(given) != 1:
        raise UsageError("say whom, by one of --visitor ID, --ip ADDRESS and --user-id ID")
    settings = options.load_settings(db=db, lock_timeout=lock_timeout)
    database = options.open_database(settings)
    with database.read():
        pass
    if not dry_run:
        options.confirm(yes, f"Delete all visits of {given[0]}?")
    from piwikcli.store.forgetting import forget

    with database.write() as connection:
        done = forget(connection, visitor=visitor, ip=ip, user_id=user_id, idsite=idsite)
        if dry_run:
            connection.execute("ROLLBACK")
            connection.execute("BEGIN TRANSACTION")
    console.note(
        f"{'would delete' if dry_run else 'deleted'} {done.visits:,} visits with {done.requests:,} requests; "
        f"{done.rejects:,} rejected lines blanked; {done.archives:,} archives out of date"
        + ("" if dry_run or not done.archives else " (piwik archive builds them again)")
    )
    return ExitCode.DONE


EPILOG = options.examples(
    "piwik forget --ip 203.0.113.7",
    "piwik forget --user-id ann@example.org --yes",
    "piwik forget --visitor 0123456789abcdef --dry-run",
)
