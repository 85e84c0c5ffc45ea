"""Segments: conditions that select visits. docs/reference/segments.md, docs/explanation/segments.md.

text --grammar--> expression --definition--> checked, in normal form --compiler--> SQL --members--> visits
"""

from piwikcli.archive.segments.definition import Definition, catalogue, define
from piwikcli.archive.segments.members import make_members

__all__ = ["Definition", "catalogue", "define", "make_members"]
