-- Subscriptions are names (RFC 9051 6.3.7), which outlive their folders; a folder knows only that it was unsubscribed.
WITH RECURSIVE named (folder_id, name) AS (
  SELECT folder_id, CASE WHEN folder_id = 13 THEN 'INBOX' ELSE replace(name, '/', char(0x2215)) END
    FROM folders WHERE parent_id = 9 AND state = 0
  UNION ALL
  SELECT f.folder_id, n.name || '/' || replace(f.name, '/', char(0x2215))
    FROM folders f JOIN named n ON f.parent_id = n.folder_id WHERE f.state = 0
)
INSERT OR IGNORE INTO subscriptions (name)
  SELECT n.name FROM named n JOIN folders f ON f.folder_id = n.folder_id
    WHERE f.subscribed = 1 AND f.folder_id >= 0x100 AND (SELECT is_public FROM mailbox) = 0;
ALTER TABLE folders RENAME COLUMN subscribed TO unsubscribed;
-- Sent Items, Deleted Items, Inbox, Drafts and Junk were subscribed from birth.
UPDATE folders SET unsubscribed =
  folder_id IN (10, 11, 13, 14, 23) AND NOT unsubscribed AND (SELECT is_public FROM mailbox) = 0;

-- Items of property form, whose octets as mails are not those that their folder counts.
CREATE INDEX messages_of_property_form ON messages (folder_id) WHERE primary_form = 1 AND state = 0;
