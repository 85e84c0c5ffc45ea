"""What scheduled tasks do, and the timetable that says when. See docs/reference/tasks.md."""
