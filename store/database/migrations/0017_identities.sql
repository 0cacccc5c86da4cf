-- Who is who: names of hosts, accounts and domains, and what each of them is known as.
-- Whoever writes has all of it in memory, so a name has one row without an index that would say so: rows are added at the end, which is cheap.
create table name_joins (
  -- Grows with each name that is new or has come to stand for another.
  change integer primary key,
  -- The entity in the spelling by which it is recognised.
  entity_key text not null,
  -- host, account or domain.
  kind text not null,
  -- A host without UNC and domain prefix; name@domain or a SID; a domain, or the part of SIDs that is its own. Lower case, but for rows that this
  -- file makes below.
  name text not null,
  -- The name of its actor, or of its domain; its own where it stands for itself.
  known_as text not null,
  -- By what it was shown.
  why text not null,
  -- The last day on which it was seen, epoch milliseconds / 86,400,000.
  seen_day integer not null
);

-- One row.
create table name_state (
  id integer primary key check (id = 1),
  -- The last change.
  changes integer not null
);
insert into name_state values (1, 0);

-- Actors that are there keep their names: each host its own, and the account of the domain that its first alert names that of its user.
insert into name_joins (entity_key, kind, name, known_as, why, seen_day)
  select json_extract(actor_key, '$[0]'), 'host', json_extract(actor_key, '$[2]'), json_extract(actor_key, '$[2]'), 'found',
    cast(julianday(updated_at) - 2440587.5 as integer)
  from actor_periods where current = 1 and json_extract(actor_key, '$[1]') = 'host' order by id desc limit 50000;

insert into name_joins (entity_key, kind, name, known_as, why, seen_day)
  select json_extract(p.actor_key, '$[0]'), 'account', trim(a.user_name), json_extract(p.actor_key, '$[2]'), 'first domain',
    cast(julianday(p.updated_at) - 2440587.5 as integer)
  from actor_periods p join sigma_alerts a on a.id = (select min(s.id) from sigma_alerts s where s.period_id = p.id
    and (instr(s.user_name, '\') > 0 or instr(s.user_name, '@') > 0 or instr(s.user_name, '/') > 0))
  where p.current = 1 and json_extract(p.actor_key, '$[1]') = 'user' order by p.id desc limit 50000;

update name_state set changes = (select coalesce(max(change), 0) from name_joins);
