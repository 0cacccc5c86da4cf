-- What concerns all entities costs the same however many there are; pages over a long history look at no more than they show.

-- Sums of the tables of counts over all entities. Triggers keep them, whatever writes the counts.
create table row_totals (
  feed text not null,
  status text not null,
  n integer not null,
  primary key (feed, status)
) without rowid;
insert into row_totals select feed, status, sum(n) from row_counts group by 1, 2 order by 1, 2;
create trigger row_counts_first after insert on row_counts begin
  insert into row_totals values (new.feed, new.status, new.n) on conflict do update set n = n + excluded.n;
end;
create trigger row_counts_again after update of n on row_counts begin
  update row_totals set n = n + new.n - old.n where feed = new.feed and status = new.status;
end;

create table incident_totals (
  status text not null,
  risk_level text not null,
  owned integer not null,
  n integer not null,
  primary key (status, risk_level, owned)
) without rowid;
insert into incident_totals select status, risk_level, owned, sum(n) from incident_counts group by 1, 2, 3 order by 1, 2, 3;
create trigger incident_counts_first after insert on incident_counts begin
  insert into incident_totals values (new.status, new.risk_level, new.owned, new.n) on conflict do update set n = n + excluded.n;
end;
create trigger incident_counts_again after update of n on incident_counts begin
  update incident_totals set n = n + new.n - old.n where status = new.status and risk_level = new.risk_level and owned = new.owned;
end;

create table delivery_totals (
  system text not null,
  state text not null,
  n integer not null,
  primary key (system, state)
) without rowid;
insert into delivery_totals select system, state, sum(n) from delivery_counts group by 1, 2 order by 1, 2;
create trigger delivery_counts_first after insert on delivery_counts begin
  insert into delivery_totals values (new.system, new.state, new.n) on conflict do update set n = n + excluded.n;
end;
create trigger delivery_counts_again after update of n on delivery_counts begin
  update delivery_totals set n = n + new.n - old.n where system = new.system and state = new.state;
end;

create table ticket_totals (
  system text primary key,
  n integer not null,
  known integer not null,
  gone integer not null,
  unreadable integer not null
) without rowid;
insert into ticket_totals select system, sum(n), sum(known), sum(gone), sum(unreadable) from ticket_counts group by 1 order by 1;
create trigger ticket_counts_first after insert on ticket_counts begin
  insert into ticket_totals values (new.system, new.n, new.known, new.gone, new.unreadable)
    on conflict do update set n = n + excluded.n, known = known + excluded.known, gone = gone + excluded.gone,
      unreadable = unreadable + excluded.unreadable;
end;
create trigger ticket_counts_again after update on ticket_counts begin
  update ticket_totals set n = n + new.n - old.n, known = known + new.known - old.known, gone = gone + new.gone - old.gone,
      unreadable = unreadable + new.unreadable - old.unreadable
    where system = new.system;
end;

-- Of detection_hours. Both are removed by their age.
create table hour_totals (
  hour integer not null,
  level text not null,
  detections integer not null,
  alerts integer not null,
  primary key (hour, level)
) without rowid;
insert into hour_totals select hour, level, sum(detections), sum(alerts) from detection_hours group by 1, 2 order by 1, 2;
create trigger detection_hours_first after insert on detection_hours begin
  insert into hour_totals values (new.hour, new.level, new.detections, new.alerts)
    on conflict do update set detections = detections + excluded.detections, alerts = alerts + excluded.alerts;
end;
create trigger detection_hours_again after update on detection_hours begin
  update hour_totals set detections = detections + new.detections - old.detections, alerts = alerts + new.alerts - old.alerts
    where hour = new.hour and level = new.level;
end;

-- The entities that have ever had anything, each as it was spelt first, in the order in which they came.
create table entity_names (
  id integer primary key,
  name text not null unique collate nocase
);
insert into entity_names (name) select distinct entity_name from row_counts order by 1;
create trigger row_counts_named after insert on row_counts begin
  insert into entity_names (name) values (new.entity_name) on conflict do nothing;
end;

-- Proposals of exceptions come from the newest false positives, which are few among all that are closed.
create index incidents_false_positive on incidents (closed_at, id, entity_name) where status = 'FALSE_POSITIVE';
-- What is open of one entity, where that is little of all that is open.
create index incidents_open_entity on incidents (entity_name) where closed_at is null;
-- Of the many that have the same score, only those that are shown.
drop index incidents_risk;
create index incidents_risk on incidents (risk_score, created_seq);
-- What retention took away of one feed, whatever it took of the others.
create index feed_gaps_feed on feed_gaps (feed, generation);
