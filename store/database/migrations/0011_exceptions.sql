-- Exceptions by what a log says, and what they kept out of the evidence. An empty text stands for any.
alter table exceptions add column process text not null default '';
alter table exceptions add column command_line text not null default '';
alter table exceptions add column hash text not null default '';
alter table exceptions add column hits integer not null default 0;
alter table exceptions add column last_hit_at DATETIME;
-- Present evidence is gone through in the order of actor_periods.id, and this is how far; null = all of it is done, or none is to be.
alter table exceptions add column applied_upto integer;
-- 1 = it holds no longer, and its row goes once what it took from the evidence has come back.
alter table exceptions add column removed integer not null default 0;

-- Evidence that an exception took from an actor when it was saved, so that removing the exception gives it back.
create table excepted_evidence (
  exception_id text not null,
  period_id integer not null,
  -- As in actor_periods: what was taken, as the state of an actor who has nothing else.
  state text not null,
  primary key (exception_id, period_id)
) without rowid;
create index excepted_evidence_period on excepted_evidence (period_id);
