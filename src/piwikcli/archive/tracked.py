"""The part of the logs that only tracking requests fill, as temporary tables beside those of `slices`.

`c` conversions, `i` items of orders and carts, `t` actions with what their requests carry. Where a site has web logs
only they are empty, and what is aggregated from them is skipped.
"""

from __future__ import annotations

from piwikcli.archive.slices import of_archives
from piwikcli.store import Connection


def make_conversions(connection: Connection) -> None:
    """Tables `c` and `i`, by the local day of a conversion and of an item."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE c AS SELECT * FROM {of_archives('conversion')}")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE i AS SELECT * FROM {of_archives('conversion_item')} WHERE NOT deleted"
    )
