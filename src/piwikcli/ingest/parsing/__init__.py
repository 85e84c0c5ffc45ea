"""Parser families: each turns the lines of a chunk into columns, all lines at once."""
