-- Actors, incidents and threat cases. DATETIME columns hold ISO 8601 UTC text of 24 characters.

-- An actor from its first evidence, or since its last incident was closed, until its incident is closed. An actor has one current period.
-- What is counted and known of it is in state: a row is written with every batch that concerns the actor, so it has few columns, and
-- indexes only on what seldom changes.
create table actor_periods (
  -- autoincrement: alerts and cases name it, so a number is never used twice.
  id integer primary key autoincrement,
  -- [entity, type, name] as JSON, in the spelling by which they are recognised.
  actor_key text not null,
  current integer not null,
  entity_name text not null,
  incident_id text,
  -- Evidence was added that has not been assessed yet.
  pending integer not null,
  -- When the score of its incident has to be looked at again if nothing happens.
  decay_at DATETIME,
  updated_at DATETIME not null,
  state text not null
);
create unique index actor_periods_current on actor_periods (actor_key) where current = 1;
create index actor_periods_pending on actor_periods (id) where pending = 1;
create index actor_periods_decay on actor_periods (decay_at) where decay_at is not null;

create table incidents (
  id integer primary key,
  incident_id text not null unique,
  period_id integer not null,
  entity_name text not null collate nocase,
  group_key text not null,
  actor_type text not null,
  status text not null,
  risk_score integer not null,
  risk_level text not null,
  last_alarm_time DATETIME,
  assigned_analyst text,
  investigation_notes text,
  resolution_notes text,
  external_ticket_id text,
  external_ticket_url text,
  external_system text,
  created_at DATETIME not null,
  updated_at DATETIME not null,
  closed_at DATETIME,
  -- When the present risk level was reached.
  escalated_at DATETIME not null,
  -- The events that told of its creation and of its last change.
  created_seq integer not null,
  updated_seq integer not null
);
create index incidents_actor on incidents (group_key, entity_name);
create index incidents_created on incidents (created_seq);
create index incidents_updated on incidents (updated_seq);
create index incidents_period on incidents (period_id);
create index incidents_closed on incidents (closed_at) where closed_at is not null;

create table incident_history (
  id integer primary key,
  incident_id text not null,
  at DATETIME not null,
  who text not null,
  action text not null,
  field text,
  old text,
  new text,
  source text not null
);
create index incident_history_incident on incident_history (incident_id);

create table threat_cases (
  id integer primary key,
  case_id text not null unique,
  period_id integer not null,
  entity_name text not null collate nocase,
  case_type text not null,
  status text not null,
  severity text not null,
  primary_user text not null,
  assigned_analyst text,
  investigation_notes text,
  alert_count integer not null,
  rule_count integer not null,
  max_risk_score integer not null,
  affected_hosts text not null,
  first_alert DATETIME not null,
  last_alert DATETIME not null,
  created_at DATETIME not null,
  updated_at DATETIME not null,
  -- The part of the evidence that was the newest when somebody closed it; null while it is active.
  closed_part integer,
  -- It was closed because its incident was.
  closed_with_incident integer not null default 0,
  created_seq integer not null,
  updated_seq integer not null
);
create index threat_cases_period on threat_cases (period_id);
create index threat_cases_user on threat_cases (primary_user, entity_name);
create index threat_cases_created on threat_cases (created_seq);
create index threat_cases_updated on threat_cases (updated_seq);

create table case_history (
  id integer primary key,
  case_id text not null,
  at DATETIME not null,
  who text not null,
  action text not null,
  field text,
  old text,
  new text,
  source text not null
);
create index case_history_case on case_history (case_id);

-- Detections that are no evidence. An empty text stands for any.
create table exceptions (
  id text primary key,
  entity_name text not null,
  rule text not null,
  actor text not null,
  host text not null,
  until DATETIME,
  reason text not null,
  who text not null,
  created_at DATETIME not null
) without rowid;

-- The period that an alert's newest evidence belongs to, and those that it belonged to before.
alter table sigma_alerts add column period_id integer;
create index sigma_alerts_period on sigma_alerts (period_id) where period_id is not null;
create table period_alerts (
  period_id integer not null,
  alert_id integer not null,
  primary key (period_id, alert_id)
) without rowid;
create index period_alerts_alert on period_alerts (alert_id);

alter table alarms add column period_id integer;
create index alarms_period on alarms (period_id) where period_id is not null;

-- Readers who want no alert events find theirs among millions of those.
create index event_log_others on event_log (seq) where kind not in ('alert_first', 'alert_hourly');

-- Nothing read them: what happened when is part of an actor's evidence.
drop table alert_hours;
