-- How many actors of an entity a rule had fired on in the 14 days before each day, in the detections' own time: 32 days in a row, as a
-- JSON list. The entity is normalised, the rule its key in evidence; an empty rule stands for any, so its numbers are those of all actors.
create table rule_actors (
  entity text not null,
  rule text not null,
  -- Epoch days / 32.
  block integer not null,
  counts text not null,
  -- When they were last changed: days of the appliance's clock.
  updated_day integer not null,
  primary key (entity, rule, block)
) without rowid;
create index rule_actors_updated on rule_actors (updated_day);

-- Titles of new rules that a ticket was not told of yet, a line each.
alter table tickets add column untold_rules text;
