-- EMAILID of RFC 8474: a copy says whose it is, a message that changed gets one of its own; null: the mid.
ALTER TABLE messages ADD COLUMN email_id INTEGER;
CREATE INDEX messages_by_email ON messages (email_id) WHERE email_id IS NOT NULL;
