/**
 * Accounts with their SIDs in a Windows event whose data are members of a JSON object, found without reading the log: of other shapes
 * `sidsInLog` knows more, and takes much longer.
 */
const members = /"(Subject|Target)(UserSid|UserName|DomainName)"\s*:\s*"((?:[^"\\]|\\.){1,300})"/g;
/** Longer logs are not looked through to their end. */
const longest = 16_384;

/** SIDs in lower case, with the accounts that the log names for them. */
export function windowsAccounts(log: string): [sid: string, account: string][] {
  const found = new Map<string, string>();
  for (const [, role, part, text] of log.slice(0, longest).matchAll(members)) {
    const key = `${role} ${part}`;
    if (text !== undefined && !found.has(key)) found.set(key, text.includes("\\") ? plain(text) : text);
  }
  return ["Subject", "Target"].flatMap((role): [string, string][] => {
    const sid = found.get(`${role} UserSid`)?.toLowerCase() ?? "";
    const name = found.get(`${role} UserName`) ?? "";
    const domain = found.get(`${role} DomainName`) ?? "";
    if (!sid.startsWith("s-1-5-21-") || name === "" || name === "-") return [];
    return [[sid, domain === "" || domain === "-" || /[\\@]/.test(name) ? name : `${domain}\\${name}`]];
  });
}

function plain(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return "";
  }
}
