-- The mailbox database. See docs in gromox/store/__init__.py; times are FILETIMEs (100 ns since 1601) where the
-- name ends in _time, unix seconds where it ends in _at or _date; cn is a change number.

-- One row: who this mailbox is.
CREATE TABLE mailbox (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  guid BLOB NOT NULL,
  mapping_signature BLOB NOT NULL,
  is_public INTEGER NOT NULL,
  owner TEXT NOT NULL,                    -- login name, or the domain of a public store
  owner_id INTEGER NOT NULL,              -- user or domain id: the source of change key GUIDs
  locale TEXT NOT NULL,
  default_rights INTEGER NOT NULL,
  anonymous_rights INTEGER NOT NULL,
  created_time INTEGER NOT NULL
);

-- One row: what every write transaction moves on.
CREATE TABLE counters (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  change_number INTEGER NOT NULL,         -- last one given out
  hierarchy_cn INTEGER NOT NULL,          -- of the last folder made, renamed, moved or deleted
  next_object_id INTEGER NOT NULL,
  next_local_id INTEGER NOT NULL,         -- 0x100 to 0xffff: objects that bring their own id
  article_number INTEGER NOT NULL,
  normal_size INTEGER NOT NULL,           -- octets; live messages
  associated_size INTEGER NOT NULL,
  deleted_size INTEGER NOT NULL,          -- soft-deleted ones
  message_count INTEGER NOT NULL,
  tombstone_floor INTEGER NOT NULL        -- a client that knows less than this cn has to start anew
);

CREATE TABLE store_properties (
  proptag INTEGER PRIMARY KEY,
  value BLOB NOT NULL
);

CREATE TABLE folders (
  folder_id INTEGER PRIMARY KEY,
  parent_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,                 -- normalised and casefolded
  container_class TEXT NOT NULL,
  kind INTEGER NOT NULL,                  -- 0 root, 1 generic, 2 search
  hidden INTEGER NOT NULL DEFAULT 0,
  subscribed INTEGER NOT NULL DEFAULT 0,
  state INTEGER NOT NULL DEFAULT 0,       -- 0 live, 1 soft-deleted
  cn INTEGER NOT NULL,                    -- of its own properties
  touched INTEGER NOT NULL,               -- of the last transaction that wrote this row
  uid_validity INTEGER NOT NULL,
  uid_next INTEGER NOT NULL DEFAULT 1,
  highest_modseq INTEGER NOT NULL,
  recent_from INTEGER NOT NULL DEFAULT 1, -- UIDs from here on are \Recent for the next session
  total INTEGER NOT NULL DEFAULT 0,
  unread INTEGER NOT NULL DEFAULT 0,
  size INTEGER NOT NULL DEFAULT 0,
  associated_total INTEGER NOT NULL DEFAULT 0,
  associated_size INTEGER NOT NULL DEFAULT 0,
  deleted_total INTEGER NOT NULL DEFAULT 0,
  deleted_size INTEGER NOT NULL DEFAULT 0,
  created_time INTEGER NOT NULL,
  modified_time INTEGER NOT NULL,
  deleted_at INTEGER,
  change_key BLOB,                        -- foreign XID; null: our GUID and cn
  predecessors BLOB,
  properties BLOB                         -- the others, packed
);
CREATE UNIQUE INDEX folders_by_name ON folders (parent_id, name_key) WHERE state = 0;

-- One row a message, embedded ones and associated ones too: what list views of MAPI, EWS, EAS, DAV and JMAP show.
CREATE TABLE messages (
  mid INTEGER PRIMARY KEY,
  folder_id INTEGER NOT NULL,             -- 0: embedded
  uid INTEGER,                            -- null: associated or embedded
  associated INTEGER NOT NULL DEFAULT 0,
  state INTEGER NOT NULL DEFAULT 0,       -- 0 live, 1 soft-deleted
  cn INTEGER NOT NULL,                    -- of its content; that of its flags stands in the block
  flags INTEGER NOT NULL DEFAULT 0,       -- only while not in a block: associated, embedded, soft-deleted
  keyword_set INTEGER NOT NULL DEFAULT 0, -- likewise
  size INTEGER NOT NULL,
  internal_date INTEGER NOT NULL,
  internal_zone INTEGER NOT NULL,         -- minutes east of UTC
  received_time INTEGER NOT NULL,
  sent_time INTEGER,
  created_time INTEGER NOT NULL,
  modified_time INTEGER NOT NULL,
  saved_at INTEGER NOT NULL,              -- when it came to this folder (RFC 8514)
  deleted_at INTEGER,
  content_id INTEGER,                     -- the RFC 5322 form, if it has one
  primary_form INTEGER NOT NULL DEFAULT 0,-- 0 RFC 5322, 1 properties (content_id is then a rendering)
  has_attachment INTEGER NOT NULL DEFAULT 0,
  importance INTEGER NOT NULL DEFAULT 1,
  sensitivity INTEGER NOT NULL DEFAULT 0,
  message_id_hash INTEGER,
  message_class TEXT NOT NULL DEFAULT 'IPM.Note',
  subject TEXT NOT NULL DEFAULT '',
  normalized_subject TEXT NOT NULL DEFAULT '',
  sender_name TEXT NOT NULL DEFAULT '',
  sender_address TEXT NOT NULL DEFAULT '',
  display_to TEXT NOT NULL DEFAULT '',
  display_cc TEXT NOT NULL DEFAULT '',
  display_bcc TEXT NOT NULL DEFAULT '',
  conversation_id BLOB,
  parent_attachment_id INTEGER,           -- of an embedded message
  group_id INTEGER,                       -- [MS-OXCFXICS] 2.2.2.7 of partial item changes
  timer_id INTEGER,                       -- deferred send
  change_key BLOB,                        -- foreign XID; null: our GUID and cn
  predecessors BLOB,
  properties BLOB                         -- the others, packed
);
CREATE INDEX messages_by_cn ON messages (folder_id, cn);
CREATE INDEX messages_by_received ON messages (folder_id, received_time);
CREATE INDEX messages_deleted ON messages (folder_id, deleted_at) WHERE state = 1;
CREATE INDEX messages_embedded ON messages (parent_attachment_id) WHERE parent_attachment_id IS NOT NULL;
CREATE INDEX messages_by_conversation ON messages (conversation_id) WHERE conversation_id IS NOT NULL;
CREATE INDEX messages_timed ON messages (timer_id) WHERE timer_id IS NOT NULL;

-- UIDs, flags and modseqs of up to 1024 messages a row. Null uids: consecutive. Null modseqs: all modseq_base;
-- else 4 octets each to be added to it. Flags come first so that a flag change dirties few pages.
CREATE TABLE flag_blocks (
  block_id INTEGER PRIMARY KEY,
  folder_id INTEGER NOT NULL,
  first_uid INTEGER NOT NULL,
  changed INTEGER NOT NULL,               -- cn of the last change of anything in the row
  modseq_base INTEGER NOT NULL,
  flags BLOB NOT NULL,
  modseqs BLOB,
  keyword_sets BLOB,                      -- 4 octets each; null: none has keywords
  uids BLOB
);
CREATE UNIQUE INDEX flag_blocks_by_uid ON flag_blocks (folder_id, first_uid);

CREATE TABLE keyword_sets (
  keyword_set INTEGER PRIMARY KEY,        -- 0 is the empty set and has no row
  names TEXT NOT NULL UNIQUE              -- sorted, separated by spaces
);

-- Narrow tables in (folder, uid) order: a FETCH is a range scan of one of them.
CREATE TABLE fetch_rows (
  folder_id INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  mid INTEGER NOT NULL,
  content_id INTEGER,                     -- as in messages; saves bodies a lookup
  size INTEGER NOT NULL,
  internal_date BLOB NOT NULL,            -- ready, with quotes
  envelope BLOB NOT NULL,
  PRIMARY KEY (folder_id, uid)
) WITHOUT ROWID;
CREATE TABLE structures (
  folder_id INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  bodystructure BLOB NOT NULL,
  body BLOB NOT NULL,
  parts BLOB NOT NULL,
  message_id BLOB NOT NULL,
  preview TEXT NOT NULL,
  PRIMARY KEY (folder_id, uid)
) WITHOUT ROWID;
CREATE TABLE headers (
  folder_id INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  header BLOB NOT NULL,
  PRIMARY KEY (folder_id, uid)
) WITHOUT ROWID;
CREATE TABLE search_texts (
  folder_id INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  size INTEGER NOT NULL,
  internal_day INTEGER NOT NULL,          -- days since 1970 in the date's own zone
  sent_day INTEGER,
  subject TEXT NOT NULL,                  -- this and the following decoded and casefolded
  senders TEXT NOT NULL,
  recipients TEXT NOT NULL,
  copies TEXT NOT NULL,
  blind_copies TEXT NOT NULL,
  PRIMARY KEY (folder_id, uid)
) WITHOUT ROWID;

-- Contents without a row in shares have one reference; those with one have `extra` more. (A count in the row
-- itself would rewrite the content on every copy.)
CREATE TABLE contents (
  content_id INTEGER PRIMARY KEY,
  size INTEGER NOT NULL,
  storage INTEGER NOT NULL,               -- 0 inline, 1 plain file P-*, 2 zstd file S-*
  hash BLOB,                              -- SHA3-256 of those in files, which are kept once; names the file
  data BLOB
);
CREATE UNIQUE INDEX contents_by_hash ON contents (hash) WHERE hash IS NOT NULL;
CREATE TABLE content_shares (
  content_id INTEGER PRIMARY KEY,
  extra INTEGER NOT NULL
);

CREATE TABLE recipients (
  mid INTEGER PRIMARY KEY REFERENCES messages (mid) ON DELETE CASCADE,
  packed BLOB NOT NULL
);
CREATE TABLE attachments (
  attachment_id INTEGER PRIMARY KEY,
  mid INTEGER NOT NULL REFERENCES messages (mid) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  method INTEGER NOT NULL,
  size INTEGER NOT NULL,
  content_id INTEGER,
  properties BLOB NOT NULL
);
CREATE UNIQUE INDEX attachments_by_message ON attachments (mid, number);
CREATE TABLE partial_changes (
  mid INTEGER NOT NULL REFERENCES messages (mid) ON DELETE CASCADE,
  cn INTEGER NOT NULL,
  groups BLOB NOT NULL,
  proptags BLOB NOT NULL,
  PRIMARY KEY (mid, cn)
) WITHOUT ROWID;

-- What went away: one row for all objects that left a folder by one change. For folders, folder_id is the parent.
CREATE TABLE tombstones (
  folder_id INTEGER NOT NULL,
  cn INTEGER NOT NULL,
  object INTEGER NOT NULL,                -- 0 message, 1 associated message, 2 folder
  kind INTEGER NOT NULL,                  -- 0 soft, 1 hard, 2 moved away
  at INTEGER NOT NULL,
  ids BLOB NOT NULL,                      -- 8 octets each
  uids BLOB,                              -- 4 octets each, ascending
  PRIMARY KEY (folder_id, cn, object, kind)
) WITHOUT ROWID;
CREATE INDEX tombstones_by_cn ON tombstones (cn);

CREATE TABLE permissions (
  member_id INTEGER PRIMARY KEY,
  folder_id INTEGER NOT NULL REFERENCES folders (folder_id) ON DELETE CASCADE,
  username TEXT NOT NULL,                 -- casefolded; 'default'; '' is anonymous
  rights INTEGER NOT NULL
);
CREATE UNIQUE INDEX permissions_by_folder ON permissions (folder_id, username);
CREATE INDEX permissions_by_user ON permissions (username, folder_id);

CREATE TABLE rules (
  rule_id INTEGER PRIMARY KEY,
  folder_id INTEGER NOT NULL REFERENCES folders (folder_id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  state INTEGER NOT NULL,
  level INTEGER,
  user_flags INTEGER,
  name TEXT,
  provider TEXT NOT NULL,
  provider_data BLOB,
  condition BLOB NOT NULL,
  actions BLOB NOT NULL
);
CREATE INDEX rules_by_folder ON rules (folder_id, sequence);

CREATE TABLE named_properties (
  propid INTEGER PRIMARY KEY,
  name_string TEXT NOT NULL UNIQUE
);
CREATE TABLE replicas (
  replid INTEGER PRIMARY KEY,
  guid BLOB NOT NULL UNIQUE
);
CREATE TABLE local_id_ranges (
  first INTEGER PRIMARY KEY,
  last INTEGER NOT NULL,
  allocated_at INTEGER NOT NULL
);
CREATE TABLE receive_folders (
  message_class TEXT PRIMARY KEY COLLATE NOCASE,
  folder_id INTEGER NOT NULL REFERENCES folders (folder_id) ON DELETE CASCADE,
  modified_time INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE search_folders (
  folder_id INTEGER PRIMARY KEY REFERENCES folders (folder_id) ON DELETE CASCADE,
  flags INTEGER NOT NULL,
  status INTEGER NOT NULL,
  criteria BLOB NOT NULL
);
CREATE TABLE search_scopes (
  folder_id INTEGER NOT NULL REFERENCES search_folders (folder_id) ON DELETE CASCADE,
  included_id INTEGER NOT NULL,
  PRIMARY KEY (folder_id, included_id)
) WITHOUT ROWID;
CREATE INDEX search_scopes_by_included ON search_scopes (included_id);
CREATE TABLE search_members (
  folder_id INTEGER NOT NULL,
  mid INTEGER NOT NULL,
  PRIMARY KEY (folder_id, mid)
) WITHOUT ROWID;
CREATE INDEX search_members_by_message ON search_members (mid);

CREATE TABLE read_states (                -- of public stores: who has read what
  mid INTEGER NOT NULL,
  username TEXT NOT NULL,
  read_cn INTEGER NOT NULL,
  is_read INTEGER NOT NULL,
  PRIMARY KEY (mid, username)
) WITHOUT ROWID;

CREATE TABLE sync_states (
  protocol TEXT NOT NULL,                 -- eas, ews, dav, jmap
  device TEXT NOT NULL,
  collection TEXT NOT NULL,
  generation INTEGER NOT NULL,
  modified_at INTEGER NOT NULL,
  state BLOB NOT NULL,
  PRIMARY KEY (protocol, device, collection, generation)
) WITHOUT ROWID;
CREATE TABLE locks (                      -- RFC 4918 6
  token TEXT PRIMARY KEY,
  resource TEXT NOT NULL,
  owner TEXT NOT NULL,
  depth INTEGER NOT NULL,
  shared INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX locks_by_resource ON locks (resource);

CREATE TABLE annotations (                -- RFC 5464; folder 0: the mailbox
  folder_id INTEGER NOT NULL,
  entry TEXT NOT NULL COLLATE NOCASE,
  value BLOB NOT NULL,
  PRIMARY KEY (folder_id, entry)
) WITHOUT ROWID;

CREATE TABLE deliveries (                 -- exactly once: tokens of what the queue handed in
  token TEXT PRIMARY KEY,
  delivered_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX deliveries_by_time ON deliveries (delivered_at);
CREATE TABLE autoreplies (
  peer TEXT PRIMARY KEY,
  sent_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Full text: rowid is the mid. Kept by gromox-midb from the change log up to text_index_state.cn.
CREATE VIRTUAL TABLE text_index USING fts5(text, content='', detail='none', tokenize='trigram');
CREATE TABLE text_index_state (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  cn INTEGER NOT NULL
);
INSERT INTO text_index_state VALUES (1, 0);
