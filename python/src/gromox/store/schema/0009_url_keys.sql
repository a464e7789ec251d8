-- Secrets with which URLs of messages are signed (RFC 4467 2.2): one for each user and folder; none: nothing was signed.
CREATE TABLE url_keys (
  folder_id INTEGER NOT NULL,
  username TEXT NOT NULL,                 -- casefolded
  key BLOB NOT NULL,
  PRIMARY KEY (folder_id, username)
) WITHOUT ROWID;
