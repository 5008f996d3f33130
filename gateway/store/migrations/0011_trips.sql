-- On PostgreSQL, the mark of the last transaction of each connection: while it is found there, that
-- transaction was committed. The number of one that a crash undid may be given to another one.

CREATE TABLE trips (
    connection {{int}} PRIMARY KEY,
    mark {{text}} NOT NULL
) {{table}};
