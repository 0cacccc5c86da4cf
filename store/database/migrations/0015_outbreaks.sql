-- The same rule on many hosts within minutes. *_at columns of type integer are epoch milliseconds: seen_at of the detections' own time, the others of the appliance's.
create table outbreak_sightings (
  entity_key text not null,
  rule_key text not null,
  host text not null,
  -- Normalised; '' where there is none, or where it is a machine's or the system's.
  user_name text not null,
  seen_at integer not null,
  primary key (entity_key, rule_key, seen_at, host, user_name)
) without rowid;

create table outbreaks (
  id integer primary key,
  entity_name text not null,
  rule_key text not null,
  rule_title text not null,
  first_at integer not null,
  last_at integer not null,
  -- A JSON list, in order of their first sighting.
  hosts text not null,
  -- The incident it made; null while it is waited whether an earlier host comes.
  incident_id text,
  formed_at integer not null,
  updated_at integer not null
);
create index outbreaks_incident on outbreaks (incident_id);
create index outbreaks_rule on outbreaks (entity_name, rule_key);
