-- What became of every transition of every service.
--
-- Instants are microseconds since 1970 in UTC, durations are microseconds: PostgreSQL counts the same, it reaches past
-- the last year of any schedule (nanoseconds end in 2262), and it sorts. The view `history` shows them to people.
-- Words (actions, states) are spelt as in the log.

-- A service that ever had an occurrence, and its latest one: a start reads one row a service, however long the history.
CREATE TABLE service (
    id     INTEGER PRIMARY KEY,
    arn    TEXT NOT NULL UNIQUE,
    name   TEXT NOT NULL,
    latest INTEGER REFERENCES occurrence (id)
) STRICT;

-- One service's copy of a transition, as its last change left it.
CREATE TABLE occurrence (
    id                INTEGER PRIMARY KEY,
    service           INTEGER NOT NULL REFERENCES service (id),
    action            TEXT    NOT NULL,
    scheduled         INTEGER NOT NULL,
    state             TEXT    NOT NULL,
    operation         TEXT,
    attempts          INTEGER NOT NULL,
    failed_operations INTEGER NOT NULL,
    unsure_since      INTEGER,
    changed_at        INTEGER NOT NULL,
    UNIQUE (service, action, scheduled)
) STRICT;

-- Trimming asks which occurrences are old, and may delete one only if no service calls it its latest.
CREATE INDEX occurrence_by_age ON occurrence (changed_at);
CREATE INDEX service_by_latest ON service (latest);

-- Every change of every occurrence, in the order in which they were recorded. Rows are added, never changed.
CREATE TABLE change (
    id                INTEGER PRIMARY KEY,
    occurrence        INTEGER NOT NULL REFERENCES occurrence (id) ON DELETE CASCADE,
    at                INTEGER NOT NULL,
    from_state        TEXT    NOT NULL,
    to_state          TEXT    NOT NULL,
    severity          TEXT    NOT NULL,
    operation         TEXT,
    attempt           INTEGER NOT NULL,
    failed_operations INTEGER NOT NULL,
    unsure_since      INTEGER,
    error             TEXT,
    retry_in          INTEGER,
    late              INTEGER,
    -- The same change written again, after a write whose end nobody saw, is one row.
    UNIQUE (occurrence, at, from_state, to_state)
) STRICT;
