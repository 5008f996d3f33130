-- One person on two channels: a mail address, and accounts on chat.

-- A code that was mailed and shall come back on chat; "digest" is a keyed hash of it.
CREATE TABLE link_codes (
    kind {{text}} NOT NULL,
    address {{text}} NOT NULL,
    mail {{text}} NOT NULL,
    digest {{text}} NOT NULL,
    ends_at {{int}} NOT NULL,
    PRIMARY KEY (kind, address)
) {{clustered}};

CREATE INDEX link_codes_end ON link_codes (ends_at);

-- Accounts that are linked with a mail address.
CREATE TABLE links (
    kind {{text}} NOT NULL,
    address {{text}} NOT NULL,
    mail {{text}} NOT NULL,
    at {{int}} NOT NULL,
    PRIMARY KEY (kind, address)
) {{clustered}};

CREATE INDEX links_mail ON links (mail);
