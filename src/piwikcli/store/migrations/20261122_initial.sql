-- The first schema. Every table says its grain. Reference: docs/reference/schema.md.
-- Times are UTC; `day` and `hour` are the site's local date and hour, computed once at import.
-- The large tables have no indexes: they are read by zone maps (time) and hash joins.

-- one row per fact about the installation (salt, settings that change stored numbers)
CREATE TABLE option (name VARCHAR PRIMARY KEY, value VARCHAR NOT NULL);

-- one row per site
CREATE TABLE site (
    idsite INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL,
    urls VARCHAR[] NOT NULL,                      -- the first is the main URL
    timezone VARCHAR NOT NULL,
    currency VARCHAR NOT NULL,
    ecommerce BOOLEAN NOT NULL,
    sitesearch BOOLEAN NOT NULL,
    sitesearch_keyword_parameters VARCHAR[] NOT NULL,   -- empty: the defaults
    sitesearch_category_parameters VARCHAR[] NOT NULL,
    excluded_ips VARCHAR[] NOT NULL,
    excluded_parameters VARCHAR[] NOT NULL,
    excluded_user_agents VARCHAR[] NOT NULL,
    keep_url_fragments BOOLEAN NOT NULL,
    created TIMESTAMP NOT NULL
);

-- one row per run of an import command
CREATE TABLE import (
    idimport INTEGER PRIMARY KEY,
    started TIMESTAMP NOT NULL,
    finished TIMESTAMP,                           -- NULL: it was interrupted
    options VARCHAR NOT NULL,                     -- JSON
    version VARCHAR NOT NULL
);

-- one row per content imported into a target (site and host filter): never known by its file name
CREATE TABLE source (
    idsource INTEGER PRIMARY KEY,
    target VARCHAR NOT NULL,
    name VARCHAR NOT NULL,                        -- the file's name when last seen, for people
    head_hashes VARCHAR[] NOT NULL,               -- of the first 256 B, 4 KiB, 64 KiB of decompressed content
    committed BIGINT NOT NULL,                    -- decompressed bytes imported
    lines BIGINT NOT NULL,                        -- lines in those bytes
    tail_offset BIGINT NOT NULL,                  -- where the last line imported begins
    unterminated VARCHAR NOT NULL,                -- its fate (outcome:reason) while it has no newline yet, else ''
    first_time TIMESTAMP,                         -- of its first request: part of the total order
    format VARCHAR NOT NULL
);

-- one row per commit of a source: what ends at its offset
CREATE TABLE source_checkpoint (
    idsource INTEGER NOT NULL,
    committed BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    tail_hash VARCHAR NOT NULL
);

-- lines by fate, one row per commit of a source and fate; their sum is every line read
CREATE TABLE ledger (
    idimport INTEGER NOT NULL,
    idsource INTEGER NOT NULL,
    outcome VARCHAR NOT NULL,                     -- imported, dropped, rejected, already_imported
    reason VARCHAR NOT NULL,
    lines BIGINT NOT NULL
);

-- one row per line that could not become a request
CREATE TABLE reject (
    idimport INTEGER NOT NULL,
    idsource INTEGER NOT NULL,
    line BIGINT NOT NULL,                         -- from 1
    byte_offset BIGINT NOT NULL,
    reason VARCHAR NOT NULL,
    content BLOB NOT NULL                         -- at most 4 KiB of it
);

-- one row per user agent seen
CREATE TABLE device (
    iddevice INTEGER NOT NULL,
    user_agent VARCHAR NOT NULL,
    is_bot BOOLEAN NOT NULL,
    fingerprint VARCHAR NOT NULL,
    config_os VARCHAR NOT NULL,
    config_os_version VARCHAR NOT NULL,
    config_browser_name VARCHAR NOT NULL,
    config_browser_version VARCHAR NOT NULL,
    config_browser_engine VARCHAR NOT NULL,
    config_client_type UTINYINT,
    config_device_type UTINYINT,
    config_device_brand VARCHAR NOT NULL,
    config_device_model VARCHAR NOT NULL
);

-- one row per place
CREATE TABLE location (
    idlocation INTEGER NOT NULL,
    country VARCHAR NOT NULL,
    region VARCHAR,                               -- ISO code without the country, else its name
    region_name VARCHAR,
    city VARCHAR,
    latitude DOUBLE,
    longitude DOUBLE
);

-- one row per combination of address, device, place and language
CREATE TABLE client (
    idclient INTEGER NOT NULL,
    ip VARCHAR NOT NULL,                          -- as the log has it
    location_ip BLOB NOT NULL,                    -- 16 bytes, IPv4 mapped
    iddevice INTEGER NOT NULL,
    idlocation INTEGER NOT NULL,
    language VARCHAR NOT NULL
);

-- one row per resolved referrer
CREATE TABLE referrer (
    idreferrer INTEGER NOT NULL,
    type UTINYINT NOT NULL,
    name VARCHAR,
    keyword VARCHAR,
    url VARCHAR NOT NULL,
    keyword_from_host BOOLEAN NOT NULL            -- a campaign without keyword: its visit's keyword goes first
);

-- one row per (name, type): URLs without scheme and www., titles, keywords
CREATE TABLE log_action (
    idaction INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    type UTINYINT NOT NULL,
    url_prefix UTINYINT,                          -- of its first request
    first_time TIMESTAMP NOT NULL                 -- of that request
);

-- one row per accepted request of any kind; the last columns are functions of the visit that it is in
CREATE TABLE request (
    idrequest BIGINT NOT NULL,
    idsite INTEGER NOT NULL,
    idsource INTEGER NOT NULL,
    byte_offset BIGINT NOT NULL,
    server_time TIMESTAMP NOT NULL,
    day DATE NOT NULL,
    hour UTINYINT NOT NULL,
    kind UTINYINT NOT NULL,                       -- action type: 1 page, 2 outlink, 3 download, 8 site search
    idaction_url INTEGER,
    idaction_name INTEGER,
    url_prefix UTINYINT,
    idreferrer INTEGER NOT NULL,
    idclient INTEGER NOT NULL,
    user_id VARCHAR,
    search_cat VARCHAR,
    search_count INTEGER,
    idvisit BIGINT NOT NULL,
    idaction_url_ref INTEGER,
    idaction_name_ref INTEGER,
    time_spent_ref_action INTEGER NOT NULL,
    pageview_position INTEGER
);

-- one row per visit
CREATE TABLE visit (
    idvisit BIGINT NOT NULL,
    idsite INTEGER NOT NULL,
    idvisitor UBIGINT NOT NULL,
    config_id UBIGINT NOT NULL,
    idfirst BIGINT NOT NULL,                      -- idrequest of its first request
    chain_time TIMESTAMP NOT NULL,                -- where this unbroken run of the fingerprint began
    visit_first_action_time TIMESTAMP NOT NULL,
    visit_last_action_time TIMESTAMP NOT NULL,
    day DATE NOT NULL,                            -- of the last action
    start_hour UTINYINT NOT NULL,                 -- of the first action
    user_id VARCHAR,
    idclient INTEGER NOT NULL,
    iddevice INTEGER NOT NULL,
    idlocation INTEGER NOT NULL,
    idreferrer INTEGER NOT NULL,
    visitor_returning UTINYINT NOT NULL,
    visitor_count_visits INTEGER NOT NULL,
    visitor_seconds_since_last INTEGER,
    visitor_seconds_since_first INTEGER,
    visit_total_time INTEGER NOT NULL,
    visit_total_actions INTEGER NOT NULL,
    visit_total_interactions INTEGER NOT NULL,
    visit_total_searches INTEGER NOT NULL,
    visit_entry_idaction_url INTEGER,
    visit_entry_idaction_name INTEGER,
    visit_exit_idaction_url INTEGER,
    visit_exit_idaction_name INTEGER
);

-- one row per conversion (goals, orders and carts come with tracking requests)
CREATE TABLE log_conversion (
    idvisit BIGINT NOT NULL,
    idsite INTEGER NOT NULL,
    idvisitor UBIGINT NOT NULL,
    idgoal INTEGER NOT NULL,                      -- 0 order, -1 cart
    buster UBIGINT NOT NULL,
    server_time TIMESTAMP NOT NULL,
    day DATE NOT NULL,
    hour UTINYINT NOT NULL,
    revenue DOUBLE,
    items INTEGER,
    visitor_returning UTINYINT NOT NULL
);

CREATE VIEW log_visit AS
SELECT v.idvisit, v.idsite, v.idvisitor, v.config_id, c.location_ip, v.user_id,
       v.visit_first_action_time, v.visit_last_action_time, v.day, v.start_hour,
       CAST(v.visit_first_action_time AS TIME) AS visitor_localtime,
       CAST(v.user_id IS NOT NULL AS UTINYINT) AS profilable,
       v.visitor_returning, v.visitor_count_visits, v.visitor_seconds_since_last, v.visitor_seconds_since_first,
       v.visit_total_time, v.visit_total_actions, v.visit_total_interactions, v.visit_total_searches,
       v.visit_entry_idaction_url, v.visit_entry_idaction_name,
       v.visit_exit_idaction_url, v.visit_exit_idaction_name,
       r.type AS referer_type, r.name AS referer_name, r.keyword AS referer_keyword, r.url AS referer_url,
       l.country AS location_country, l.region AS location_region, l.city AS location_city,
       l.latitude AS location_latitude, l.longitude AS location_longitude,
       c.language AS location_browser_lang,
       d.config_os, d.config_os_version, d.config_browser_name, d.config_browser_version,
       d.config_browser_engine, d.config_client_type, d.config_device_type, d.config_device_brand,
       d.config_device_model
FROM visit v
JOIN client c ON c.idclient = v.idclient
JOIN device d ON d.iddevice = v.iddevice
JOIN location l ON l.idlocation = v.idlocation
JOIN referrer r ON r.idreferrer = v.idreferrer;

CREATE VIEW log_link_visit_action AS
SELECT q.idrequest AS idlink_va, q.idsite, v.idvisitor, q.idvisit, q.server_time, q.day, q.hour,
       q.idaction_url, q.idaction_name, q.idaction_url_ref, q.idaction_name_ref,
       q.time_spent_ref_action, q.pageview_position, q.search_cat, q.search_count
FROM request q
JOIN visit v ON v.idvisit = q.idvisit;

-- one row per build of (site, period, dates, segment); readers see state 'done' only
CREATE TABLE archive (
    idarchive INTEGER PRIMARY KEY,
    idsite INTEGER NOT NULL,
    period UTINYINT NOT NULL,                     -- 1 day, 2 week, 3 month, 4 year, 5 range
    date1 DATE NOT NULL,
    date2 DATE NOT NULL,
    segment VARCHAR NOT NULL,                     -- '' is all visits
    settings VARCHAR NOT NULL,                    -- what was configured for it: limits, plugins
    state VARCHAR NOT NULL,                       -- done, invalid
    built TIMESTAMP NOT NULL
);

-- one row per number
CREATE TABLE archive_numeric (idarchive INTEGER NOT NULL, name VARCHAR NOT NULL, value DOUBLE NOT NULL);

-- one row per path of labels that any record has ever had
CREATE TABLE archive_path (
    idpath INTEGER NOT NULL,
    parent INTEGER,                               -- NULL at the root
    depth INTEGER NOT NULL,                       -- from 1
    label VARCHAR NOT NULL,
    path VARCHAR[] NOT NULL,
    ancestors INTEGER[] NOT NULL                  -- idpaths from the root to itself
);

-- one row per action and record family: the path of labels its name becomes
CREATE TABLE action_path (idaction INTEGER NOT NULL, tree VARCHAR NOT NULL, idpath INTEGER NOT NULL);

-- one row per row of a record; a column that the row does not have is NULL
CREATE TABLE archive_row (
    idarchive INTEGER NOT NULL,
    record VARCHAR NOT NULL,
    idpath INTEGER NOT NULL,
    idaction INTEGER,                             -- the most-hit action of a leaf
    nb_uniq_visitors BIGINT,
    sum_daily_nb_uniq_visitors BIGINT,
    nb_visits BIGINT,
    nb_actions BIGINT,
    nb_users BIGINT,
    sum_daily_nb_users BIGINT,
    max_actions BIGINT,
    sum_visit_length BIGINT,
    bounce_count BIGINT,
    nb_visits_converted BIGINT,
    nb_conversions BIGINT,
    revenue DOUBLE,
    nb_hits BIGINT,
    sum_time_spent BIGINT,
    no_result BIGINT,
    nb_hits_following_search BIGINT,
    entry_nb_uniq_visitors BIGINT,
    sum_daily_entry_nb_uniq_visitors BIGINT,
    entry_nb_visits BIGINT,
    entry_nb_actions BIGINT,
    entry_sum_visit_length BIGINT,
    entry_bounce_count BIGINT,
    exit_nb_uniq_visitors BIGINT,
    sum_daily_exit_nb_uniq_visitors BIGINT,
    exit_nb_visits BIGINT
);
