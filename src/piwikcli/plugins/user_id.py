"""UserId: visits by user id. In a web log that is the name given at HTTP authentication."""

import hashlib
from collections.abc import Mapping

from piwikcli.plugins.api import Context, Dimension, Plugin, Report, Row, VisitRecord, literal
from piwikcli.plugins.labels import plain, urlencode
from piwikcli.plugins.metrics import VISIT_COLUMNS

RECORDS = (VisitRecord(name="UserId_users", path=(literal("v.user_id"),), max_rows="userid_users"),)


def _metadata(row: Row, stored: str, context: Context) -> Mapping[str, str]:
    # a user's visitor id is made of the user id: docs/explanation/visits.md
    user = plain(stored)
    visitor = hashlib.sha1(user.encode(), usedforsecurity=False).hexdigest()[:16]
    return {"idvisitor": visitor, "segment": f"userId=={urlencode(user)}"}


DIMENSIONS = (Dimension(segment="userId", title="User id", sql="v.user_id"),)

REPORTS = (
    Report(
        method="UserId.getUsers",
        title="User ids",
        record="UserId_users",
        metadata=_metadata,
        metrics=VISIT_COLUMNS,
        dimensions=("UserId_UserId",),
        flattenable=False,
    ),
)

PLUGIN = Plugin(
    "UserId",
    records=RECORDS,
    reports=REPORTS,
    dimensions=DIMENSIONS,
    described_in="piwikcli.plugins.descriptions.visitors",
)
