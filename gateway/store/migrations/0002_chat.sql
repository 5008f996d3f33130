-- What chat channels need: bursts, conversations, parts that lean on earlier ones, pacing, and
-- rooms that got another id.

-- Events of one burst are read as one.
ALTER TABLE inbox ADD COLUMN burst {{text}} NOT NULL DEFAULT '';

-- "anchor" is the id of an earlier row that this one edits, or goes under. "paced" is 1 while
-- "due_at" is a turn that its channel's rates have set aside for it.
ALTER TABLE outbox ADD COLUMN anchor {{text}} NOT NULL DEFAULT '';

ALTER TABLE outbox ADD COLUMN paced {{int}} NOT NULL DEFAULT 0;

-- With the channel in it, rows of a channel that is busy are passed over without a look at them.
DROP INDEX outbox_due;

CREATE INDEX outbox_due ON outbox (due_at, position, channel)
    WHERE head = 1 AND state IN ('queued', 'retry', 'uncertain');

-- Which ticket a conversation was about last, and when.
CREATE TABLE conversations (
    key {{text}} PRIMARY KEY,
    ticket {{int}} NOT NULL,
    at {{int}} NOT NULL
) {{clustered}};

-- The turns of the last sends, as JSON, by channel or room and rate.
CREATE TABLE paces (
    key {{text}} PRIMARY KEY,
    turns {{text}} NOT NULL,
    last {{int}} NOT NULL
) {{clustered}};

CREATE INDEX paces_last ON paces (last);

-- Rooms that moved: "before" is written in rule files and old rows, "after" is where it is now.
CREATE TABLE moves (
    channel {{text}} NOT NULL,
    before {{text}} NOT NULL,
    after {{text}} NOT NULL,
    PRIMARY KEY (channel, before)
) {{clustered}};
