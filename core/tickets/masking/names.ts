/** Names that say that their value is a secret: of variables, options, members and attributes. */

const always = [
  ...["password", "passwd", "passphrase", "passcode", "passwort", "kennwort", "pswd", "pwd", "secret", "token"],
  ...["api[-_.]?key", "access[-_.]?key", "account[-_.]?key", "auth[-_.]?key", "master[-_.]?key", "license[-_.]?key"],
  ...["private[-_.]?key", "encryption[-_.]?key", "signing[-_.]?key", "shared[-_.]?key", "storage[-_.]?key"],
  ...["subscription[-_.]?key", "functions[-_.]?key", "credential", "sharedaccesssignature", "jsessionid", "phpsessid"],
  ...["session[-_.]?id", "session[-_.]?key", "sess[-_.]?key", "ssh[-_.]?key", "keymaterial", "pre[-_.]?shared"],
].join("|");

/** A name with one of them in it, or one that ends with `pass`, or is `pw` or `_auth`. For use within other patterns. */
export const secretName = `[\\w.$-]{0,60}?(?:${always}|(?<!by|com|tres)pass(?![a-z0-9])|(?<![a-z0-9])(?:pw|psk)(?![a-z0-9])|_auth(?![a-z0-9]))[\\w.-]{0,40}`;

const whole = new RegExp(`^${secretName}$`, "i");

/** After the word: what the name is of, which is no secret itself. */
const aboutIt =
  /(?:file|path|dir|folder|polic(?:y|ies)|length|len|age|ttl|expir\w*|hint|url|uri|endpoint|count|type|size|limit|name|ids?|field|column|lastset|last_?set|change\w*|complexity|attempts?|neverexpires|never_expires|required|notrequired|manager|stdin|prompt|reset\w*|history|quality|status|state|index|version|format|algorithm|rotation|provider|store|info|issuer|audience|cache|izers?|ized?|ization|elevationtype|lists?|words|filter|length\w*|enabled|disabled|protect\w*|guard|locked|validation|arn|scope|lifetime|digits|window|tries|fd|set|env|var|[-_.]?the[-_.]\w+)$/i;
/** Before the word. */
const notIts =
  /(?:^|[-_.])(?:no|skip|ask|prompt|without|disable|enable|use|require|show|hide|forgot|reset|min|max|public|cancel|csrf-?disable)[-_.]?$|publickey$/i;
const core = new RegExp(`(?:${always}|pass|pw|psk|_auth)`, "i");

/** Whether a name says that its value is a secret, and not something about one. */
export function namesSecret(name: string): boolean {
  if (!whole.test(name)) return false;
  const found = core.exec(name);
  if (found === null) return false;
  const before = name.slice(0, found.index);
  const after = name.slice(found.index + found[0].length);
  return !notIts.test(before) && (after === "" || !aboutIt.test(after));
}

/** What is no secret whatever its name: variables, switches, words about a password, calls that will ask for it. */
const harmless =
  /^(?:true|false|null|none|nil|yes|no|on|off|undefined|unset|empty|never|always|required|optional|expired|changed|incorrect|invalid|wrong|missing|not|is|was|are|has|for|the|a|an|and|or|in|of|to|from|by|via|with|reset|same-origin|include|omit|bearer|basic|digest|ntlm|kerberos|negotiate|files|compat|systemd|sss|ask|prompt|stdin|clear|env:\w+|file:.*|fd:\d+|(?:id|type|src|source|name)=.*|\d{1,2}|default|unknown|n\/a|string|text|securestring|\*+|-+|\.+|\?+|\(.*|\[.*|@\(.*|\{.*|<.*|%%\d*|\$\(.*|\$\{.*|%\w+%|\{\{.*)$/i;
const variable =
  /^\$(?:env:\w+|true|false|null|_|\w*(?:pass|pwd|pw|cred|secret|token|key|user|var|string|arg)\w*|[A-Z][A-Z_]*|[a-z]{1,3}|\d|\w+\.\w[\w.]*)$/i;
const call =
  /^(?:ConvertTo-|ConvertFrom-|Get-|New-|Read-Host|Import-|getpass|input|os\.environ|process\.env|System\.)/i;

/** Whether a value, without quotes, is a secret if its name says so. */
export function isSecret(value: string, name = ""): boolean {
  const bare = value.replace(/[,;)]+$/, "");
  if (bare === "" || harmless.test(bare) || variable.test(bare) || call.test(bare)) return false;
  // Where one stands, and how many tokens or which column there are.
  if (/^(?:old)?pwd$/i.test(name)) return !/^(?:\/|~|\.|[a-z]:\\)/i.test(bare);
  if (/token|session|key/i.test(name) && /^\d{1,6}$/.test(bare)) return false;
  return true;
}
