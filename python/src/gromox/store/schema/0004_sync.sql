-- Synchronisation and notifications.

-- The cn with which an object came, once it has another one (a trigger sees to it); null: cn.
ALTER TABLE messages ADD COLUMN birth_cn INTEGER;
ALTER TABLE folders ADD COLUMN birth_cn INTEGER;
CREATE TRIGGER messages_birth AFTER UPDATE OF cn, state ON messages
WHEN NEW.cn <> OLD.cn OR NEW.state <> OLD.state
BEGIN
  UPDATE messages SET birth_cn =
    CASE WHEN OLD.state = 1 AND NEW.state = 0 THEN NULL ELSE coalesce(OLD.birth_cn, OLD.cn) END
  WHERE mid = NEW.mid;
END;
CREATE TRIGGER folders_birth AFTER UPDATE OF cn, state ON folders
WHEN NEW.cn <> OLD.cn OR NEW.state <> OLD.state
BEGIN
  UPDATE folders SET birth_cn =
    CASE WHEN OLD.state = 1 AND NEW.state = 0 THEN NULL ELSE coalesce(OLD.birth_cn, OLD.cn) END
  WHERE folder_id = NEW.folder_id;
END;

ALTER TABLE messages ADD COLUMN arrived INTEGER NOT NULL DEFAULT 0;  -- 1: it came by delivery

-- What MAPI sees as content, though IMAP keeps it with the flags: as of cn. Keyword set times 256 plus flags.
ALTER TABLE messages ADD COLUMN marks INTEGER NOT NULL DEFAULT 0;
CREATE INDEX messages_marked ON messages (folder_id, uid) WHERE marks <> 0;
CREATE TABLE marks_seen (                 -- up to which modseq the marks of a folder's messages were looked at
  folder_id INTEGER PRIMARY KEY REFERENCES folders (folder_id) ON DELETE CASCADE,
  cn INTEGER NOT NULL
);

CREATE INDEX folders_by_touched ON folders (touched);

-- Which messages became which by one move or copy; pruned like tombstones.
CREATE TABLE transfers (
  cn INTEGER NOT NULL,                    -- of the transaction
  source_id INTEGER NOT NULL,
  target_id INTEGER NOT NULL,
  moved INTEGER NOT NULL,
  source_ids BLOB NOT NULL,               -- 8 octets each
  target_ids BLOB NOT NULL,
  PRIMARY KEY (cn, source_id, target_id, moved)
) WITHOUT ROWID;

-- Ids that clients said they will never use ([MS-OXCFXICS] 2.2.3.2.4.8), and those they deleted before we knew
-- them: none of these may come to be.
CREATE TABLE unused_ids (
  first INTEGER PRIMARY KEY,
  last INTEGER NOT NULL
) WITHOUT ROWID;
