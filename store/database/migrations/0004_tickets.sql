-- Tickets in other systems. DATETIME columns hold ISO 8601 UTC text of 24 characters.

-- The ledger: at most one ticket per incident, system and generation, whatever fails. A row is there before the first request.
create table tickets (
  id integer primary key autoincrement,
  incident_id text not null,
  entity_name text not null collate nocase,
  system text not null,
  generation integer not null,
  -- What the target calls it, from the moment it is known.
  remote_id text,
  remote_key text,
  url text,
  created_at DATETIME not null,
  updated_at DATETIME not null,
  unique (incident_id, system, generation)
);

-- What has to be sent, in order per ticket.
create table deliveries (
  seq integer primary key autoincrement,
  id text not null unique,
  ticket_id integer not null,
  kind text not null,
  state text not null,
  payload text,
  attempts integer not null default 0,
  lookups integer not null default 0,
  hint text,
  next_attempt_at integer not null,
  cause text,
  detail text,
  trigger text not null,
  who text not null,
  created_at DATETIME not null,
  updated_at DATETIME not null
);
create index deliveries_due on deliveries (next_attempt_at) where state in ('planned', 'unknown', 'sending');
create index deliveries_ticket on deliveries (ticket_id, seq);
create index deliveries_state on deliveries (state, seq);

-- Every request and every look at a target, with what it said; never a secret.
create table delivery_attempts (
  id integer primary key,
  delivery_id text not null,
  at DATETIME not null,
  duration_ms integer not null,
  action text not null,
  request text not null,
  status integer,
  outcome text not null,
  words text not null
);
create index delivery_attempts_delivery on delivery_attempts (delivery_id, id);

-- What was saved by API or console: the environment's names; secrets are encrypted.
create table saved_settings (
  name text primary key,
  value text not null,
  secret integer not null,
  who text not null,
  at DATETIME not null
) without rowid;

-- The last connection test of each section.
create table connection_tests (
  section text primary key,
  at DATETIME not null,
  ok integer not null,
  steps text not null
) without rowid;
