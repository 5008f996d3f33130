-- Clocks, and what figures are made of.

-- "wake_at" is when the desk has to look at a ticket by itself; "due_at" is what people are shown.
-- "channel", "went_to" (faq, people, nobody, spam) and "reopened" are there for the report.
ALTER TABLE tickets ADD COLUMN wake_at {{int}};

ALTER TABLE tickets ADD COLUMN channel {{text}} NOT NULL DEFAULT '';

ALTER TABLE tickets ADD COLUMN went_to {{text}} NOT NULL DEFAULT '';

ALTER TABLE tickets ADD COLUMN reopened {{int}} NOT NULL DEFAULT 0;

UPDATE tickets SET wake_at = due_at, channel = {{body:channel}},
    went_to = CASE WHEN state = 'spam' THEN 'spam' WHEN team IS NOT NULL THEN 'people'
                   WHEN {{body:faq}} IS NOT NULL THEN 'faq' ELSE 'nobody' END;

DROP INDEX tickets_due;

CREATE INDEX tickets_wake ON tickets (wake_at) WHERE wake_at IS NOT NULL;

CREATE INDEX tickets_created ON tickets (created_at, channel, went_to, team, level, reopened);

-- One row for each stay of a ticket with a team: what it took in business time (microseconds), and
-- whether that was too long; NULL where nobody answered, or nothing was set.
CREATE TABLE stays (
    ticket {{int}} NOT NULL,
    began_at {{int}} NOT NULL,
    ended_at {{int}} NOT NULL,
    level {{int}} NOT NULL,
    team {{text}} NOT NULL,
    priority {{text}} NOT NULL,
    ending {{text}} NOT NULL,
    first_took {{int}},
    first_late {{int}},
    took {{int}} NOT NULL,
    late {{int}}
) {{table}};

CREATE INDEX stays_ended ON stays (ended_at);
