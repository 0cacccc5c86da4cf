-- Repeats of an actor's newest hour since its state was written: they change a few numbers, so the state is not written anew for them.
-- item = index into the items of the newest hour; last = epoch milliseconds of the detections' own time; recorded = epoch minutes of the
-- appliance's clock.
create table actor_repeats (
  period_id integer not null,
  item integer not null,
  count integer not null,
  last integer not null,
  recorded integer not null,
  primary key (period_id, item)
) without rowid;
