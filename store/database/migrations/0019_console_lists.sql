-- What lists and the console read. DATETIME columns hold ISO 8601 UTC text of 24 characters.

-- Service levels in minutes from an incident's creation, as the settings SLA_* say them.
create table service_levels (
  level text primary key,
  minutes real not null
) without rowid;
insert into service_levels values ('critical', 240), ('high', 480), ('low', 4320), ('medium', 1440);

-- When an open incident is due, and from when on it is at risk (75 % of the time); null once it is closed.
alter table incidents add column due_at DATETIME;
alter table incidents add column at_risk_at DATETIME;
update incidents set
  due_at = (select strftime('%Y-%m-%dT%H:%M:%fZ', incidents.created_at, '+' || minutes || ' minutes') from service_levels where level = incidents.risk_level),
  at_risk_at = (select strftime('%Y-%m-%dT%H:%M:%fZ', incidents.created_at, '+' || (minutes * 45) || ' seconds') from service_levels where level = incidents.risk_level)
  where status in ('OPEN', 'IN_PROGRESS');
create index incidents_due on incidents (due_at, created_seq, entity_name, at_risk_at);

create trigger incidents_due_first after insert on incidents when new.status in ('OPEN', 'IN_PROGRESS') begin
  update incidents set
    due_at = (select strftime('%Y-%m-%dT%H:%M:%fZ', new.created_at, '+' || minutes || ' minutes') from service_levels where level = new.risk_level),
    at_risk_at = (select strftime('%Y-%m-%dT%H:%M:%fZ', new.created_at, '+' || (minutes * 45) || ' seconds') from service_levels where level = new.risk_level)
    where id = new.id;
end;
create trigger incidents_due_again after update of status, risk_level on incidents
  when old.status <> new.status or old.risk_level <> new.risk_level begin
  update incidents set
    due_at = case when new.status in ('OPEN', 'IN_PROGRESS') then
      (select strftime('%Y-%m-%dT%H:%M:%fZ', new.created_at, '+' || minutes || ' minutes') from service_levels where level = new.risk_level) end,
    at_risk_at = case when new.status in ('OPEN', 'IN_PROGRESS') then
      (select strftime('%Y-%m-%dT%H:%M:%fZ', new.created_at, '+' || (minutes * 45) || ' seconds') from service_levels where level = new.risk_level) end
    where id = new.id;
end;

-- What is new is counted by entity in the index alone.
drop index incidents_created_at;
create index incidents_created_at on incidents (created_at, created_seq, entity_name);
-- Filters of lists.
create index incidents_owner on incidents (assigned_analyst collate nocase, created_seq);
create index incidents_level on incidents (risk_level, created_seq);
-- What is open, the highest risk first: the list that people work by.
create index incidents_open_risk on incidents (risk_score, created_seq) where closed_at is null;
create index incidents_with_ticket on incidents (created_seq) where external_ticket_id is not null;
create index tickets_key on tickets (remote_key) where remote_key is not null;

-- How many incidents there are of each kind, so that an overview need not count. The key is in ASCII's lower case.
create table incident_counts (
  entity_name text not null collate nocase,
  status text not null,
  risk_level text not null,
  -- 1 = assigned to somebody.
  owned integer not null,
  n integer not null,
  primary key (entity_name, status, risk_level, owned)
) without rowid;
insert into incident_counts select entity_name, status, risk_level, assigned_analyst is not null, count(*) from incidents group by 1, 2, 3, 4;

create trigger incidents_kinds_counted after insert on incidents begin
  insert into incident_counts values (new.entity_name, new.status, new.risk_level, new.assigned_analyst is not null, 1)
    on conflict do update set n = n + 1;
end;
create trigger incidents_kinds_uncounted after delete on incidents begin
  update incident_counts set n = n - 1 where entity_name = old.entity_name and status = old.status and risk_level = old.risk_level
    and owned = (old.assigned_analyst is not null);
end;
create trigger incidents_kinds_recounted after update of status, risk_level, assigned_analyst on incidents
  when old.status <> new.status or old.risk_level <> new.risk_level or (old.assigned_analyst is null) <> (new.assigned_analyst is null) begin
  update incident_counts set n = n - 1 where entity_name = old.entity_name and status = old.status and risk_level = old.risk_level
    and owned = (old.assigned_analyst is not null);
  insert into incident_counts values (new.entity_name, new.status, new.risk_level, new.assigned_analyst is not null, 1)
    on conflict do update set n = n + 1;
end;

-- Detections and new alerts per hour of the appliance's clock; hour = epoch milliseconds / 3,600,000.
create table detection_hours (
  hour integer not null,
  entity_name text not null collate nocase,
  level text not null,
  detections integer not null,
  alerts integer not null,
  primary key (hour, entity_name, level)
) without rowid;

-- Words and facts of alerts, by the alert's id; filled behind intake (decision 28). No content of its own: what is removed is said again.
create virtual table alert_search using fts5 (words, facts, content = '', detail = column, prefix = '2 3',
  tokenize = "ascii tokenchars '-_.$@:/\'");
-- The same of incidents, which change.
create virtual table incident_search using fts5 (words, facts, detail = column, prefix = '2 3', tokenize = "ascii tokenchars '-_.$@:/\'");
-- Incidents whose words are to be indexed anew.
create table search_pending (
  incident_id text primary key
) without rowid;
insert into search_pending select incident_id from incidents order by incident_id;

create trigger incidents_searched after insert on incidents begin
  insert into search_pending values (new.incident_id) on conflict do nothing;
end;
create trigger incidents_searched_anew after update of headline, campaign_id on incidents
  when old.headline is not new.headline or old.campaign_id is not new.campaign_id begin
  insert into search_pending values (new.incident_id) on conflict do nothing;
end;
create trigger incidents_unsearched after delete on incidents begin
  delete from incident_search where rowid = old.id;
  delete from search_pending where incident_id = old.incident_id;
end;
create trigger tickets_searched after update of remote_key on tickets when old.remote_key is not new.remote_key begin
  insert into search_pending select incident_id from incidents where incident_id = new.incident_id order by incident_id on conflict do nothing;
end;

-- What was sent and answered, secrets masked, shortened; null where nothing was.
alter table delivery_attempts add column request_body text;
alter table delivery_attempts add column answer_body text;

-- By which version of the terms both indexes were made, and up to which alert.
create table search_state (
  name text primary key,
  value integer not null
) without rowid;
insert into search_state values ('alerts', 0), ('version', 1);
