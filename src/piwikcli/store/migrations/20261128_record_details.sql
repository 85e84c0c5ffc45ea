-- What a record's rows have beside the columns of archive_row. Reference: docs/reference/schema.md.

-- one row per row of a record and goal (0 orders, -1 carts); a column that the row does not have is NULL
CREATE TABLE archive_goal (
    idarchive INTEGER NOT NULL,
    record VARCHAR NOT NULL,
    idpath INTEGER NOT NULL,
    idgoal INTEGER NOT NULL,
    nb_conversions BIGINT,
    nb_visits_converted BIGINT,
    revenue DOUBLE,
    revenue_subtotal DOUBLE,
    revenue_tax DOUBLE,
    revenue_shipping DOUBLE,
    revenue_discount DOUBLE,
    items BIGINT,
    nb_conv_pages_before BIGINT,
    nb_conversions_attrib DOUBLE,
    nb_conversions_page_uniq BIGINT,
    revenue_attrib DOUBLE,
    revenue_entry DOUBLE,
    nb_conversions_entry_rate DOUBLE,
    revenue_per_entry DOUBLE,
    nb_conversions_entry BIGINT
);

-- one row per row of a record and metric that archive_row has no column for
CREATE TABLE archive_metric (
    idarchive INTEGER NOT NULL,
    record VARCHAR NOT NULL,
    idpath INTEGER NOT NULL,
    metric SMALLINT NOT NULL,                     -- the metric's id: docs/reference/metrics.md
    value DOUBLE NOT NULL
);
