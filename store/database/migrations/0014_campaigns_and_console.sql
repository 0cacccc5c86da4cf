-- Campaigns, outbreaks, names, sessions of the console, and what its lists need.

-- Campaigns: incidents of one attack, whoever and wherever it touches. Incidents are never merged: they carry the same campaign_id.
-- DATETIME columns hold ISO 8601 UTC text of 24 characters; columns *_at of type integer are epoch milliseconds of detections' own time.
create table campaigns (
  -- CMP- and 8 hexadecimal digits.
  campaign_id text primary key,
  entity_name text not null collate nocase,
  -- The older campaign that this one became a part of; null = it stands for itself.
  joined_into text,
  created_at DATETIME not null,
  updated_at DATETIME not null
) without rowid;
create index campaigns_joined on campaigns (joined_into) where joined_into is not null;

alter table incidents add column campaign_id text;
create index incidents_campaign on incidents (campaign_id) where campaign_id is not null;

-- Why two incidents are one campaign.
create table campaign_links (
  campaign_id text not null,
  incident_id text not null,
  other_id text not null,
  -- host, logon, process, movement, crown_jewel, outbreak, name.
  kind text not null,
  -- What they share, as analysts read it: a host, an account, a rule.
  what text not null,
  -- When, in the detections' own time.
  seen_at integer not null,
  primary key (incident_id, other_id, kind, what)
) without rowid;
create index campaign_links_campaign on campaign_links (campaign_id);
create index campaign_links_other on campaign_links (other_id);

-- What the evidence of an incident touched, by which others are found.
create table incident_traces (
  -- The entity, normalised.
  entity_key text not null,
  -- host, user, account, logon, process, peer, address, peer_address, crown_jewel.
  kind text not null,
  value text not null,
  -- Six hours of the detections' own time: epoch milliseconds / 21,600,000; of crown jewels ten minutes.
  block integer not null,
  incident_id text not null,
  -- The value as it is read: a host with its domain, the title of a rule.
  name text not null,
  first_at integer not null,
  last_at integer not null,
  -- Of detections: the highest level, from 0 (informational) to 4 (critical).
  level integer not null,
  primary key (entity_key, kind, value, block, incident_id)
) without rowid;
create index incident_traces_incident on incident_traces (incident_id);

-- How far the evidence of an incident has been looked at.
create table campaign_looks (
  incident_id text primary key,
  -- updated_at of its period then; '' where it could not be read.
  state_at DATETIME not null,
  looked_at DATETIME not null,
  -- Looks that failed, one after the other.
  failures integer not null,
  -- 1: of an actor whom many share, so that it joins others and does not join others to each other.
  is_shared integer not null,
  -- The alerts whose logs were read: ids, a JSON list.
  alerts text not null
) without rowid;

-- What happened before is not looked at: the reader of an upgraded file starts at the end of its log, that of a new one at the beginning.
insert into reader_positions (reader, position, updated_at)
  select 'campaigns', seq, '1970-01-01T00:00:00.000Z' from sqlite_sequence where name = 'event_log' and seq > 0 order by seq;

-- The same rule on many hosts within minutes. Columns *_at of type integer are epoch milliseconds: seen_at, first_at and last_at of the
-- detections' own time, the others of the appliance's.
create table outbreak_sightings (
  -- In the order in which they were noted.
  id integer primary key,
  -- Normalised, like the rule's key in evidence and the host and user as actors are.
  entity_key text not null,
  rule_key text not null,
  host text not null,
  -- '' where there is none, or where it is a machine's, the system's or shared.
  user_name text not null,
  seen_at integer not null,
  -- Whose evidence it is: once that period is over, it counts no more.
  period_id integer not null,
  -- Days of the appliance's clock.
  noted_day integer not null,
  unique (entity_key, rule_key, seen_at, host, user_name)
);

create table outbreaks (
  id integer primary key,
  entity_name text not null,
  entity_key text not null,
  rule_key text not null,
  rule_title text not null,
  -- waiting: whether an earlier host comes; open: it has an incident; none: it is what an account does by itself; over: its evidence is gone.
  state text not null,
  first_at integer not null,
  last_at integer not null,
  -- A JSON list, in order of their first sighting; as many as that.
  hosts text not null,
  host_count integer not null,
  -- The incident it made; null while there is none.
  incident_id text,
  -- When five hosts were known, and when it was last looked at or told.
  formed_at integer not null,
  updated_at integer not null,
  -- When to look at it next; null = when another host comes.
  due_at integer
);
create index outbreaks_incident on outbreaks (incident_id);
create index outbreaks_rule on outbreaks (entity_key, rule_key);
create index outbreaks_due on outbreaks (due_at) where due_at is not null;

-- The one row has the last alert that was looked at; what is there already makes no outbreak after an upgrade.
create table outbreak_position (
  alert_id integer not null
);
insert into outbreak_position values ((select coalesce(max(id), 0) from sigma_alerts));

-- An outbreak that a ticket was not told of yet, as JSON.
alter table tickets add column untold_outbreak text;

-- One ticket for a campaign (decision 26). Which ticket leads is not stored: it follows from the tickets that there are.

-- Which incidents a ticket was told of.
create table campaign_told (
  ticket_id integer not null,
  incident_id text not null,
  told_at DATETIME not null,
  -- The note that tells it.
  delivery_id text not null,
  -- The incident was closed with the ticket, and is reopened with it.
  closed_at DATETIME,
  primary key (ticket_id, incident_id)
) without rowid;
create index campaign_told_incident on campaign_told (incident_id);
create index campaign_told_delivery on campaign_told (delivery_id);

-- A create by auto-push waits until the reader of campaigns has passed the event that called for it; null = it waits for none.
alter table deliveries add column after_seq integer;
create index deliveries_after on deliveries (after_seq) where state = 'planned' and after_seq is not null;
-- A person asked for it: it is never put off because of a campaign.
alter table deliveries add column wanted integer not null default 0;

-- Campaigns of which something has changed that decides about tickets; until that was looked at, none of their creates by auto-push is begun.
create table campaign_changes (campaign_id text primary key) without rowid;

create trigger incidents_of_campaign after update of campaign_id, status, risk_level on incidents
  when (new.campaign_id is not null or old.campaign_id is not null)
    and (new.campaign_id is not old.campaign_id or new.status <> old.status or new.risk_level <> old.risk_level) begin
  insert into campaign_changes select value from json_each(json_array(new.campaign_id, old.campaign_id)) where value is not null order by 1
    on conflict do nothing;
end;
create trigger deliveries_of_campaign after insert on deliveries when new.kind = 'create' begin
  insert into campaign_changes select i.campaign_id from tickets t join incidents i on i.incident_id = t.incident_id
    where t.id = new.ticket_id and i.campaign_id is not null order by 1
    on conflict do nothing;
end;
create trigger deliveries_of_campaign_moved after update of state on deliveries
  when new.state <> old.state and new.kind in ('create', 'status') begin
  insert into campaign_changes select i.campaign_id from tickets t join incidents i on i.incident_id = t.incident_id
    where t.id = new.ticket_id and i.campaign_id is not null order by 1
    on conflict do nothing;
end;
create trigger notes_of_campaign_moved after update of state on deliveries
  when new.state <> old.state and new.kind = 'comment' and new.state in ('planned', 'parked', 'dead', 'discarded') begin
  insert into campaign_changes select i.campaign_id from campaign_told c join incidents i on i.incident_id = c.incident_id
    where c.delivery_id = new.id and i.campaign_id is not null order by 1
    on conflict do nothing;
end;
create trigger tickets_of_campaign after update of remote_id, gone_at, ended_at on tickets
  when new.remote_id is not old.remote_id or new.gone_at is not old.gone_at or new.ended_at is not old.ended_at begin
  insert into campaign_changes select i.campaign_id from incidents i where i.incident_id = new.incident_id and i.campaign_id is not null order by 1
    on conflict do nothing;
end;

-- Who is who: names of hosts, accounts and domains, and what each of them is known as.
-- Whoever writes has all of it in memory, so a name has one row without an index that would say so: rows are added at the end, which is cheap.
create table name_joins (
  -- Grows with each name that is new or has come to stand for another.
  change integer primary key,
  -- The entity in the spelling by which it is recognised.
  entity_key text not null,
  -- host, account or domain.
  kind text not null,
  -- A host without UNC and domain prefix; name@domain or a SID; a domain, or the part of SIDs that is its own. Lower case, but for rows that this
  -- file makes below.
  name text not null,
  -- The name of its actor, or of its domain; its own where it stands for itself.
  known_as text not null,
  -- By what it was shown.
  why text not null,
  -- The last day on which it was seen, epoch milliseconds / 86,400,000.
  seen_day integer not null
);

-- One row.
create table name_state (
  id integer primary key check (id = 1),
  -- The last change.
  changes integer not null
);
insert into name_state values (1, 0);

-- Actors that are there keep their names: each host its own, and the account of the domain that its first alert names that of its user.
insert into name_joins (entity_key, kind, name, known_as, why, seen_day)
  select json_extract(actor_key, '$[0]'), 'host', json_extract(actor_key, '$[2]'), json_extract(actor_key, '$[2]'), 'found',
    cast(julianday(updated_at) - 2440587.5 as integer)
  from actor_periods where current = 1 and json_extract(actor_key, '$[1]') = 'host' order by id desc limit 50000;

insert into name_joins (entity_key, kind, name, known_as, why, seen_day)
  select json_extract(p.actor_key, '$[0]'), 'account', trim(a.user_name), json_extract(p.actor_key, '$[2]'), 'first domain',
    cast(julianday(p.updated_at) - 2440587.5 as integer)
  from actor_periods p join sigma_alerts a on a.id = (select min(s.id) from sigma_alerts s where s.period_id = p.id
    and (instr(s.user_name, '\') > 0 or instr(s.user_name, '@') > 0 or instr(s.user_name, '/') > 0))
  where p.current = 1 and json_extract(p.actor_key, '$[1]') = 'user' order by p.id desc limit 50000;

update name_state set changes = (select coalesce(max(change), 0) from name_joins);

-- Sign-ins of the console: a cookie's SHA-256, never the cookie.
create table console_sessions (
  sha256 text primary key,
  user_id text not null,
  -- The user's at the sign-in: once the user has another one, the session is over.
  token_version integer not null,
  created_at DATETIME not null,
  seen_at DATETIME not null,
  address text not null
) without rowid;
create index console_sessions_user on console_sessions (user_id);

-- How a person is called in lists and histories; null = by the login.
alter table users add column display_name text;

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

-- The statements that write incidents set both times themselves; what writes a row otherwise is put right.
create trigger incidents_due_first after insert on incidents when new.status in ('OPEN', 'IN_PROGRESS') and new.due_at is null begin
  update incidents set
    due_at = (select strftime('%Y-%m-%dT%H:%M:%fZ', new.created_at, '+' || minutes || ' minutes') from service_levels where level = new.risk_level),
    at_risk_at = (select strftime('%Y-%m-%dT%H:%M:%fZ', new.created_at, '+' || (minutes * 45) || ' seconds') from service_levels where level = new.risk_level)
    where id = new.id;
end;
create trigger incidents_due_again after update of status, risk_level on incidents
  when (old.status <> new.status or old.risk_level <> new.risk_level) and old.due_at is new.due_at begin
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
