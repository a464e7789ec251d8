-- What a client keeps in the mailbox of its user about public folders: which messages the user has read there, as
-- the change numbers that the public store told ([MS-OXCSTOR] 3.2.5.10 to 3.2.5.13).
CREATE TABLE per_user (
  folder BLOB PRIMARY KEY,                -- GID of the public folder, 22 octets
  database BLOB NOT NULL,                 -- GUID of the public store that told it, 16 octets
  read_cns BLOB NOT NULL,                 -- a serialised IDSET by REPLGUID
  written_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX per_user_by_database ON per_user (database);
