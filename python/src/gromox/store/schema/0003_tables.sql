-- Tables, searches and search folders.

-- What contents tables are mostly sorted by: live, normal messages, with nothing else in the way.
CREATE INDEX messages_live_by_received ON messages (folder_id, received_time) WHERE state = 0 AND associated = 0;
DROP INDEX messages_by_received;
CREATE INDEX messages_by_deletion ON messages (folder_id, associated) WHERE state = 1 OR associated = 1;

ALTER TABLE search_members ADD COLUMN unread INTEGER NOT NULL DEFAULT 0;

-- Search folders that are being filled: which folders of their scope have not been looked at yet.
CREATE TABLE search_backlog (
  folder_id INTEGER NOT NULL REFERENCES search_folders (folder_id) ON DELETE CASCADE,
  included_id INTEGER NOT NULL,
  PRIMARY KEY (folder_id, included_id)
) WITHOUT ROWID;

-- How far the full text of each folder is indexed: messages with a higher cn are not in text_index yet.
CREATE TABLE text_index_folders (
  folder_id INTEGER PRIMARY KEY REFERENCES folders (folder_id) ON DELETE CASCADE,
  cn INTEGER NOT NULL
);
-- Messages whose text is longer than what is indexed: always looked at.
CREATE TABLE text_index_partial (
  mid INTEGER PRIMARY KEY REFERENCES messages (mid) ON DELETE CASCADE,
  folder_id INTEGER NOT NULL
);
CREATE INDEX text_index_partial_by_folder ON text_index_partial (folder_id);
-- Casefolded texts of attachments, compressed: a search that the index lets through is decided here.
CREATE TABLE attachment_texts (
  mid INTEGER PRIMARY KEY REFERENCES messages (mid) ON DELETE CASCADE,
  packed BLOB NOT NULL
);
