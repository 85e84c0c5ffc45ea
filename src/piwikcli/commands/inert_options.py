"""Options of Matomo's import_logs.py and archiver that make no sense without a server: accepted, so that old cron
lines keep working, and named as having no effect.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import typer.core

from piwikcli.commands import console

WITH_VALUE = frozenset(
    "--url --api-url --tracker-endpoint-path --auth-user --auth-password --token-auth --login --password --config"
    " --php-binary --recorders --recorder-max-payload-size --debug-force-one-hit-every-Ns --retry-max-attempts"
    " --retry-delay --request-timeout --show-progress-delay".split()
)
FLAGS = frozenset(
    "--enable-testmode --disable-bulk-tracking --debug-tracker --accept-invalid-ssl-certificate --show-progress"
    " --enable-reverse-dns -d -dd".split()
)


def without(
    arguments: list[str], with_value: Collection[str] = WITH_VALUE, flags: Collection[str] = FLAGS
) -> tuple[list[str], list[str]]:
    """The arguments without the options that have no effect, and the names of these."""
    kept: list[str] = []
    found: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        name, equals, _ = argument.partition("=")
        if argument == "--":
            kept += [argument, *rest]
        elif name in with_value:
            found.append(name)
            if not equals:
                next(rest, None)
        elif argument in flags:
            found.append(name)
        else:
            kept.append(argument)
    return kept, list(dict.fromkeys(found))


def accepting(with_value: Collection[str], flags: Collection[str]) -> type[typer.core.TyperCommand]:
    """A class of commands that also take options that have no effect."""

    class Accepting(typer.core.TyperCommand):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            kept, ignored = without(args, with_value, flags)
            left = super().parse_args(ctx, kept)
            if ignored:
                console.note(f"without effect here: {', '.join(ignored)}")
            return left

    return Accepting


Command = accepting(WITH_VALUE, FLAGS)
