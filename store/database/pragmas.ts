/** Set on every new connection: PRAGMAs belong to the connection, not to the file. */
export const connectionPragmas = [
  "PRAGMA journal_mode = WAL",
  // A commit is on disk before the call returns.
  "PRAGMA synchronous = FULL",
  "PRAGMA foreign_keys = ON",
  // 4 MB: the kernel caches the file as well; a larger cache was no faster and used more memory.
  "PRAGMA cache_size = -4000",
  "PRAGMA temp_store = MEMORY",
  // With fewer, larger checkpoints a page that changes often is written only once.
  "PRAGMA wal_autocheckpoint = 4000",
  "PRAGMA journal_size_limit = 67108864",
];

export const readingPragmas = ["PRAGMA query_only = ON", "PRAGMA cache_size = -8000", "PRAGMA temp_store = MEMORY"];
