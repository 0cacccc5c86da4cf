-- Names that logs showed to be one host or one account.
create table name_joins (
  entity_key text not null,
  -- host or account.
  kind text not null,
  name text not null,
  -- The name it stands for.
  known_as text not null,
  -- By what it was shown.
  why text not null,
  found_at DATETIME not null,
  seen_day integer not null,
  primary key (entity_key, kind, name)
) without rowid;
