-- Schema 2: what schema 1 lacks. A new store gets both; one of schema 1 gets this when it is opened.

-- Devices that push notifications go to.
CREATE TABLE registration (
    sid          TEXT PRIMARY KEY,
    identity     TEXT NOT NULL,
    channel_type TEXT NOT NULL,  -- fcm, apn
    address      TEXT NOT NULL,  -- of the device
    data         BLOB NOT NULL,  -- the registration as it was asked for
    date_created TEXT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX registration_by_address ON registration (identity, channel_type, address);

-- Content templates, in the order in which they are listed.
CREATE TABLE template (
    position INTEGER PRIMARY KEY,
    sid      TEXT NOT NULL UNIQUE,
    data     BLOB NOT NULL
);

-- How far a message has come on its way to one participant.
CREATE TABLE receipt (
    id                  INTEGER PRIMARY KEY,  -- the order in which they are listed
    sid                 TEXT NOT NULL UNIQUE,
    conversation_sid    TEXT NOT NULL,
    message_sid         TEXT NOT NULL,
    participant_sid     TEXT NOT NULL,
    channel_message_sid TEXT NOT NULL,
    status              TEXT NOT NULL,
    error_code          INTEGER,
    date_created        TEXT NOT NULL,
    date_updated        TEXT NOT NULL
);
CREATE UNIQUE INDEX receipt_by_message ON receipt (conversation_sid, message_sid, participant_sid);

-- Whom messages were addressed to.
CREATE TABLE recipient (
    id               INTEGER PRIMARY KEY,  -- the order in which they are listed
    conversation_sid TEXT NOT NULL,
    message_sid      TEXT NOT NULL,
    data             BLOB NOT NULL
);
CREATE INDEX recipient_by_message ON recipient (conversation_sid, message_sid);

-- What channels tell of messages.
CREATE TABLE channel_metadata (
    conversation_sid TEXT NOT NULL,
    message_sid      TEXT NOT NULL,
    data             BLOB NOT NULL,
    PRIMARY KEY (conversation_sid, message_sid)
) WITHOUT ROWID;

-- Media. The bytes of an upload are a file beside the store, named by the sid.
CREATE TABLE media (
    sid              TEXT PRIMARY KEY,
    author           TEXT NOT NULL,
    category         TEXT NOT NULL,     -- media, body, history
    content_type     TEXT NOT NULL,     -- as it was declared
    served_type      TEXT NOT NULL,     -- as it may be shown to browsers
    filename         TEXT,
    size             INTEGER NOT NULL,
    content          BLOB,              -- the bytes, where they are few and no file
    conversation_sid TEXT,              -- of the message it is attached to
    message_sid      TEXT,
    date_created     TEXT NOT NULL,
    date_updated     TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX media_by_message ON media (conversation_sid, message_sid) WHERE conversation_sid IS NOT NULL;
CREATE INDEX media_unattached ON media (date_created) WHERE conversation_sid IS NULL;

-- How many bytes the media of an author take; of the empty identity, those of all.
CREATE TABLE media_usage (
    identity TEXT PRIMARY KEY,
    bytes    INTEGER NOT NULL
) WITHOUT ROWID;

-- Removed conversations of which media are left.
CREATE TABLE media_garbage (
    conversation_sid TEXT PRIMARY KEY
) WITHOUT ROWID;
