/** Who and what a detection is about, in the one spelling by which equal detections are recognised (CONTRACT 2 and 5). */

/** Trimmed, lower case; "" for null. */
export function normaliseName(name: string | null): string {
  return name === null || isNormal(name) ? (name ?? "") : name.trim().toLowerCase();
}

/** Whether it is short and nothing but what lower case leaves alone: of no other name is that known as cheaply. */
function isNormal(name: string): boolean {
  const { length } = name;
  if (length > 64 || name.charCodeAt(0) === 32 || name.charCodeAt(length - 1) === 32) return false;
  for (let at = 0; at < length; at++) {
    const code = name.charCodeAt(at);
    if (code < 32 || code > 126 || (code >= 65 && code <= 90)) return false;
  }
  return true;
}

/** User without domain, lower case: `CORP\j` and `j@corp.example` are `j`. ARNs, which hold both signs in names, are kept whole. */
export function normaliseUser(user: string | null): string {
  const name = normaliseName(user);
  if (name.startsWith("arn:")) return name;
  const account = name.slice(name.lastIndexOf("\\") + 1);
  const at = account.indexOf("@");
  const bare = (at > 0 ? account.slice(0, at) : account).trim();
  return bare === "" ? name : bare;
}

/** Host as given, lower case, no trailing dot. */
export function normaliseHost(host: string | null): string {
  const name = normaliseName(host);
  return name.endsWith(".") ? name.slice(0, -1) : name;
}
