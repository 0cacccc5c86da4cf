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

-- What the evidence of an incident touched, by which others are found.
create table incident_traces (
  entity_key text not null,
  kind text not null,
  value text not null,
  incident_id text not null,
  -- Six hours: epoch milliseconds / 21,600,000.
  block integer not null,
  first_at integer not null,
  last_at integer not null,
  primary key (entity_key, kind, value, block, incident_id)
) without rowid;
create index incident_traces_incident on incident_traces (incident_id);
