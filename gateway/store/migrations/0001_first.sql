-- The desk's tables. Times are microseconds since 1970 in UTC; JSON stands in text.
-- Rows of inbox, outbox, tickets and their history are emptied by erasure, never deleted.

-- One row for each stored event. "head" is 1 on the oldest unfinished row of a lane: only heads are
-- handed out, so a long lane costs nothing. "ready_at" is when the row may be claimed: 0 or a delay
-- while it is new, the end of the lease while it is claimed.
CREATE TABLE inbox (
    id {{id}},
    channel {{text}} NOT NULL,
    lane {{text}} NOT NULL,
    state {{text}} NOT NULL,
    head {{int}} NOT NULL,
    ready_at {{int}} NOT NULL,
    fence {{int}} NOT NULL,
    holder {{text}} NOT NULL,
    attempts {{int}} NOT NULL,
    received_at {{int}} NOT NULL,
    done_at {{int}},
    size {{int}} NOT NULL,
    outcome {{text}},
    reason {{text}} NOT NULL,
    effect {{text}},
    ticket {{int}},
    keys {{text}} NOT NULL,
    facts {{text}} NOT NULL
) {{table}};

CREATE INDEX inbox_lane ON inbox (lane, id) WHERE state IN ('new', 'claimed');

CREATE INDEX inbox_ready ON inbox (id, ready_at) WHERE head = 1 AND state IN ('new', 'claimed');

CREATE INDEX inbox_aside ON inbox (id) WHERE state = 'quarantined';

CREATE UNIQUE INDEX inbox_effect ON inbox (effect) WHERE effect IS NOT NULL;

-- The bytes as they came, in chunks: "piece" is the row's id times 4096, plus the chunk's number.
CREATE TABLE inbox_bytes (
    piece {{int}} PRIMARY KEY,
    bytes {{blob}} NOT NULL
) {{table}};

-- Every offer key that was ever stored.
CREATE TABLE inbox_keys (
    key {{text}} PRIMARY KEY,
    inbox {{int}} NOT NULL
) {{clustered}};

-- How far each receiver has read.
CREATE TABLE cursors (
    key {{text}} PRIMARY KEY,
    value {{text}} NOT NULL
) {{clustered}};

-- Tickets as they stand; "kind" and "address" are the requester's, "body" holds the rest.
CREATE TABLE tickets (
    number {{int}} PRIMARY KEY,
    version {{int}} NOT NULL,
    state {{text}} NOT NULL,
    level {{int}} NOT NULL,
    team {{text}},
    kind {{text}} NOT NULL,
    address {{text}} NOT NULL,
    created_at {{int}} NOT NULL,
    updated_at {{int}} NOT NULL,
    due_at {{int}},
    body {{text}} NOT NULL
) {{table}};

CREATE INDEX tickets_of_person ON tickets (kind, address, number)
    WHERE state IN ('asking', 'open', 'waiting');

CREATE INDEX tickets_open ON tickets (updated_at) WHERE state IN ('asking', 'open', 'waiting');

CREATE INDEX tickets_changed ON tickets (updated_at);

CREATE INDEX tickets_due ON tickets (due_at) WHERE due_at IS NOT NULL;

-- History, which only grows.
CREATE TABLE ticket_events (
    ticket {{int}} NOT NULL,
    seq {{int}} NOT NULL,
    at {{int}} NOT NULL,
    kind {{text}} NOT NULL,
    visibility {{text}} NOT NULL,
    by_whom {{text}} NOT NULL,
    inbox {{int}},
    body {{text}} NOT NULL,
    text {{text}} NOT NULL,
    PRIMARY KEY (ticket, seq)
) {{clustered}};

-- Which ticket a platform's message belongs to.
CREATE TABLE message_refs (
    ref {{text}} PRIMARY KEY,
    ticket {{int}} NOT NULL
) {{clustered}};

CREATE TABLE people (
    kind {{text}} NOT NULL,
    address {{text}} NOT NULL,
    name {{text}} NOT NULL,
    language {{text}},
    automatic_at {{int}},
    dead {{text}},
    PRIMARY KEY (kind, address)
) {{clustered}};

-- Spendings, summed up by twentieths of their window ("span", in microseconds).
CREATE TABLE budgets (
    key {{text}} NOT NULL,
    span {{int}} NOT NULL,
    bucket {{int}} NOT NULL,
    spent {{int}} NOT NULL,
    ends_at {{int}} NOT NULL,
    PRIMARY KEY (key, span, bucket)
) {{clustered}};

CREATE INDEX budgets_end ON budgets (ends_at);

-- One row for each part on its way out, in the order of "position". "head" as in the inbox.
CREATE TABLE outbox (
    position {{id}},
    id {{text}} NOT NULL UNIQUE,
    channel {{text}} NOT NULL,
    destination {{text}} NOT NULL,
    lane {{text}} NOT NULL,
    ticket {{int}},
    state {{text}} NOT NULL,
    head {{int}} NOT NULL,
    due_at {{int}},
    lease_until {{int}} NOT NULL,
    fence {{int}} NOT NULL,
    attempts {{int}} NOT NULL,
    was_uncertain {{int}} NOT NULL,
    automatic {{int}} NOT NULL,
    created_at {{int}} NOT NULL,
    size {{int}} NOT NULL,
    code {{text}} NOT NULL,
    reason {{text}} NOT NULL,
    external_id {{text}} NOT NULL,
    facts {{text}} NOT NULL
) {{table}};

CREATE INDEX outbox_lane ON outbox (lane, position)
    WHERE state IN ('queued', 'wire', 'retry', 'uncertain');

CREATE INDEX outbox_due ON outbox (due_at, position)
    WHERE head = 1 AND state IN ('queued', 'retry', 'uncertain');

CREATE INDEX outbox_wire ON outbox (lease_until) WHERE state = 'wire';

CREATE INDEX outbox_aside ON outbox (position) WHERE state IN ('held', 'dead');

-- The frozen bytes of a row, in chunks, as in inbox_bytes.
CREATE TABLE outbox_bytes (
    piece {{int}} PRIMARY KEY,
    bytes {{blob}} NOT NULL
) {{table}};

-- What became of every attempt to send, with the redacted talk.
CREATE TABLE attempts (
    position {{int}} NOT NULL,
    seq {{int}} NOT NULL,
    at {{int}} NOT NULL,
    state {{text}} NOT NULL,
    code {{text}} NOT NULL,
    reason {{text}} NOT NULL,
    exchange {{text}} NOT NULL,
    PRIMARY KEY (position, seq)
) {{clustered}};

-- Stored files by the digest of their bytes.
CREATE TABLE files (
    id {{id}},
    digest {{text}} NOT NULL UNIQUE
) {{table}};

CREATE TABLE file_bytes (
    piece {{int}} PRIMARY KEY,
    bytes {{blob}} NOT NULL
) {{table}};

CREATE TABLE leases (
    key {{text}} PRIMARY KEY,
    holder {{text}} NOT NULL,
    fence {{int}} NOT NULL,
    expires_at {{int}} NOT NULL
) {{clustered}};

CREATE TABLE secrets (
    id {{id}},
    value {{blob}} NOT NULL,
    created_at {{int}} NOT NULL
) {{table}};

-- The number that is given out next.
CREATE TABLE counters (
    name {{text}} PRIMARY KEY,
    value {{int}} NOT NULL
) {{clustered}};

INSERT INTO counters (name, value) VALUES ('ticket', 1001);
