-- Entries that agents drafted for the FAQ: which ticket is worth one. Their words are its history.

CREATE TABLE faq_drafts (
    ticket {{int}} PRIMARY KEY,
    at {{int}} NOT NULL,
    by_whom {{text}} NOT NULL,
    state {{text}} NOT NULL,
    entry {{text}} NOT NULL
) {{clustered}};

CREATE INDEX faq_drafts_state ON faq_drafts (state, at);
