"""Option values without Pydantic.

Typer turns every option's text into its type with a Pydantic adapter, and importing Pydantic takes longer than
most reports. Texts, plain whole numbers, paths and lists of them need none; whatever else comes (a number that
is none, an enumeration, an option with a parser) goes the way that Typer goes, with its messages.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args, get_origin


class PlainValue:
    """Stands in for the adapter that Typer would build when it sees a parameter's first value."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value in the parameter's type; see Typer's `RuntimeParam.coerce`."""
        several = param.multiple or param.nargs == -1
        if value is None:
            return () if several else None
        annotation = param.type_descriptor.annotation
        if get_origin(annotation) is list:
            (annotation,) = get_args(annotation)
        given = value if several else (value,)
        if isinstance(given, (list, tuple)) and all(_is_plain(one, annotation, param) for one in given):
            plain = [annotation(one) for one in given]
            return plain if several else plain[0]
        param._runtime_param = None  # Typer builds its own
        return param.get_runtime_param().coerce(value, param=param, ctx=ctx)


def _is_plain(value: Any, annotation: Any, param: Any) -> bool:
    info = param.type_descriptor.parameter_info
    if info.parser is not None:
        return False
    if annotation is str:
        return isinstance(value, str) and not param.type_descriptor.is_path
    if annotation is int:
        whole = isinstance(value, int) or (isinstance(value, str) and value.isascii() and value.isdigit())
        return whole and (info.min is None or int(value) >= info.min) and (info.max is None or int(value) <= info.max)
    if annotation is Path:
        checked = info.exists or info.writable or info.resolve_path or not (info.file_okay and info.dir_okay)
        return isinstance(value, (str, Path)) and not checked
    return False


def use_plain_values(command: Any) -> None:
    """Give the command's parameters, and its verbs', plain values; another Typer's adapters are left alone."""
    declared = command.get_params

    def get_params(ctx: Any) -> Any:
        # not before there is a context: it makes the option of --help
        parameters = declared(ctx)
        for parameter in parameters:
            if hasattr(parameter, "type_descriptor") and getattr(parameter, "_runtime_param", ()) is None:
                parameter._runtime_param = PlainValue()
        return parameters

    command.get_params = get_params
    for verb in getattr(command, "commands", {}).values():
        use_plain_values(verb)
