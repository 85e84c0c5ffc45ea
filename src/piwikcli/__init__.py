"""Matomo's web analytics without the server: access logs in, visits, archives and reports out."""

__version__ = "0.1.0"
