-- Assets: what hosts and accounts are for, and how much depends on them. DATETIME columns hold ISO 8601 UTC text of 24 characters.

-- The list of each entity, as the API last replaced it.
create table assets (
  id integer primary key,
  -- The entity in the spelling by which it is recognised.
  entity_key text not null,
  kind text not null,
  name text not null,
  -- '' = not said.
  role text not null,
  criticality text not null,
  -- A JSON list of other names.
  aliases text not null
);
create index assets_entity on assets (entity_key, id);

create table asset_lists (
  entity_key text primary key,
  entity_name text not null,
  -- Grows with each change of the list.
  revision integer not null,
  updated_at DATETIME not null,
  who text not null
) without rowid;

-- Roles of hosts that logs show.
create table inferred_roles (
  entity_key text not null,
  entity_name text not null,
  host text not null,
  role text not null,
  -- By what it was first shown: "event 4769".
  why text not null,
  found_at DATETIME not null,
  -- The last day on which a log showed it, epoch milliseconds / 86,400,000.
  seen_day integer not null,
  primary key (entity_key, host)
) without rowid;

-- One row.
create table asset_state (
  id integer primary key check (id = 1),
  -- Grows with each change of the tables above, so that another connection knows when to read them again.
  changes integer not null,
  -- Of what assets.json said last.
  file_sha256 text not null,
  -- Actors after this period are to be scored with the present roles; null = none.
  rescore_after integer
);
insert into asset_state values (1, 0, '', null);
