-- Service level: when an open incident is due, by its level and the time of its creation; kept by settings and level changes.
alter table incidents add column due_at DATETIME;
create index incidents_due on incidents (due_at) where due_at is not null;
