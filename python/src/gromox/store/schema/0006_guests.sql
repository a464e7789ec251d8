-- Mailboxes for more than one user.

-- What a reader of a public store has read, newest last.
CREATE INDEX read_states_by_reader ON read_states (username, read_cn);

-- Mailboxes of others that the owner is subscribed to, by the names that IMAP shows.
CREATE TABLE subscriptions (
  name TEXT PRIMARY KEY
) WITHOUT ROWID;

-- RFC 5464. Entries below /private are those of one user; /shared ones have no username. folder_id 0: the mailbox.
DROP TABLE annotations;
CREATE TABLE annotations (
  folder_id INTEGER NOT NULL,
  username TEXT NOT NULL,                 -- casefolded; '': shared by all
  entry TEXT NOT NULL,                    -- in lower case
  cn INTEGER NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (folder_id, username, entry)
) WITHOUT ROWID;
CREATE INDEX annotations_of_use ON annotations (username, folder_id) WHERE entry = '/private/specialuse';
