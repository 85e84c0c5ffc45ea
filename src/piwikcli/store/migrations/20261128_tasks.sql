-- When scheduled tasks run, and what archives keep once their logs or reports are deleted. docs/reference/schema.md

-- one row per scheduled task; times are UTC
CREATE TABLE task (
    name VARCHAR PRIMARY KEY,
    next_run TIMESTAMP NOT NULL,
    last_run TIMESTAMP,
    seconds DOUBLE,                               -- that the last run took
    output VARCHAR,                               -- what it did, or `ERROR: ...`
    failures INTEGER NOT NULL                     -- in a row
);
