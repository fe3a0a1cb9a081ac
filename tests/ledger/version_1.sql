-- A ledger as version 1 left it: one service whose resume is followed. Never edited, for it stands for files out there.
PRAGMA foreign_keys = OFF;
BEGIN TRANSACTION;
CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL, execution_time BIGINT NOT NULL);
INSERT INTO "_sqlx_migrations" VALUES(1,'occurrences','2027-01-01 00:00:00',1,X'088F097F3F93915848721EDC0D08602D83FE46F0CB394EA80DD80595765B9F6FF110E8504FFC674CA7E66499B0EC5504',1000000);
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
INSERT INTO "change" VALUES(1,1,1798761600000000,'due','calling','info',NULL,1,0,1798761540000000,NULL,NULL,1234);
INSERT INTO "change" VALUES(2,1,1798761602000000,'calling','tracking','info','op-1',1,0,NULL,NULL,NULL,NULL);
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
INSERT INTO "occurrence" VALUES(1,1,'resume',1798761600000000,'tracking','op-1',1,0,NULL,1798761602000000);
CREATE TABLE service (
    id     INTEGER PRIMARY KEY,
    arn    TEXT NOT NULL UNIQUE,
    name   TEXT NOT NULL,
    latest INTEGER REFERENCES occurrence (id)
) STRICT;
INSERT INTO "service" VALUES(1,'arn:aws:apprunner:eu-west-1:123456789012:service/service-000001/00000000000000000000000000000001','service 1',1);
CREATE INDEX occurrence_by_age ON occurrence (changed_at);
CREATE INDEX service_by_latest ON service (latest);
COMMIT;
