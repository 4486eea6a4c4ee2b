-- The embedded service's data, schema 1. This file is never changed, since stores were made by it.
-- Dates are ISO 8601 text in UTC, `data` and `body` are JSON as UTF-8 bytes.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,  -- epoch, created
    value TEXT NOT NULL
) WITHOUT ROWID;

-- The Sync objects: documents, lists and maps.
CREATE TABLE object (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again, so that nobody ends up with another's object
    sid              TEXT NOT NULL UNIQUE,
    purpose          TEXT NOT NULL,     -- name of a Purpose
    unique_name      TEXT NOT NULL UNIQUE,
    conversation_sid TEXT,              -- whose it is: a conversation's
    identity         TEXT,              -- or a user's
    last_event_id    INTEGER NOT NULL,
    count            INTEGER NOT NULL,  -- items present
    next_index       INTEGER NOT NULL,  -- of a list
    data             BLOB NOT NULL,     -- of a document
    date_created     TEXT NOT NULL,
    date_updated     TEXT NOT NULL
);

-- Items that are present. Rows are appended with their rowid, so that the long part, data, is written in sequence.
CREATE TABLE item (
    object_id     INTEGER NOT NULL,
    key           NOT NULL,          -- INTEGER in lists, TEXT in maps; no affinity
    created_id    INTEGER NOT NULL,  -- event ids of the object: of its creation
    last_event_id INTEGER NOT NULL,  -- and of its newest change
    name          TEXT,              -- a message's sid
    data          BLOB NOT NULL,
    date_created  TEXT NOT NULL,
    date_updated  TEXT NOT NULL
);
CREATE UNIQUE INDEX item_by_key ON item (object_id, key);
CREATE UNIQUE INDEX item_by_event ON item (object_id, last_event_id);
CREATE INDEX item_by_name ON item (object_id, name) WHERE name IS NOT NULL;

-- Items that were removed: all that a replay has to know of them. Apart from `item`, so that pages, counts and the
-- newest item never have to step over them.
CREATE TABLE tombstone (
    object_id     INTEGER NOT NULL,
    key           NOT NULL,
    last_event_id INTEGER NOT NULL,  -- of the removal
    date          TEXT NOT NULL,
    PRIMARY KEY (object_id, key)
) WITHOUT ROWID;
CREATE UNIQUE INDEX tombstone_by_event ON tombstone (object_id, last_event_id);

-- Removed objects of which items or tombstones are left.
CREATE TABLE garbage (
    object_id INTEGER PRIMARY KEY
);

CREATE TABLE conversation (
    sid          TEXT PRIMARY KEY,
    unique_name  TEXT UNIQUE,
    created_by   TEXT NOT NULL,
    access       TEXT NOT NULL,
    document_id  INTEGER NOT NULL,
    messages_id  INTEGER NOT NULL,
    roster_id    INTEGER NOT NULL,
    date_created TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE member (
    conversation_sid TEXT NOT NULL,
    participant_sid  TEXT NOT NULL,
    identity         TEXT,
    binding          TEXT,
    role_sid         TEXT NOT NULL,
    PRIMARY KEY (conversation_sid, participant_sid)
) WITHOUT ROWID;
CREATE UNIQUE INDEX member_by_identity ON member (identity, conversation_sid) WHERE identity IS NOT NULL;
CREATE INDEX member_by_binding ON member (binding) WHERE binding IS NOT NULL;

CREATE TABLE user (
    identity     TEXT PRIMARY KEY,
    sid          TEXT NOT NULL UNIQUE,
    info_id      INTEGER NOT NULL,
    channels_id  INTEGER NOT NULL,
    date_created TEXT NOT NULL
) WITHOUT ROWID;

-- What mutations were answered with. By rowid they are in the order of time, which is what purging goes by.
CREATE TABLE mutation (
    id          INTEGER PRIMARY KEY,
    identity    TEXT NOT NULL,
    mutation_id TEXT NOT NULL,
    status      INTEGER NOT NULL,
    body        BLOB NOT NULL,
    date        TEXT NOT NULL
);
CREATE UNIQUE INDEX mutation_by_id ON mutation (identity, mutation_id);
