"""The core plugins' reports in words, one module per category. Nothing here is loaded to make a report."""
