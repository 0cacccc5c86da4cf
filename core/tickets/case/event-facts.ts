/** What a log says of an event, whoever shipped it: Sysmon and Windows field names, wherever in the record they stand. */

export interface EventFacts {
  /** `4624`, `10`; empty = none. */
  eventId: string;
  /** Image of the process that did it, its parent, and what it did it to. */
  image: string;
  parent: string;
  target: string;
  commandLine: string;
  /** SHA256 before SHA1 before MD5, lower case. */
  hash: string;
  /** Every hash of any kind, lower case. */
  hashes: string[];
  /** Remote addresses that are no loopback. */
  ips: string[];
  domain: string;
  file: string;
  registryKey: string;
  service: string;
  task: string;
  share: string;
  /** Account that the event is about, where that is another than its user. */
  account: string;
  script: string;
  /** What the event says in words. */
  message: string;
}

const names = {
  eventId: ["eventid", "event_id", "eventcode"],
  image: ["image", "newprocessname", "processname", "sourceimage", "executable", "callerprocessname"],
  parent: ["parentimage", "parentprocessname"],
  target: ["targetimage"],
  commandLine: ["commandline", "processcommandline", "command_line"],
  hashes: ["hashes", "hash", "sha256"],
  otherHashes: ["sha1", "md5", "imphash"],
  ips: ["destinationip", "destaddress", "ipaddress", "destination.ip", "sourceip", "source.ip"],
  domain: ["destinationhostname", "queryname", "dns.question.name"],
  file: ["targetfilename", "imageloaded", "filename", "relativetargetname"],
  registryKey: ["targetobject", "objectname"],
  service: ["servicename", "service_name"],
  task: ["taskname"],
  share: ["sharename"],
  account: ["targetusername", "membername"],
  script: ["scriptblocktext", "payload"],
  message: ["message", "msg"],
} as const;

const longestValue = 4_000;
const deepest = 6;
const noValue = /^(-|n\/a|null|\(null\)|(<|&lt;)?unknown( process)?(>|&gt;)?|::|0\.0\.0\.0)?$/i;

/** `log`: as it came in; one that is no JSON object says nothing but its text. */
export function eventFacts(log: string): EventFacts {
  const values = new Map<string, string>();
  try {
    gather(JSON.parse(log), "", values, 0);
  } catch {
    values.set("commandline", log.slice(0, longestValue));
  }
  const first = (list: readonly string[]) =>
    list.map((name) => values.get(name) ?? "").find((value) => !noValue.test(value.trim())) ?? "";
  const ips = names.ips.map((name) => values.get(name) ?? "").filter(isRemote);
  return {
    eventId: first(names.eventId),
    image: first(names.image),
    parent: first(names.parent),
    target: first(names.target),
    commandLine: first(names.commandLine),
    hash: bestHash(first(names.hashes)),
    hashes: allHashes([...names.hashes, ...names.otherHashes].map((name) => values.get(name) ?? "")),
    ips: [...new Set(ips)],
    domain: first(names.domain),
    file: first(names.file),
    registryKey: first(names.registryKey),
    service: first(names.service),
    task: first(names.task),
    share: first(names.share),
    account: first(names.account),
    script: first(names.script),
    message: first(names.message),
  };
}

/** Names without case and separators between words; `winlog.event_data.Image` counts as `image` too. The first of a name counts. */
function gather(value: unknown, path: string, values: Map<string, string>, depth: number): void {
  if (depth > deepest || value === null || value === undefined) return;
  if (typeof value === "object") {
    for (const [name, inner] of Object.entries(value)) {
      const own = name.replace(/^@/, "").toLowerCase();
      gather(inner, path === "" ? own : `${path}.${own}`, values, depth + 1);
    }
    return;
  }
  const text = String(value).slice(0, longestValue);
  const parts = path.split(".");
  for (const name of [path, parts.slice(-2).join("."), parts.at(-1) ?? ""])
    if (!values.has(name) && !noValue.test(text.trim())) values.set(name, text);
}

function bestHash(text: string): string {
  const found = Object.fromEntries(
    [...text.matchAll(/(SHA256|SHA1|MD5|IMPHASH)=([0-9a-f]{32,64})/gi)].map(([, kind = "", hash = ""]) => [
      kind.toUpperCase(),
      hash.toLowerCase(),
    ]),
  );
  const hash = found.SHA256 ?? found.SHA1 ?? found.MD5 ?? (/^[0-9a-f]{32,64}$/i.test(text) ? text.toLowerCase() : "");
  return /^0+$/.test(hash) ? "" : hash;
}

/** Hashes of 32 to 64 digits in these values, as `SHA1=…,MD5=…` or alone. All zeros are none. */
function allHashes(values: readonly string[]): string[] {
  const found = values.flatMap((value) => value.match(/\b[0-9a-f]{32,64}\b/gi) ?? []);
  return [...new Set(found.map((hash) => hash.toLowerCase()))].filter((hash) => !/^0+$/.test(hash));
}

function isRemote(address: string): boolean {
  const text = address.replace(/^::ffff:/i, "").trim();
  return /^[0-9a-f:.]{3,45}$/i.test(text) && !/^(127\.|0\.0\.0\.0$|::1?$|fe80:|169\.254\.|255\.)/i.test(text);
}

/** `powershell.exe` of a path. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1)?.trim() ?? "";
}

/** The most telling of an event, on one line. */
export function eventDetail(facts: EventFacts): string {
  const { image, parent, target, commandLine, ips, domain, file, registryKey, service, task, share, script } = facts;
  const parts = [
    ...(commandLine !== "" ? [commandLine] : image !== "" ? [image] : []),
    ...(parent === "" ? [] : [`started by ${fileName(parent)}`]),
    ...(target === "" ? [] : [`to ${fileName(target)}`]),
    ...(file === "" || file === image ? [] : [`file ${file}`]),
    ...(registryKey === "" ? [] : [`registry ${registryKey}`]),
    ...(service === "" ? [] : [`service ${service}`]),
    ...(task === "" ? [] : [`task ${task}`]),
    ...(share === "" ? [] : [`share ${share}`]),
    ...(domain === "" ? [] : [`name ${domain}`]),
    ...(ips.length === 0 ? [] : [`address ${ips.join(", ")}`]),
    ...(commandLine === "" && script !== "" ? [`script ${script}`] : []),
  ];
  return (parts.length === 0 ? facts.message : parts.join("; ")).replace(/[\p{Cc}\s]+/gu, " ").trim();
}
