-- The title of a ticket follows its level unless a person has changed it: as it was kept when it was last written (null = not known), what
-- requests of unknown outcome have asked for since (JSON array), and whether it is a person's by now.
alter table tickets add column told_title text;
alter table tickets add column asked_titles text;
alter table tickets add column title_theirs integer not null default 0;

-- What happened, in one line, for lists; null until the incident's evidence is assessed next.
alter table incidents add column headline text;
