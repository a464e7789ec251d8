-- Mails that are kept and were not scanned yet (gromox/store/unscanned.py): their state is 2, what their content says
-- stands neither in their row nor in structures, headers and search_texts.
ALTER TABLE counters ADD COLUMN unscanned INTEGER NOT NULL DEFAULT 0;
CREATE INDEX messages_unscanned ON messages (folder_id, uid) WHERE state = 2;

-- Nobody but IMAP saw such a mail: with its scan it comes.
DROP TRIGGER messages_birth;
CREATE TRIGGER messages_birth AFTER UPDATE OF cn, state ON messages
WHEN (NEW.cn <> OLD.cn OR NEW.state <> OLD.state) AND OLD.state <> 2
BEGIN
  UPDATE messages SET birth_cn =
    CASE WHEN OLD.state = 1 AND NEW.state = 0 THEN NULL ELSE coalesce(OLD.birth_cn, OLD.cn) END
  WHERE mid = NEW.mid;
END;
