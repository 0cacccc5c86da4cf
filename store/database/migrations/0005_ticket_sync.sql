-- Tickets kept in step with their incidents, both ways. DATETIME columns hold ISO 8601 UTC text, other times epoch milliseconds.

-- What the ticket was last told of the risk: level, and when it was told of a change (null = never since it was made).
alter table tickets add column told_level text;
alter table tickets add column told_at DATETIME;
-- A level has changed: when the cadence gate is asked.
alter table tickets add column gate_at integer;

-- What is known of the ticket in the target.
alter table tickets add column remote_status text;
alter table tickets add column remote_assignee text;
alter table tickets add column remote_updated integer;
alter table tickets add column remote_stamp text;
alter table tickets add column merged_into text;
-- The target answered for it; it was noticed that it is gone; it is finished since.
alter table tickets add column polled_at DATETIME;
alter table tickets add column gone_at DATETIME;
alter table tickets add column ended_at DATETIME;
-- When it is read again (null = not any more), and how often that failed.
alter table tickets add column read_at integer;
alter table tickets add column read_failures integer not null default 0;

create index tickets_read on tickets (system, read_at) where read_at is not null;
create index tickets_gate on tickets (gate_at) where gate_at is not null;
create index tickets_remote on tickets (system, remote_id) where remote_id is not null;

-- What an update says, and what its last request asked for.
alter table deliveries add column content text;
alter table deliveries add column asked text;

-- Comments and work notes that are known: ours, and those that have come in.
create table ticket_comments (
  ticket_id integer not null,
  remote_id text not null,
  ours integer not null,
  primary key (ticket_id, remote_id)
) without rowid;

-- Tickets from before are read soon, and have been told the level that their incident has.
update tickets set read_at = 0 where remote_id is not null;
update tickets set told_level = (select i.risk_level from incidents i where i.incident_id = tickets.incident_id);
