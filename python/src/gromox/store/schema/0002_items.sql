-- Items of property form.

-- Values that are too large for the packed properties of their message: bodies, headers, pictures. Texts are kept
-- as UTF-8, everything else as the octets that it is.
CREATE TABLE large_values (
  mid INTEGER NOT NULL REFERENCES messages (mid) ON DELETE CASCADE,
  proptag INTEGER NOT NULL,
  size INTEGER NOT NULL,                  -- octets of the content
  content_id INTEGER NOT NULL,
  PRIMARY KEY (mid, proptag)
) WITHOUT ROWID;

-- Items that IMAP has a UID for, and has not seen.
CREATE INDEX fetch_rows_unseen ON fetch_rows (folder_id, uid) WHERE content_id IS NULL;

ALTER TABLE messages ADD COLUMN creator TEXT NOT NULL DEFAULT '';          -- login name; '': it was delivered
ALTER TABLE messages ADD COLUMN message_status INTEGER NOT NULL DEFAULT 0; -- [MS-OXCMSG] 2.2.1.8
ALTER TABLE messages ADD COLUMN message_flags INTEGER NOT NULL DEFAULT 0;  -- bits of 2.2.1.6 that stand nowhere else
ALTER TABLE messages ADD COLUMN rendered_cn INTEGER;                       -- property form: cn whose mail IMAP was shown

ALTER TABLE folders ADD COLUMN committed_time INTEGER NOT NULL DEFAULT 0;  -- of the last change of anything in it
