"""What becomes of requests that do not count: dropped by a setting, or rejected because they are wrong.

Reference: docs/reference/tracking.md#what-does-not-count.
"""

from __future__ import annotations

# in order of precedence; 0 is "accepted"
REASONS = (
    "",
    "no_idsite",
    "unknown_site",
    "no_time",
    "time_out_of_range",
    "bot",
    "no_rec",
    "excluded_request",
    "excluded_ip",
    "excluded_user_agent",
    "referrer_spam",
    "unknown_url",
    "prefetch",
    "bad_visitor_id",
    "bad_event",
    "bad_content",
    "bad_timing",
    "bad_action",
    "unknown_goal",
)
CODE = {reason: code for code, reason in enumerate(REASONS)}
DROPPED = frozenset(
    {
        *("bot", "no_rec", "excluded_request", "excluded_ip", "excluded_user_agent", "referrer_spam", "unknown_url"),
        "prefetch",
    }
)
"""What settings leave out; every other reason is a wrong request, which is kept in the table `reject`."""
