-- Queries that run while the appliance serves read no whole table, however much there is in it.

-- The system of its ticket, so that what waits for one system is found without looking at what waits for another.
alter table deliveries add column system text not null default '';
update deliveries set system = (select t.system from tickets t where t.id = deliveries.ticket_id);
create trigger deliveries_of_system after insert on deliveries when new.system = '' begin
  update deliveries set system = (select t.system from tickets t where t.id = new.ticket_id) where seq = new.seq;
end;
drop index deliveries_due;
create index deliveries_waiting on deliveries (system, next_attempt_at, seq) where state in ('planned', 'unknown');

-- How many deliveries there are of each entity, system and state, and how many tickets.
create table delivery_counts (
  entity_name text not null collate nocase,
  system text not null,
  state text not null,
  n integer not null,
  primary key (entity_name, system, state)
) without rowid;
insert into delivery_counts
  select t.entity_name, t.system, d.state, count(*) from deliveries d join tickets t on t.id = d.ticket_id group by 1, 2, 3;
create trigger deliveries_counted after insert on deliveries begin
  insert into delivery_counts select t.entity_name, t.system, new.state, 1 from tickets t where t.id = new.ticket_id
    on conflict do update set n = n + 1;
end;
create trigger deliveries_uncounted before delete on deliveries begin
  update delivery_counts set n = n - 1 where state = old.state
    and (entity_name, system) = (select t.entity_name, t.system from tickets t where t.id = old.ticket_id);
end;
create trigger deliveries_recounted after update of state on deliveries when old.state <> new.state begin
  update delivery_counts set n = n - 1 where state = old.state
    and (entity_name, system) = (select t.entity_name, t.system from tickets t where t.id = new.ticket_id);
  insert into delivery_counts select t.entity_name, t.system, new.state, 1 from tickets t where t.id = new.ticket_id
    on conflict do update set n = n + 1;
end;

create table ticket_counts (
  entity_name text not null collate nocase,
  system text not null,
  n integer not null,
  -- Of those that exist in the target: how many, how many are gone from there, how many could not be read the last time.
  known integer not null,
  gone integer not null,
  unreadable integer not null,
  primary key (entity_name, system)
) without rowid;
insert into ticket_counts
  select entity_name, system, count(*), count(remote_id), sum(remote_id is not null and gone_at is not null),
    sum(remote_id is not null and read_failures > 0)
  from tickets group by 1, 2;
create trigger tickets_counted after insert on tickets begin
  insert into ticket_counts values (new.entity_name, new.system, 1, new.remote_id is not null,
      new.remote_id is not null and new.gone_at is not null, new.remote_id is not null and new.read_failures > 0)
    on conflict do update set n = n + 1, known = known + excluded.known, gone = gone + excluded.gone,
      unreadable = unreadable + excluded.unreadable;
end;
create trigger tickets_uncounted after delete on tickets begin
  update ticket_counts set n = n - 1, known = known - (old.remote_id is not null),
      gone = gone - (old.remote_id is not null and old.gone_at is not null),
      unreadable = unreadable - (old.remote_id is not null and old.read_failures > 0)
    where entity_name = old.entity_name and system = old.system;
end;
create trigger tickets_recounted after update of remote_id, gone_at, read_failures on tickets begin
  update ticket_counts set known = known + (new.remote_id is not null) - (old.remote_id is not null),
      gone = gone + (new.remote_id is not null and new.gone_at is not null) - (old.remote_id is not null and old.gone_at is not null),
      unreadable = unreadable + (new.remote_id is not null and new.read_failures > 0) - (old.remote_id is not null and old.read_failures > 0)
    where entity_name = new.entity_name and system = new.system;
end;
create index tickets_entity on tickets (entity_name, id);
create index tickets_oldest on tickets (system, created_at);
create index tickets_stale on tickets (system, polled_at) where read_at is not null;

-- Retention finds what is old without looking at what is not.
create index ingest_batches_at on ingest_batches (at);
create index alarms_recorded_at on alarms (recorded_at);
