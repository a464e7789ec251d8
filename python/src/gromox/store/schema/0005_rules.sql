-- What rules and automatic replies send: it stands here when the delivery that caused it is committed, and goes
-- when it is in the queue. The mail is the prefix and, if there is one, the content behind it.
CREATE TABLE outgoing (
  outgoing_id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,             -- the same mail has the same token, however often it is handed over
  sender TEXT NOT NULL,                   -- reverse-path; empty: the null one
  recipients TEXT NOT NULL,               -- separated by line feeds
  delegated_for TEXT NOT NULL DEFAULT '',
  prefix BLOB NOT NULL,
  content_id INTEGER,
  created_at INTEGER NOT NULL
);

-- Whom a rule with ST_KEEP_OOF_HIST has answered ([MS-OXORULE] 3.2.5.1.1).
CREATE TABLE rule_answers (
  rule_id INTEGER NOT NULL,
  peer TEXT NOT NULL,
  PRIMARY KEY (rule_id, peer)
) WITHOUT ROWID;

-- Extended rules are associated messages of their folder.
CREATE INDEX messages_associated ON messages (folder_id, message_class) WHERE associated = 1 AND state = 0;
