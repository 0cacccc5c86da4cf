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
