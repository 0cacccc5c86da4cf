-- Detections in, alerts out. DATETIME columns hold ISO 8601 UTC text of 24 characters, so that text order is time order.

create table meta (
  key text primary key,
  value text not null
) without rowid;

-- One row for equal detections. first_seen and last_seen are the detections' own time; the others the appliance's.
create table sigma_alerts (
  id integer primary key,
  hash text not null unique,
  entity_name text not null,
  rule_id text not null,
  rule_title text not null,
  rule_author text not null,
  level text not null,
  tags text not null,
  user_name text not null,
  host text not null,
  src_ip text not null,
  risk integer not null,
  ml_cluster integer not null,
  count integer not null,
  sent_count integer not null,
  first_seen DATETIME not null,
  last_seen DATETIME not null,
  recorded_at DATETIME not null,
  updated_at DATETIME not null,
  last_message_at DATETIME not null,
  first_seq integer not null
);
-- Alerts with occurrences that no message has told yet: the hourly tick reads nothing else.
create index sigma_alerts_untold on sigma_alerts (last_message_at) where count > sent_count;

-- The newest log of an alert that occurred again; until then the log of its first event is the newest.
create table alert_logs (
  alert_id integer primary key,
  body text not null
);

-- Occurrences per hour of the appliance's clock; hour = epoch milliseconds / 3,600,000.
create table alert_hours (
  alert_id integer not null,
  hour integer not null,
  count integer not null,
  primary key (alert_id, hour)
) without rowid;

-- Ids that make a detection idempotent, remembered for seven days; day = epoch milliseconds / 86,400,000.
create table detection_ids (
  key text primary key,
  day integer not null
) without rowid;
create index detection_ids_day on detection_ids (day);

-- SIEM alarms.
create table alarms (
  id integer primary key,
  entity_name text not null collate nocase,
  alarm_id text not null,
  name text not null,
  rbp integer not null,
  alarm_time DATETIME not null,
  user_name text not null,
  host text not null,
  src_ip text not null,
  recorded_at DATETIME not null,
  unique (entity_name, alarm_id)
);

-- Everything that happened, in order. autoincrement: a sequence number is never used twice, whatever is pruned.
-- body is last, so that readers who do not need the log do not read its pages. at = epoch milliseconds.
create table event_log (
  seq integer primary key autoincrement,
  at integer not null,
  kind text not null,
  subject text not null,
  entity_name text not null,
  data text not null,
  body text
);

create table reader_positions (
  reader text primary key,
  position integer not null,
  updated_at DATETIME not null,
  -- Events that passed the retention limit before this reader had them.
  expired integer not null default 0
) without rowid;

-- One row per Idempotency-Key: how many records of the batch are in, and what they came to.
create table ingest_batches (
  owner text not null,
  idempotency_key text not null,
  body_sha256 text not null,
  done integer not null,
  progress text not null,
  answer text,
  at DATETIME not null,
  primary key (owner, idempotency_key)
) without rowid;

create table api_keys (
  id text primary key,
  name text not null,
  prefix text not null,
  sha256 text not null unique,
  scopes text not null,
  entities text not null,
  created_at DATETIME not null,
  expires_at DATETIME,
  revoked_at DATETIME,
  last_used_at DATETIME
) without rowid;
