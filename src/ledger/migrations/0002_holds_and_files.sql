-- What people ask for beside the schedule, which file was in force, and the history as people read it.

-- A person's timed exception.
CREATE TABLE hold (
    id         INTEGER PRIMARY KEY,
    arn        TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    until      INTEGER NOT NULL,
    created_by TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX hold_by_service ON hold (arn, until);

-- From when on a version of schedule.toml was in force: until the row that follows.
CREATE TABLE config (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    version TEXT    NOT NULL
) STRICT;

-- For people with a prompt: SELECT * FROM history WHERE service = 'python-app' ORDER BY id DESC LIMIT 20;
CREATE VIEW history AS
SELECT change.id AS id,
       strftime('%Y-%m-%dT%H:%M:%S', change.at / 1000000, 'unixepoch')
           || printf('.%06dZ', change.at % 1000000) AS at,
       service.name AS service,
       occurrence.action AS action,
       strftime('%Y-%m-%dT%H:%M:%SZ', occurrence.scheduled / 1000000, 'unixepoch') AS scheduled,
       change.from_state AS from_state,
       change.to_state AS to_state,
       change.operation AS operation,
       change.attempt AS attempt,
       change.error AS error,
       service.arn AS arn
FROM change
JOIN occurrence ON occurrence.id = change.occurrence
JOIN service ON service.id = occurrence.service;
