"""Tracking requests: everything that the Tracking API records, from dumps of it. docs/reference/tracking.md."""
