-- What operators see of users, API keys and the audit log.

-- Where somebody last signed in from; null = never, or before this was noted.
alter table users add column last_login_from text;
-- A JSON list of the SHA-256 of each recovery code that is left; a code works once, in place of one of the authenticator app.
alter table users add column recovery_codes text not null default '[]';

-- Who made a key ("command line" for `rhythmx key create`), null = it was not noted; and where it was last used from.
alter table api_keys add column created_by text;
alter table api_keys add column last_used_from text;

-- Lists of the audit log go from the newest entry on, by any of these; `at` alone has an index already.
alter table audit_log add column outcome text generated always as (
  case
    when action in ('login.refused', 'login.token_reused', 'user.password_refused', 'key.refused') then 'refused'
    when detail ->> 'ok' = 0 or coalesce(detail ->> 'refused', 0) > 0 then 'failed'
    else 'done'
  end
) virtual;
-- `login` of `login.refused`.
alter table audit_log add column kind text generated always as (substr(action, 1, instr(action || '.', '.') - 1)) virtual;
create index audit_log_who on audit_log (who collate nocase, at);
create index audit_log_action on audit_log (action, at);
create index audit_log_kind on audit_log (kind, at);
create index audit_log_target on audit_log (target collate nocase, at);
create index audit_log_source on audit_log (source, at);
create index audit_log_outcome on audit_log (outcome, at);

-- Of a node of a cluster: the last record of the cluster's log that is in this file, written in the commit of that record; no row = it is in none.
create table applied (
  id integer primary key check (id = 1),
  cluster text not null,
  seq integer not null,
  epoch integer not null,
  -- Over this record and all before it.
  chain text not null
);

-- What stands still, by cause: tens of thousands after an outage are grouped and counted without their rows.
create index deliveries_standing on deliveries (state, cause, system, updated_at) where state in ('parked', 'dead');
