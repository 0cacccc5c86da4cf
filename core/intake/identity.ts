/** Who and what a detection is about, in the one spelling by which equal detections are recognised (CONTRACT 2 and 5). */

/** Trimmed, lower case; "" for null. */
export function normaliseName(name: string | null): string {
  return name === null ? "" : name.trim().toLowerCase();
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
  return normaliseName(host).replace(/\.$/, "");
}
