CREATE TABLE cases (
    case_id TEXT NOT NULL,
    case_number TEXT NOT NULL,
    version BIGINT DEFAULT 0 NOT NULL,
    document TEXT NOT NULL,
    related TEXT DEFAULT '[]' NOT NULL,
    state TEXT NOT NULL,
    service TEXT NOT NULL,
    scope TEXT NOT NULL,
    contact_channel TEXT NOT NULL,
    sales_channel TEXT NOT NULL,
    account_id TEXT,
    order_id TEXT,
    orders TEXT[] DEFAULT '{}' NOT NULL,
    checkout_id TEXT,
    assignee TEXT,
    group_name TEXT,
    priority INTEGER NOT NULL,
    sla_state TEXT NOT NULL,
    sla_due_at BIGINT,
    needs_attention BOOLEAN DEFAULT false NOT NULL,
    attention TEXT[] DEFAULT '{}' NOT NULL,
    short_description TEXT NOT NULL,
    opened_because TEXT,
    resolution_code TEXT,
    created_at BIGINT NOT NULL,
    submitted_at BIGINT,
    resolved_at BIGINT,
    closed_at BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (case_id),
    UNIQUE (case_number)
)
 WITH (toast_tuple_target = 8160);

CREATE INDEX cases_by_account ON cases (account_id, created_at);

CREATE INDEX cases_by_age ON cases (created_at);

CREATE INDEX cases_by_assignee ON cases (assignee, state);

CREATE INDEX cases_by_group ON cases (group_name, state);

CREATE INDEX cases_by_order ON cases USING gin (orders);

CREATE INDEX cases_by_sla ON cases (sla_due_at) WHERE sla_due_at IS NOT NULL;

CREATE INDEX cases_by_state ON cases (state, created_at);

CREATE INDEX cases_to_attend ON cases (created_at) WHERE needs_attention;

CREATE TABLE case_lines (
    case_id TEXT NOT NULL,
    case_line_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    order_key TEXT,
    line_number INTEGER,
    state TEXT NOT NULL,
    assignee TEXT,
    PRIMARY KEY (case_id, case_line_id)
);

CREATE INDEX case_lines_by_case ON case_lines (case_id, number);

CREATE INDEX case_lines_by_order ON case_lines (order_key);

CREATE TABLE tasks (
    task_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    case_line_id TEXT NOT NULL,
    task_number TEXT NOT NULL,
    state TEXT NOT NULL,
    assignee TEXT,
    group_name TEXT,
    due_at BIGINT,
    short_description TEXT NOT NULL,
    PRIMARY KEY (task_id)
);

CREATE INDEX tasks_by_assignee ON tasks (assignee, state);

CREATE INDEX tasks_by_case ON tasks (case_id);

CREATE TABLE interactions (
    interaction_id TEXT NOT NULL,
    sales_channel TEXT NOT NULL,
    account_id TEXT,
    order_id TEXT,
    checkout_id TEXT,
    recorded_at BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (interaction_id)
);

CREATE INDEX interactions_by_account ON interactions (account_id);

CREATE INDEX interactions_by_order ON interactions (sales_channel, order_id);

CREATE TABLE notices (
    notice_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    sales_channel TEXT NOT NULL,
    order_id TEXT,
    case_id TEXT,
    status TEXT,
    status_at BIGINT,
    document TEXT NOT NULL,
    PRIMARY KEY (notice_id)
);

CREATE INDEX notices_by_case ON notices (case_id);

CREATE INDEX notices_by_order ON notices (sales_channel, order_id);

CREATE TABLE products (
    sku TEXT NOT NULL,
    parent_sku TEXT,
    name TEXT,
    sellable BOOLEAN DEFAULT false NOT NULL,
    gone BOOLEAN DEFAULT false NOT NULL,
    updated_at BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (sku)
);

CREATE INDEX products_by_parent ON products (parent_sku);

CREATE TABLE stock (
    stock_key TEXT NOT NULL,
    sales_channel TEXT NOT NULL,
    sku TEXT NOT NULL,
    available INTEGER,
    promised INTEGER DEFAULT 0 NOT NULL,
    updated_at BIGINT NOT NULL,
    document TEXT,
    PRIMARY KEY (stock_key)
);

CREATE TABLE sources (
    source_id TEXT NOT NULL,
    name TEXT,
    accepts_returns BOOLEAN DEFAULT false NOT NULL,
    sales_channels TEXT[] DEFAULT '{}' NOT NULL,
    gone BOOLEAN DEFAULT false NOT NULL,
    updated_at BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (source_id)
);

CREATE TABLE counters (
    series TEXT NOT NULL,
    last BIGINT DEFAULT 0 NOT NULL,
    PRIMARY KEY (series)
);

CREATE TABLE timers (
    ref_kind TEXT NOT NULL,
    ref_key TEXT NOT NULL,
    name TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    try_at BIGINT NOT NULL,
    PRIMARY KEY (ref_kind, ref_key, name, entity_id)
)
 WITH (autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX timers_by_time ON timers (try_at);

CREATE TABLE history (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    entity_kind TEXT NOT NULL,
    entity_key TEXT NOT NULL,
    happened_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    actor_id TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_name TEXT,
    kind TEXT NOT NULL,
    words TEXT NOT NULL,
    event TEXT NOT NULL,
    data TEXT NOT NULL,
    cause_id TEXT NOT NULL,
    PRIMARY KEY (id)
)
 WITH (toast_tuple_target = 8160);

CREATE INDEX history_of ON history (entity_kind, entity_key, id);

CREATE TABLE commands (
    command_id UUID NOT NULL,
    reply TEXT NOT NULL,
    digest BYTEA NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (command_id)
)
 WITH (autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX commands_by_age ON commands (received_at);

CREATE TABLE erasures (
    customer BYTEA NOT NULL,
    since_at BIGINT NOT NULL,
    outbox_head BIGINT,
    PRIMARY KEY (customer)
);

CREATE TABLE inbox (
    kind TEXT NOT NULL,
    message_id UUID NOT NULL,
    digest BYTEA NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (kind, message_id)
)
 PARTITION BY HASH (message_id);

CREATE TABLE inbox_0 PARTITION OF inbox FOR VALUES WITH (MODULUS 8, REMAINDER 0)
 WITH (autovacuum_vacuum_scale_factor = 0.02);

CREATE TABLE inbox_1 PARTITION OF inbox FOR VALUES WITH (MODULUS 8, REMAINDER 1)
 WITH (autovacuum_vacuum_scale_factor = 0.02);

CREATE TABLE inbox_2 PARTITION OF inbox FOR VALUES WITH (MODULUS 8, REMAINDER 2)
 WITH (autovacuum_vacuum_scale_factor = 0.02);

CREATE TABLE inbox_3 PARTITION OF inbox FOR VALUES WITH (MODULUS 8, REMAINDER 3)
 WITH (autovacuum_vacuum_scale_factor = 0.02);

CREATE TABLE inbox_4 PARTITION OF inbox FOR VALUES WITH (MODULUS 8, REMAINDER 4)
 WITH (autovacuum_vacuum_scale_factor = 0.02);

CREATE TABLE inbox_5 PARTITION OF inbox FOR VALUES WITH (MODULUS 8, REMAINDER 5)
 WITH (autovacuum_vacuum_scale_factor = 0.02);

CREATE TABLE inbox_6 PARTITION OF inbox FOR VALUES WITH (MODULUS 8, REMAINDER 6)
 WITH (autovacuum_vacuum_scale_factor = 0.02);

CREATE TABLE inbox_7 PARTITION OF inbox FOR VALUES WITH (MODULUS 8, REMAINDER 7)
 WITH (autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX inbox_by_age ON inbox (received_at);

CREATE TABLE conflicts (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    message_id UUID NOT NULL,
    digest BYTEA NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE input_position (
    group_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    topic_id TEXT DEFAULT '' NOT NULL,
    next_offset BIGINT NOT NULL,
    first_end BIGINT DEFAULT 0 NOT NULL,
    caught_up_at BIGINT,
    PRIMARY KEY (group_id, topic, partition)
)
 WITH (fillfactor = 50);

CREATE TABLE waiting (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    key BYTEA,
    value BYTEA,
    headers TEXT DEFAULT '[]' NOT NULL,
    since BIGINT NOT NULL,
    waits_kind TEXT NOT NULL,
    waits_key TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (topic, partition, "offset")
);

CREATE INDEX waiting_by_key ON waiting (topic, key);

CREATE INDEX waiting_for ON waiting (waits_kind, waits_key, id);

CREATE TABLE parked (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    key BYTEA,
    value BYTEA,
    headers TEXT DEFAULT '[]' NOT NULL,
    since BIGINT NOT NULL,
    reason TEXT NOT NULL,
    sentence TEXT NOT NULL,
    error_class TEXT NOT NULL,
    behind BOOLEAN DEFAULT false NOT NULL,
    blocks BOOLEAN DEFAULT true NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (topic, partition, "offset")
);

CREATE INDEX parked_by_key ON parked (key, topic, id);

CREATE TABLE parked_audit (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    action TEXT NOT NULL,
    parked_id BIGINT,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    reason TEXT NOT NULL,
    by TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE outbox (
    seq BIGINT NOT NULL,
    event_id UUID NOT NULL,
    topic TEXT NOT NULL,
    key BYTEA,
    value BYTEA,
    headers TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (seq)
)
 WITH (toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

CREATE TABLE outbox_head (
    "only" BOOLEAN DEFAULT true NOT NULL CONSTRAINT one_head CHECK ("only"),
    seq BIGINT DEFAULT 0 NOT NULL,
    PRIMARY KEY ("only")
)
 WITH (fillfactor = 50);

CREATE TABLE relay_position (
    group_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    last_event_id TEXT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (group_id)
);

CREATE TABLE policy_versions (
    version TEXT NOT NULL,
    text TEXT NOT NULL,
    since_at BIGINT NOT NULL,
    PRIMARY KEY (version, since_at)
);

CREATE TABLE orders (
    order_key TEXT NOT NULL,
    sales_channel TEXT NOT NULL,
    order_id TEXT NOT NULL,
    known BOOLEAN DEFAULT false NOT NULL,
    version BIGINT DEFAULT 0 NOT NULL,
    document TEXT,
    related TEXT DEFAULT '[]' NOT NULL,
    order_type TEXT,
    status TEXT,
    shop_status TEXT,
    placed_at BIGINT,
    currency TEXT,
    total_minor BIGINT,
    captured_minor BIGINT,
    refunded_minor BIGINT,
    due_minor BIGINT,
    needs_attention BOOLEAN DEFAULT false NOT NULL,
    attention TEXT[] DEFAULT '{}' NOT NULL,
    updated_at BIGINT,
    PRIMARY KEY (order_key)
)
 WITH (toast_tuple_target = 8160);

CREATE INDEX orders_by_status ON orders (status, placed_at);

CREATE INDEX orders_to_attend ON orders (placed_at) WHERE needs_attention;

CREATE TABLE order_search (
    order_key TEXT NOT NULL,
    sales_channel TEXT NOT NULL,
    order_id TEXT NOT NULL,
    placed_at BIGINT,
    store TEXT,
    account_id TEXT,
    account_name TEXT,
    customer_id TEXT,
    first_name TEXT,
    last_name TEXT,
    email TEXT,
    phone TEXT,
    postcode TEXT,
    address_text TEXT,
    shipping_method TEXT,
    language TEXT,
    checkout_id TEXT,
    original_order_id TEXT,
    root_key TEXT,
    skus TEXT[] DEFAULT '{}' NOT NULL,
    sources TEXT[] DEFAULT '{}' NOT NULL,
    PRIMARY KEY (order_key)
);

CREATE INDEX order_search_by_account ON order_search (account_id, placed_at);

CREATE INDEX order_search_by_age ON order_search (placed_at, order_key);

CREATE INDEX order_search_by_checkout ON order_search (checkout_id) WHERE checkout_id IS NOT NULL;

CREATE INDEX order_search_by_customer ON order_search (customer_id);

CREATE INDEX order_search_by_id ON order_search (order_id);

CREATE INDEX order_search_by_phone ON order_search (phone);

CREATE INDEX order_search_by_postcode ON order_search (postcode);

CREATE INDEX order_search_by_sku ON order_search USING gin (skus);

CREATE INDEX order_search_by_source ON order_search USING gin (sources);

CREATE TABLE checkouts (
    checkout_key TEXT NOT NULL,
    sales_channel TEXT NOT NULL,
    checkout_id TEXT NOT NULL,
    document TEXT,
    related TEXT DEFAULT '[]' NOT NULL,
    kind TEXT,
    account_id TEXT,
    customer_id TEXT,
    order_id TEXT,
    currency TEXT,
    total_minor BIGINT,
    updated_at BIGINT,
    PRIMARY KEY (checkout_key)
)
 WITH (toast_tuple_target = 8160);

CREATE INDEX checkouts_by_customer ON checkouts (customer_id) WHERE customer_id IS NOT NULL;

CREATE INDEX checkouts_by_order ON checkouts (sales_channel, order_id);

CREATE TABLE order_lines (
    order_key TEXT NOT NULL,
    line_number INTEGER NOT NULL,
    sku TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    open INTEGER DEFAULT 0 NOT NULL,
    cancel_asked INTEGER DEFAULT 0 NOT NULL,
    cancelled INTEGER DEFAULT 0 NOT NULL,
    received INTEGER DEFAULT 0 NOT NULL,
    onhold INTEGER DEFAULT 0 NOT NULL,
    picked INTEGER DEFAULT 0 NOT NULL,
    packed INTEGER DEFAULT 0 NOT NULL,
    declined INTEGER DEFAULT 0 NOT NULL,
    shipped INTEGER DEFAULT 0 NOT NULL,
    delivered INTEGER DEFAULT 0 NOT NULL,
    lost INTEGER DEFAULT 0 NOT NULL,
    return_announced INTEGER DEFAULT 0 NOT NULL,
    back_good INTEGER DEFAULT 0 NOT NULL,
    back_damaged INTEGER DEFAULT 0 NOT NULL,
    return_rejected INTEGER DEFAULT 0 NOT NULL,
    value_minor BIGINT NOT NULL,
    refunded_minor BIGINT NOT NULL,
    left_minor BIGINT NOT NULL,
    status TEXT NOT NULL,
    PRIMARY KEY (order_key, line_number),
    CONSTRAINT no_bucket_is_negative CHECK (open >= 0 AND cancel_asked >= 0 AND cancelled >= 0 AND received >= 0 AND onhold >= 0 AND picked >= 0 AND packed >= 0 AND declined >= 0 AND shipped >= 0 AND delivered >= 0 AND lost >= 0 AND return_announced >= 0 AND back_good >= 0 AND back_damaged >= 0 AND return_rejected >= 0),
    CONSTRAINT every_unit_is_somewhere CHECK (open + cancel_asked + cancelled + received + onhold + picked + packed + declined + shipped + delivered + lost + return_announced + back_good + back_damaged + return_rejected = quantity)
);

CREATE TABLE legs (
    leg_id TEXT NOT NULL,
    order_key TEXT NOT NULL,
    refund_id TEXT,
    cancellation_id TEXT,
    payment_ref TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (leg_id),
    CONSTRAINT a_leg_asks_for_money CHECK (amount_minor > 0)
);

CREATE INDEX legs_by_order ON legs (order_key);

CREATE INDEX legs_by_state ON legs (state, updated_at);

CREATE TABLE post_sales (
    entity_id TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    order_key TEXT NOT NULL,
    for_order_key TEXT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT DEFAULT 0 NOT NULL,
    amount_minor BIGINT,
    currency TEXT,
    rma TEXT,
    credit_note TEXT,
    case_id TEXT,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (entity_id)
)
 WITH (toast_tuple_target = 8160);

CREATE INDEX post_sales_by_case ON post_sales (case_id) WHERE case_id IS NOT NULL;

CREATE INDEX post_sales_by_credit_note ON post_sales (credit_note) WHERE credit_note IS NOT NULL;

CREATE INDEX post_sales_by_for_order ON post_sales (for_order_key);

CREATE INDEX post_sales_by_order ON post_sales (order_key);

CREATE INDEX post_sales_by_rma ON post_sales (rma) WHERE rma IS NOT NULL;

CREATE INDEX post_sales_by_state ON post_sales (entity_type, state, updated_at);

INSERT INTO outbox_head DEFAULT VALUES;
