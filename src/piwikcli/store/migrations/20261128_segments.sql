-- one row per stored segment
CREATE TABLE segment (
    idsegment INTEGER PRIMARY KEY,
    idsite INTEGER NOT NULL,                      -- 0: every site
    name VARCHAR NOT NULL,
    definition VARCHAR NOT NULL,                  -- as it was written
    auto_archive BOOLEAN NOT NULL,                -- built by `piwik archive`, not only when a report asks for it
    created TIMESTAMP NOT NULL,
    changed TIMESTAMP NOT NULL                    -- when its definition was last set
);
