-- What the API lists and who may use it. DATETIME columns hold ISO 8601 UTC text of 24 characters.

-- What a list of incidents shows of the actor's activity, so that a page reads no actor's state.
alter table incidents add column alarm_count integer not null default 0;
alter table incidents add column sigma_alert_count integer not null default 0;
alter table incidents add column first_alarm_time DATETIME;
update incidents set
  alarm_count = coalesce((select json_extract(p.state, '$[7][2]') from actor_periods p where p.id = incidents.period_id), 0),
  sigma_alert_count = coalesce((select json_extract(p.state, '$[7][0]') from actor_periods p where p.id = incidents.period_id), 0),
  first_alarm_time = (select strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(p.state, '$[7][5]') / 1000.0, 'unixepoch')
    from actor_periods p where p.id = incidents.period_id);

-- When each was recorded, for readers who come with a time instead of a cursor.
create index incidents_created_at on incidents (created_at, created_seq);
create index incidents_updated_at on incidents (updated_at, updated_seq);
create index threat_cases_created_at on threat_cases (created_at, created_seq);
create index threat_cases_updated_at on threat_cases (updated_at, updated_seq);
create index sigma_alerts_recorded_at on sigma_alerts (recorded_at);
-- Filters that leave few rows of many.
create index incidents_status on incidents (status, created_seq);
create index incidents_entity on incidents (entity_name, created_seq);
create index incidents_risk on incidents (risk_score);
create index incidents_last_alarm on incidents (last_alarm_time);
create index threat_cases_status on threat_cases (status, created_seq);
create index threat_cases_entity on threat_cases (entity_name, created_seq);
create index threat_cases_active on threat_cases (period_id) where status <> 'CLOSED';

-- The newest event that told of an alert: FIRST, then each HOURLY.
alter table sigma_alerts add column last_seq integer;
update sigma_alerts set last_seq = m.seq
  from (select subject, max(seq) as seq from event_log where kind in ('alert_first', 'alert_hourly') group by subject) m
  where m.subject = sigma_alerts.hash;

-- How many there are, so that a page need not count. Statuses only where there are some.
create table row_counts (
  feed text not null,
  entity_name text not null collate nocase,
  status text not null,
  n integer not null,
  primary key (feed, entity_name, status)
) without rowid;
insert into row_counts select 'incidents', entity_name, status, count(*) from incidents group by 2, 3;
insert into row_counts select 'cases', entity_name, status, count(*) from threat_cases group by 2, 3;
insert into row_counts select 'alerts', entity_name, '', sum(n) from
  (select entity_name collate nocase as entity_name, count(*) as n from sigma_alerts group by 1) group by 2;

create trigger incidents_counted after insert on incidents begin
  insert into row_counts values ('incidents', new.entity_name, new.status, 1) on conflict do update set n = n + 1;
end;
create trigger incidents_uncounted after delete on incidents begin
  update row_counts set n = n - 1 where feed = 'incidents' and entity_name = old.entity_name and status = old.status;
end;
create trigger incidents_recounted after update of status on incidents when old.status <> new.status begin
  update row_counts set n = n - 1 where feed = 'incidents' and entity_name = old.entity_name and status = old.status;
  insert into row_counts values ('incidents', new.entity_name, new.status, 1) on conflict do update set n = n + 1;
end;
create trigger cases_counted after insert on threat_cases begin
  insert into row_counts values ('cases', new.entity_name, new.status, 1) on conflict do update set n = n + 1;
end;
create trigger cases_uncounted after delete on threat_cases begin
  update row_counts set n = n - 1 where feed = 'cases' and entity_name = old.entity_name and status = old.status;
end;
create trigger cases_recounted after update of status on threat_cases when old.status <> new.status begin
  update row_counts set n = n - 1 where feed = 'cases' and entity_name = old.entity_name and status = old.status;
  insert into row_counts values ('cases', new.entity_name, new.status, 1) on conflict do update set n = n + 1;
end;

-- What retention took away, for readers whose cursor stands before it: positions are those of the feed's two orders.
create table feed_gaps (
  generation integer primary key,
  feed text not null,
  created_max integer not null,
  updated_max integer not null
);

-- What readers without a cursor have been given, per caller and question.
create table poll_positions (
  caller text not null,
  poll text not null,
  given integer not null,
  confirmed integer not null,
  -- The last question and where its answer began: who asks it again has not had the answer.
  since text not null,
  start integer not null,
  polled_at integer not null,
  primary key (caller, poll)
) without rowid;

create table users (
  id text primary key,
  name text not null unique collate nocase,
  role text not null,
  entities text not null,
  password_hash text not null,
  -- Set by somebody else.
  password_is_initial integer not null,
  -- Part of every access token: another number makes them worthless.
  token_version integer not null,
  -- Encrypted; null without a second factor.
  totp_secret text,
  -- The step of the last code that was used: a code works once.
  totp_step integer not null default 0,
  created_at DATETIME not null,
  disabled_at DATETIME,
  last_login_at DATETIME
) without rowid;

-- A login and the refresh tokens that follow from it: each holds the next number.
create table sessions (
  id text primary key,
  user_id text not null,
  counter integer not null,
  created_at DATETIME not null,
  refreshed_at DATETIME not null,
  address text not null
) without rowid;

create table audit_log (
  id integer primary key autoincrement,
  at DATETIME not null,
  who text not null,
  action text not null,
  target text not null,
  detail text not null,
  address text not null,
  source text not null
);
create index audit_log_at on audit_log (at);
