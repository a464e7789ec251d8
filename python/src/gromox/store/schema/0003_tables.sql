-- Tables, searches and search folders.

-- What contents tables are mostly sorted by: live, normal messages, with nothing else in the way.
CREATE INDEX messages_live_by_received ON messages (folder_id, received_time) WHERE state = 0 AND associated = 0;
DROP INDEX messages_by_received;
CREATE INDEX messages_by_deletion ON messages (folder_id, associated) WHERE state = 1 OR associated = 1;

-- Search folders that are being filled: which folder of the scope, and from which message on.
CREATE TABLE search_backlog (
  folder_id INTEGER NOT NULL REFERENCES search_folders (folder_id) ON DELETE CASCADE,
  included_id INTEGER NOT NULL,
  next_mid INTEGER NOT NULL,
  PRIMARY KEY (folder_id, included_id)
) WITHOUT ROWID;
