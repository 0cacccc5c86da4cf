-- Sign-ins of the console: a cookie's SHA-256, never the cookie.
create table console_sessions (
  sha256 text primary key,
  user_id text not null,
  -- The user's at the sign-in: once the user has another one, the session is over.
  token_version integer not null,
  created_at DATETIME not null,
  seen_at DATETIME not null,
  address text not null
) without rowid;
create index console_sessions_user on console_sessions (user_id);

-- How a person is called in lists and histories; null = by the login.
alter table users add column display_name text;
