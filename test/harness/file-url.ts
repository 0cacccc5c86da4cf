/** The URL of a database file, for `@libsql/client`. Escapes `?` and `#`, which would end the path. */
export function fileUrl(path: string): string {
  return `file:${path.split("/").map(encodeURIComponent).join("/")}`;
}
