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
