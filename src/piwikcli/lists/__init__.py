"""Lists of search engines, social networks and AI assistants, which importing and reporting both look into."""
