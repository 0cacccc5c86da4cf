-- Sign-ins of the console: a cookie's SHA-256, never the cookie.
create table console_sessions (
  sha256 text primary key,
  user_id text not null,
  created_at DATETIME not null,
  seen_at DATETIME not null
) without rowid;
create index console_sessions_user on console_sessions (user_id);
