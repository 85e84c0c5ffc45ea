-- The views of `piwik query`, made anew for each of its connections. What stands behind a column is its description
-- there and in docs/reference/query.md. Times are UTC; `day` and `hour` are the site's local ones.

-- requests: a row per accepted request: a hit of a web log, or a tracking request of any kind
CREATE TEMP VIEW requests AS
SELECT
    q.idrequest,                                                            -- its number
    q.idsite,                                                               -- site
    nullif(q.idvisit, 0) AS idvisit,                                        -- the visit that it is part of
    q.server_time,                                                          -- when (UTC)
    q.day,                                                                  -- the site's date
    q.hour,                                                                 -- the site's hour, 0 to 23
    kind_name(q.kind) AS kind,                                              -- page, download, outlink, search, event, ...
    whole_url(u.name, q.url_prefix) AS url,                                 -- address, with scheme
    t.name AS title,                                                        -- page title, search keyword or event name
    r.url AS referrer_url,                                                  -- where it came from, as sent
    q.user_id,                                                              -- the user's name, if the log or request has it
    c.ip,                                                                   -- address of the client, as the log has it
    c.language,                                                             -- the browser's language
    d.user_agent,                                                           -- the user agent, as the log has it
    s.name AS source,                                                       -- the file it was read from
    q.byte_offset                                                           -- where its line begins there
FROM request q
JOIN client c ON c.idclient = q.idclient
JOIN device d ON d.iddevice = c.iddevice
JOIN referrer r ON r.idreferrer = q.idreferrer
LEFT JOIN source s ON s.idsource = q.idsource
LEFT JOIN log_action u ON u.idaction = q.idaction_url
LEFT JOIN log_action t ON t.idaction = q.idaction_name;

-- visits: a row per visit
CREATE TEMP VIEW visits AS
SELECT
    v.idvisit,                                                              -- its number
    v.idsite,                                                               -- site
    printf('%016x', v.idvisitor) AS idvisitor,                              -- who: 16 hexadecimal digits
    v.visit_first_action_time,                                              -- begin (UTC)
    v.visit_last_action_time,                                               -- last action (UTC)
    v.day,                                                                  -- the site's date of the last action
    v.start_hour,                                                           -- the site's hour of the first action
    v.user_id,                                                              -- the user's name, if known
    v.visitor_returning,                                                    -- 0 new, 1 returning, 2 has bought before
    v.visitor_count_visits,                                                 -- which of the visitor's visits it is
    v.visitor_seconds_since_last,                                           -- since the visit before; NULL: the first
    v.visit_total_time,                                                     -- seconds
    v.visit_total_actions,                                                  -- pages, downloads, outlinks, searches
    v.visit_total_searches,                                                 -- site searches
    v.visit_total_events,                                                   -- events
    v.visit_goal_converted,                                                 -- 1: it reached a goal
    entry.name AS entry_url,                                                -- first page, without scheme
    leave.name AS exit_url,                                                 -- last page, without scheme
    referrer_name(v.referer_type) AS referrer_type,                         -- direct, search, website, campaign, social, ai
    v.referer_name AS referrer_name,                                        -- search engine, website, campaign or network
    v.referer_keyword AS referrer_keyword,                                  -- keyword of the search or campaign
    v.referer_url AS referrer_url,                                          -- full address
    v.location_country AS country,                                          -- code; xx is unknown
    v.location_region AS region,                                            -- code
    v.location_city AS city,                                                -- name
    v.location_latitude AS latitude,                                        -- degrees
    v.location_longitude AS longitude,                                      -- degrees
    v.location_browser_lang AS language,                                    -- the browser's
    v.config_device_type AS device_type,                                    -- Matomo's number: 0 desktop, 1 smartphone, 2 tablet, ...
    v.config_device_brand AS device_brand,                                  -- Matomo's code
    v.config_device_model AS device_model,                                  -- name
    v.config_os AS os,                                                      -- Matomo's code: WIN, MAC, AND, ...
    v.config_os_version AS os_version,                                      -- version
    v.config_browser_name AS browser,                                       -- Matomo's code: FF, CH, SF, ...
    v.config_browser_version AS browser_version,                            -- version
    v.config_browser_engine AS browser_engine,                              -- Gecko, Blink, WebKit, ...
    v.config_resolution AS resolution                                       -- 1920x1080; unknown for web logs
FROM log_visit v
LEFT JOIN log_action entry ON entry.idaction = v.visit_entry_idaction_url
LEFT JOIN log_action leave ON leave.idaction = v.visit_exit_idaction_url;

-- actions: a row per action of a visit
CREATE TEMP VIEW actions AS
SELECT
    a.idlink_va,                                                            -- its number (idrequest)
    a.idsite,                                                               -- site
    a.idvisit,                                                              -- visit
    printf('%016x', a.idvisitor) AS idvisitor,                              -- who
    a.server_time,                                                          -- when (UTC)
    a.day,                                                                  -- the site's date
    a.hour,                                                                 -- the site's hour
    kind_name(a.kind) AS kind,                                              -- page, download, outlink, search, event, content
    whole_url(u.name, u.url_prefix) AS url,                                 -- address, with scheme
    t.name AS title,                                                        -- page title, search keyword or event name
    a.pageview_position,                                                    -- which page of the visit it is
    a.time_spent,                                                           -- seconds; of tracking requests only
    a.search_cat AS search_category,                                        -- of a site search
    a.search_count,                                                         -- results of a site search
    ec.name AS event_category,                                              -- of an event
    ea.name AS event_action,                                                -- of an event
    a.custom_float AS event_value                                           -- of an event
FROM log_link_visit_action a
LEFT JOIN log_action u ON u.idaction = a.idaction_url
LEFT JOIN log_action t ON t.idaction = a.idaction_name
LEFT JOIN log_action ec ON ec.idaction = a.idaction_event_category
LEFT JOIN log_action ea ON ea.idaction = a.idaction_event_action;

-- conversions: a row per goal reached, order or abandoned cart
CREATE TEMP VIEW conversions AS
SELECT
    c.idsite,                                                               -- site
    c.idvisit,                                                              -- visit
    printf('%016x', c.idvisitor) AS idvisitor,                              -- who
    c.server_time,                                                          -- when (UTC)
    c.day,                                                                  -- the site's date
    c.hour,                                                                 -- the site's hour
    c.idgoal,                                                               -- goal; 0 is an order, -1 an abandoned cart
    CASE c.idgoal WHEN 0 THEN 'order' WHEN -1 THEN 'cart' ELSE g.name END AS goal, -- the goal's name
    c.url,                                                                  -- where it was reached
    c.revenue,                                                              -- in the site's currency
    c.revenue_subtotal,                                                     -- of an order
    c.revenue_tax,                                                          -- of an order
    c.revenue_shipping,                                                     -- of an order
    c.revenue_discount,                                                     -- of an order
    c.idorder,                                                              -- of an order
    c.items,                                                                -- in the order or cart
    c.pageviews_before,                                                     -- pages seen before it
    c.visitor_count_visits,                                                 -- which of the visitor's visits it was
    referrer_name(c.referer_type) AS referrer_type,                         -- what it is attributed to
    c.referer_name AS referrer_name,                                        -- search engine, website, campaign or network
    c.referer_keyword AS referrer_keyword,                                  -- keyword
    c.location_country AS country                                           -- code
FROM log_conversion c
LEFT JOIN goal g ON g.idsite = c.idsite AND g.idgoal = c.idgoal;

-- records: a row per row of an archived report, newest builds only
CREATE TEMP VIEW records AS
SELECT
    a.idsite,                                                               -- site
    period_name(a.period) AS period,                                        -- day, week, month, year, range
    a.date1,                                                                -- first day
    a.date2,                                                                -- last day
    a.segment,                                                              -- empty: all visits
    r.record,                                                               -- Actions_actions_url, Referrers_keywordBySearchEngine, ...
    p.depth,                                                                -- 1: a row of the table, 2: of a subtable, ...
    p.path,                                                                 -- labels from the table's down to its own
    CASE p.label WHEN chr(1) || 'others' THEN 'Others' ELSE p.label END AS label, -- its own stored label
    r.nb_visits,                                                            -- metrics: docs/reference/metrics.md; NULL: not of this row
    r.nb_uniq_visitors,                                                     -- of days, and where they are counted exactly
    r.sum_daily_nb_uniq_visitors,                                           -- of longer periods
    r.nb_actions,                                                           -- actions
    r.nb_hits,                                                              -- pageviews of this page
    r.sum_visit_length,                                                     -- seconds
    r.sum_time_spent,                                                       -- seconds on this page
    r.bounce_count,                                                         -- visits of one action
    r.max_actions,                                                          -- of one visit
    r.nb_visits_converted,                                                  -- visits that reached a goal
    r.nb_conversions,                                                       -- goals reached
    r.revenue,                                                              -- in the site's currency
    r.entry_nb_visits,                                                      -- visits that began here
    r.entry_bounce_count,                                                   -- of these, visits of one action
    r.exit_nb_visits                                                        -- visits that ended here
FROM newest_archive a
JOIN archive_row r ON r.idarchive = a.idarchive
JOIN archive_path p ON p.idpath = r.idpath;

-- numbers: a row per archived number of a site (nb_visits, bounce_count, ...), newest builds only
CREATE TEMP VIEW numbers AS
SELECT
    a.idsite,                                                               -- site
    period_name(a.period) AS period,                                        -- day, week, month, year, range
    a.date1,                                                                -- first day
    a.date2,                                                                -- last day
    a.segment,                                                              -- empty: all visits
    n.name,                                                                 -- nb_visits, Goal_1_nb_conversions, ...
    n.value                                                                 -- an absent number is 0
FROM newest_archive a
JOIN archive_numeric n ON n.idarchive = a.idarchive;
