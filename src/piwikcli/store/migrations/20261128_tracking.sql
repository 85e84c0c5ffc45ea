-- Tracking requests: what they carry beyond a web log's hit, and what visits and actions have because of it.
-- The tables `request` and `visit` stay as narrow as a web log needs them: columns that are always NULL are not
-- free (measured: 40 of them triple the time to insert a million rows). Reference: docs/reference/schema.md.

ALTER TABLE site ADD COLUMN exclude_unknown_urls BOOLEAN DEFAULT false;
ALTER TABLE site ADD COLUMN excluded_referrers VARCHAR[] DEFAULT [];

-- one row per goal, deleted ones included (their ids are never used again)
CREATE TABLE goal (
    idsite INTEGER NOT NULL,
    idgoal INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    description VARCHAR NOT NULL,
    match_attribute VARCHAR NOT NULL,
    pattern VARCHAR NOT NULL,
    pattern_type VARCHAR NOT NULL,
    case_sensitive BOOLEAN NOT NULL,
    allow_multiple BOOLEAN NOT NULL,
    revenue DOUBLE NOT NULL,                      -- 0: none
    event_value_as_revenue BOOLEAN NOT NULL,
    deleted BOOLEAN NOT NULL
);

-- one row per custom dimension
CREATE TABLE custom_dimension (
    idsite INTEGER NOT NULL,
    idcustomdimension INTEGER NOT NULL,
    index INTEGER NOT NULL,                       -- its place, from 1, in the lists `custom_dimension` of its scope
    scope VARCHAR NOT NULL,                       -- visit, action
    name VARCHAR NOT NULL,
    active BOOLEAN NOT NULL,
    case_sensitive BOOLEAN NOT NULL,
    extractions STRUCT(dimension VARCHAR, pattern VARCHAR)[] NOT NULL
);

-- one row per set of goals that some request matched, with what was configured for them then
CREATE TABLE goal_match (
    idmatch INTEGER NOT NULL,
    goals VARCHAR NOT NULL                        -- JSON: [[idgoal, allow_multiple, revenue, event_value, minutes], ...]
);

-- one row per tracking request: what it carries beyond `request`; never changes. NULL: not sent
CREATE TABLE request_detail (
    idrequest BIGINT NOT NULL,
    config_id UBIGINT NOT NULL,                   -- its own fingerprint
    idvisitor UBIGINT,                            -- of cid, uid or _id
    identified_by UTINYINT NOT NULL,              -- 0 none, 1 uid, 2 cid, 3 _id
    new_visit BOOLEAN NOT NULL,
    localtime INTEGER,                            -- the visitor's, seconds since midnight
    resolution VARCHAR,
    plugins USMALLINT NOT NULL,                   -- bits: cookie flash java pdf quicktime realplayer silverlight windowsmedia
    country VARCHAR,                              -- these five override the visit's place
    region VARCHAR,
    city VARCHAR,
    latitude DOUBLE,
    longitude DOUBLE,
    idpageview VARCHAR,
    custom_float DOUBLE,                          -- an event's value
    idaction_event_category INTEGER,
    idaction_event_action INTEGER,
    idaction_content_name INTEGER,
    idaction_content_piece INTEGER,
    idaction_content_target INTEGER,
    idaction_content_interaction INTEGER,
    idaction_product_sku INTEGER,
    idaction_product_name INTEGER,
    idaction_product_cat INTEGER[],               -- up to 5
    product_price DOUBLE,
    timings INTEGER[],                            -- ms: network, server, transfer, DOM processing, DOM completion, onload
    bandwidth BIGINT,
    visit_dimension VARCHAR[],                    -- by custom_dimension.index; an empty text clears the visit's value
    action_dimension VARCHAR[],
    visit_var VARCHAR[],                          -- k1, v1, k2, v2, ...
    page_var VARCHAR[],
    idmatch INTEGER,                              -- goals that it matches
    idgoal INTEGER,                               -- of a manual conversion
    conversion_url VARCHAR,
    idreferrer_conversion INTEGER,                -- attribution that it brought along
    revenue DOUBLE,
    revenue_subtotal DOUBLE,
    revenue_tax DOUBLE,
    revenue_shipping DOUBLE,
    revenue_discount DOUBLE,
    idorder VARCHAR
);

-- one row per entry of a cart's or order's items, as sent
CREATE TABLE request_item (
    idrequest BIGINT NOT NULL,
    position INTEGER NOT NULL,                    -- from 0
    idaction_sku INTEGER NOT NULL,
    idaction_name INTEGER NOT NULL,               -- 0: none
    idaction_category INTEGER[] NOT NULL,         -- up to 5
    price DOUBLE NOT NULL,
    quantity BIGINT NOT NULL                      -- negative ones lower the sum of items
);

-- one row per tracking request: what its visit makes of it
CREATE TABLE request_state (
    idrequest BIGINT NOT NULL,
    idvisit BIGINT NOT NULL,                      -- 0: a ping without a visit
    idvisitor UBIGINT NOT NULL,                   -- the visit's visitor id right after it
    repeated BOOLEAN NOT NULL,                    -- an order whose id the site has had before
    time_spent INTEGER,                           -- seconds on this action
    time_network INTEGER,                         -- these six in ms
    time_server INTEGER,
    time_transfer INTEGER,
    time_dom_processing INTEGER,
    time_dom_completion INTEGER,
    time_on_load INTEGER
);

-- one row per visit with a tracking request
CREATE TABLE visit_detail (
    idvisit BIGINT NOT NULL,
    profilable BOOLEAN NOT NULL,
    visitor_localtime INTEGER,                    -- seconds since midnight; NULL: that of the first action in UTC
    visitor_seconds_since_order INTEGER,
    visit_total_events INTEGER NOT NULL,
    visit_goal_converted BOOLEAN NOT NULL,
    visit_goal_buyer UTINYINT NOT NULL,           -- 0 none, 1 ordered, 2 abandoned cart, 3 both
    resolution VARCHAR,                           -- NULL: unknown
    plugins USMALLINT NOT NULL,                   -- bits as in request_detail
    last_idlink_va BIGINT,
    custom_dimension VARCHAR[],
    custom_var VARCHAR[]
);

-- one row per conversion, order or cart; copies are those of the visit right after the request
DROP TABLE log_conversion;
CREATE TABLE conversion (
    idvisit BIGINT NOT NULL,
    idsite INTEGER NOT NULL,
    idvisitor UBIGINT NOT NULL,
    idrequest BIGINT NOT NULL,
    idgoal INTEGER NOT NULL,                      -- 0 order, -1 cart
    buster UBIGINT NOT NULL,
    server_time TIMESTAMP NOT NULL,
    day DATE NOT NULL,
    hour UTINYINT NOT NULL,
    idlink_va BIGINT,
    idaction_url INTEGER,
    idorder VARCHAR,
    items INTEGER,
    url VARCHAR NOT NULL,
    revenue DOUBLE,
    revenue_subtotal DOUBLE,
    revenue_tax DOUBLE,
    revenue_shipping DOUBLE,
    revenue_discount DOUBLE,
    pageviews_before INTEGER,
    visitor_returning UTINYINT NOT NULL,
    visitor_count_visits INTEGER NOT NULL,
    visitor_seconds_since_first INTEGER,
    visitor_seconds_since_order INTEGER,
    idreferrer INTEGER NOT NULL,                  -- what it is attributed to
    iddevice INTEGER NOT NULL,
    idlocation INTEGER NOT NULL,
    custom_dimension VARCHAR[],
    custom_var VARCHAR[]
);

-- one row per (visit, order id or '0' for the cart, SKU)
CREATE TABLE conversion_item (
    idsite INTEGER NOT NULL,
    idvisitor UBIGINT NOT NULL,
    server_time TIMESTAMP NOT NULL,
    day DATE NOT NULL,
    idvisit BIGINT NOT NULL,
    idorder VARCHAR NOT NULL,
    idaction_sku INTEGER NOT NULL,
    idaction_name INTEGER NOT NULL,
    idaction_category INTEGER NOT NULL,           -- 0: none
    idaction_category2 INTEGER NOT NULL,
    idaction_category3 INTEGER NOT NULL,
    idaction_category4 INTEGER NOT NULL,
    idaction_category5 INTEGER NOT NULL,
    price DOUBLE NOT NULL,
    quantity BIGINT NOT NULL,
    deleted BOOLEAN NOT NULL
);

CREATE VIEW log_conversion_item AS SELECT * FROM conversion_item;

CREATE VIEW log_conversion AS
SELECT c.idvisit, c.idsite, c.idvisitor, c.server_time, c.day, c.hour, c.idaction_url, c.idlink_va, c.idgoal, c.buster,
       c.idorder, c.items, c.url, c.revenue, c.revenue_subtotal, c.revenue_tax, c.revenue_shipping, c.revenue_discount,
       c.pageviews_before, c.visitor_returning, c.visitor_count_visits, c.visitor_seconds_since_first,
       c.visitor_seconds_since_order, r.type AS referer_type, r.name AS referer_name, r.keyword AS referer_keyword,
       l.country AS location_country, l.region AS location_region, l.city AS location_city,
       l.latitude AS location_latitude, l.longitude AS location_longitude,
       d.config_browser_name, d.config_client_type, d.config_device_type, d.config_device_brand, d.config_device_model,
       c.custom_dimension[1] AS custom_dimension_1, c.custom_dimension[2] AS custom_dimension_2,
       c.custom_dimension[3] AS custom_dimension_3, c.custom_dimension[4] AS custom_dimension_4,
       c.custom_dimension[5] AS custom_dimension_5,
       c.custom_var[1] AS custom_var_k1, c.custom_var[2] AS custom_var_v1, c.custom_var[3] AS custom_var_k2,
       c.custom_var[4] AS custom_var_v2, c.custom_var[5] AS custom_var_k3, c.custom_var[6] AS custom_var_v3,
       c.custom_var[7] AS custom_var_k4, c.custom_var[8] AS custom_var_v4, c.custom_var[9] AS custom_var_k5,
       c.custom_var[10] AS custom_var_v5
FROM conversion c
JOIN referrer r ON r.idreferrer = c.idreferrer
JOIN location l ON l.idlocation = c.idlocation
JOIN device d ON d.iddevice = c.iddevice;

DROP VIEW log_visit;
CREATE VIEW log_visit AS
SELECT v.idvisit, v.idsite, v.idvisitor, v.config_id, c.location_ip, v.user_id,
       v.visit_first_action_time, v.visit_last_action_time, v.day, v.start_hour,
       coalesce(CAST(to_seconds(e.visitor_localtime) + TIME '00:00:00' AS TIME),
                CAST(v.visit_first_action_time AS TIME)) AS visitor_localtime,
       CAST(coalesce(e.profilable, v.user_id IS NOT NULL) AS UTINYINT) AS profilable,
       v.visitor_returning, v.visitor_count_visits, v.visitor_seconds_since_last, v.visitor_seconds_since_first,
       e.visitor_seconds_since_order,
       v.visit_total_time, v.visit_total_actions, v.visit_total_interactions, v.visit_total_searches,
       coalesce(e.visit_total_events, 0) AS visit_total_events,
       CAST(coalesce(e.visit_goal_converted, false) AS UTINYINT) AS visit_goal_converted,
       coalesce(e.visit_goal_buyer, 0) AS visit_goal_buyer,
       v.visit_entry_idaction_url, v.visit_entry_idaction_name,
       v.visit_exit_idaction_url, v.visit_exit_idaction_name,
       r.type AS referer_type, r.name AS referer_name, r.keyword AS referer_keyword, r.url AS referer_url,
       l.country AS location_country, l.region AS location_region, l.city AS location_city,
       l.latitude AS location_latitude, l.longitude AS location_longitude,
       c.language AS location_browser_lang,
       d.config_os, d.config_os_version, d.config_browser_name, d.config_browser_version,
       d.config_browser_engine, d.config_client_type, d.config_device_type, d.config_device_brand,
       d.config_device_model,
       coalesce(e.resolution, 'unknown') AS config_resolution,
       CAST(coalesce(e.plugins, 0) & 1 AS UTINYINT) AS config_cookie,
       CAST((coalesce(e.plugins, 0) >> 1) & 1 AS UTINYINT) AS config_flash,
       CAST((coalesce(e.plugins, 0) >> 2) & 1 AS UTINYINT) AS config_java,
       CAST((coalesce(e.plugins, 0) >> 3) & 1 AS UTINYINT) AS config_pdf,
       CAST((coalesce(e.plugins, 0) >> 4) & 1 AS UTINYINT) AS config_quicktime,
       CAST((coalesce(e.plugins, 0) >> 5) & 1 AS UTINYINT) AS config_realplayer,
       CAST((coalesce(e.plugins, 0) >> 6) & 1 AS UTINYINT) AS config_silverlight,
       CAST((coalesce(e.plugins, 0) >> 7) & 1 AS UTINYINT) AS config_windowsmedia,
       e.custom_dimension[1] AS custom_dimension_1, e.custom_dimension[2] AS custom_dimension_2,
       e.custom_dimension[3] AS custom_dimension_3, e.custom_dimension[4] AS custom_dimension_4,
       e.custom_dimension[5] AS custom_dimension_5, e.last_idlink_va,
       e.custom_var[1] AS custom_var_k1, e.custom_var[2] AS custom_var_v1, e.custom_var[3] AS custom_var_k2,
       e.custom_var[4] AS custom_var_v2, e.custom_var[5] AS custom_var_k3, e.custom_var[6] AS custom_var_v3,
       e.custom_var[7] AS custom_var_k4, e.custom_var[8] AS custom_var_v4, e.custom_var[9] AS custom_var_k5,
       e.custom_var[10] AS custom_var_v5
FROM visit v
JOIN client c ON c.idclient = v.idclient
JOIN device d ON d.iddevice = v.iddevice
JOIN location l ON l.idlocation = v.idlocation
JOIN referrer r ON r.idreferrer = v.idreferrer
LEFT JOIN visit_detail e ON e.idvisit = v.idvisit;

-- kinds of 100 and more are pings, manual conversions, orders and carts: requests, but no actions
DROP VIEW log_link_visit_action;
CREATE VIEW log_link_visit_action AS
SELECT q.idrequest AS idlink_va, q.idsite, coalesce(s.idvisitor, v.idvisitor) AS idvisitor, q.idvisit, q.server_time,
       q.day, q.hour, q.kind, q.idaction_url, q.idaction_name, q.idaction_url_ref, q.idaction_name_ref,
       q.time_spent_ref_action, s.time_spent, q.pageview_position, q.search_cat, q.search_count,
       coalesce(x.idpageview, '') AS idpageview, x.custom_float, x.idaction_event_category, x.idaction_event_action,
       x.idaction_content_name, x.idaction_content_piece, x.idaction_content_target, x.idaction_content_interaction,
       x.idaction_product_sku, x.idaction_product_name, x.idaction_product_cat[1] AS idaction_product_cat,
       x.idaction_product_cat[2] AS idaction_product_cat2, x.idaction_product_cat[3] AS idaction_product_cat3,
       x.idaction_product_cat[4] AS idaction_product_cat4, x.idaction_product_cat[5] AS idaction_product_cat5,
       x.product_price, s.time_network, s.time_server, s.time_transfer, s.time_dom_processing, s.time_dom_completion,
       s.time_on_load, x.bandwidth,
       x.action_dimension[1] AS custom_dimension_1, x.action_dimension[2] AS custom_dimension_2,
       x.action_dimension[3] AS custom_dimension_3, x.action_dimension[4] AS custom_dimension_4,
       x.action_dimension[5] AS custom_dimension_5,
       x.page_var[1] AS custom_var_k1, x.page_var[2] AS custom_var_v1, x.page_var[3] AS custom_var_k2,
       x.page_var[4] AS custom_var_v2, x.page_var[5] AS custom_var_k3, x.page_var[6] AS custom_var_v3,
       x.page_var[7] AS custom_var_k4, x.page_var[8] AS custom_var_v4, x.page_var[9] AS custom_var_k5,
       x.page_var[10] AS custom_var_v5
FROM request q
JOIN visit v ON v.idvisit = q.idvisit
LEFT JOIN request_detail x ON x.idrequest = q.idrequest
LEFT JOIN request_state s ON s.idrequest = q.idrequest
WHERE q.kind < 100;
