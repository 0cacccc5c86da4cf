/** What a log says of an event, whoever shipped it: who did what to what, by the names that Windows, Sysmon, Linux and the common shippers use. */
/** Names under which Windows, Sysmon, Linux and the common shippers tell the same, best first; lower case without signs between words (`LogFields`). */
import fieldNames from "./field-names.json" with { type: "json" };
import { type FileHash, hashesOf } from "./file-hashes.ts";
import { fileName } from "./file-kinds.ts";
import { isNoValue, LogFields } from "./log-fields.ts";
import { addressesOf } from "./peers.ts";
import { callOf, domainOf, urlOf } from "./requests.ts";
import { entities, type Pair } from "./text-fields.ts";

/** Texts are "" where the log says nothing of it. */
export interface EventFacts {
  /** `4624`, `10`, `EXECVE`, `GetObject`. */
  eventId: string;
  channel: string;
  /** The machine that wrote it. */
  computer: string;
  /** Path of the program that acted, its number, its parent, and the process that it acted on. */
  image: string;
  processId: string;
  /** The name that its maker gave the program, and its maker. */
  originalName: string;
  company: string;
  parent: string;
  parentCommandLine: string;
  target: string;
  commandLine: string;
  /** Of the program or file that the event is about: SHA256 before SHA1 before MD5, lower case. */
  hash: string;
  /** Every hash of any kind, lower case. */
  hashes: string[];
  /** The best hash of each file that the log names. */
  fileHashes: FileHash[];
  /** Addresses of other machines. */
  ips: string[];
  /** The one of them that is the other side of this machine, if the log says which. */
  peer: string;
  port: string;
  domain: string;
  url: string;
  file: string;
  /** A library or driver that was loaded. */
  library: string;
  registryKey: string;
  registryValue: string;
  service: string;
  /** What an installed service starts. */
  servicePath: string;
  task: string;
  /** What a scheduled task starts. */
  taskAction: string;
  share: string;
  pipe: string;
  /** Account that the event is about, where that is another than its user. */
  account: string;
  /** A group whose members changed. */
  group: string;
  /** SIDs of this log in lower case, with the accounts that it names for them. */
  sids: [sid: string, account: string][];
  /** Service whose Kerberos ticket was asked for, and the ticket's encryption. */
  ticketService: string;
  ticketEncryption: string;
  logonType: string;
  access: string;
  /** Another object that was opened: of the SAM, of the service manager, … */
  object: string;
  /** A directory object and what of it was read or written. */
  directoryObject: string;
  directoryAttribute: string;
  script: string;
  /** What an antivirus product calls it. */
  threat: string;
  firewallRule: string;
  /** WMI: filter, consumer and what it does. */
  wmi: string;
  /** What was called of a cloud or kernel. */
  operation: string;
  /** `PutBucketPolicy of s3.amazonaws.com`: what was called of a cloud. */
  call: string;
  /** What the event says in words. */
  message: string;
  /** Every field, for what has no place above. */
  entries: readonly Pair[];
}

/** Events of Kerberos, in which the service is an account and no program. */
const kerberos = new Set(["4768", "4769", "4770", "4771", "4772", "4773", "4776"]);
/** Events whose target is a group, not a user. */
const ofGroup = /^(?:47(?:2[7-9]|3[0-57]|4[4-9]|5[0-9]|6[0-4]|8[4-9]|9[0-2])|4799)$/;
const ofTask = /^(?:4698|4699|470[0-2]|106|129|14[0-2]|20[0-3])$/;

/** `log`: as it came in, JSON of whatever shape or text. */
export function eventFacts(log: string): EventFacts {
  const fields = new LogFields(log);
  const first = (list: readonly string[]) => fields.first(...list);
  const eventId = first(fieldNames.eventId) || (/\btype=([A-Z_]{3,30})\b/.exec(log)?.[1] ?? "");
  const isTicket = kerberos.has(eventId);
  const objectType = fields.first("objecttype").toLowerCase();
  const object = fields.first("objectname");
  const isKey = objectType === "key" || /^\\registry\\/i.test(object);
  const isProcess = objectType === "process" || /^\d+$/.test(objectType);
  const group = ofGroup.test(eventId) ? qualified(fields, "target") || fields.first("groupname") : "";
  const account = accountOf(fields, eventId, group);
  const addresses = addressesOf(fields);
  // Defender for Endpoint: the file or process is the object, what starts it is named "initiating".
  const isInitiated = fields.first("initiatingprocessfilename") !== "";
  const isStarted =
    !isInitiated || /processcreated/i.test(fields.first("actiontype")) || fields.first("processcommandline") !== "";
  const place = joined(fields.first("folderpath"), fields.first("filename"));
  const initiator = joined(fields.first("initiatingprocessfolderpath"), fields.first("initiatingprocessfilename"));
  const image = isInitiated ? (isStarted ? place : initiator) : first(fieldNames.image) || first(fieldNames.imageLater);
  const isDirectory = /^(?:4662|513[6-9]|5141)$/.test(eventId);
  const service = isTicket ? "" : first(fieldNames.service);
  const { hashes, fileHashes, main } = hashesOf(
    fields,
    eventId,
    isInitiated && !isStarted
      ? { image, file: place }
      : { image, file: first(fieldNames.file), library: first(fieldNames.library) },
  );
  return {
    eventId,
    channel: first(fieldNames.channel),
    computer: first(fieldNames.computer),
    image: isDirectory || (isNumber(image) && !image.includes("\\")) ? "" : image,
    processId: first(fieldNames.processId),
    originalName: fields.first("originalfilename", "pe.originalfilename"),
    company: fields.first("company", "pe.company", "signature", "codesignature.subjectname", "signer", "publisher"),
    parent: isInitiated && isStarted ? initiator : first(fieldNames.parent),
    parentCommandLine: first(fieldNames.parentCommandLine),
    target: first(fieldNames.target) || (isProcess ? object : ""),
    commandLine:
      isInitiated && !isStarted ? fields.first("initiatingprocesscommandline") : first(fieldNames.commandLine),
    hash: main,
    hashes,
    fileHashes,
    ...addresses,
    domain: domainOf(first(fieldNames.domain)),
    url: urlOf(fields),
    file:
      isInitiated && place !== ""
        ? isStarted
          ? ""
          : place
        : first(fieldNames.file) || fileObject(fields, eventId, isKey || isProcess || isDirectory, object),
    library: first(fieldNames.library),
    registryKey: first(fieldNames.registryKey) || (isKey ? joinedKey(object, fields.first("objectvaluename")) : ""),
    registryValue:
      /^(?:12|13|14|4657)$/.test(eventId) || first(fieldNames.registryKey) !== ""
        ? first(fieldNames.registryValue)
        : "",
    service,
    servicePath:
      service === "" ? "" : first(fieldNames.servicePath) || (fields.first("svc") === "" ? "" : fields.first("path")),
    task:
      first(fieldNames.task) !== "" &&
      (ofTask.test(eventId) || /task/i.test(first(fieldNames.channel)) || eventId === "")
        ? first(fieldNames.task)
        : "",
    taskAction:
      taskAction(fields.first("taskcontent", "taskcontentnew")) ||
      (ofTask.test(eventId) ? fields.first("actionname") : ""),
    share: first(fieldNames.share),
    pipe: first(fieldNames.pipe),
    account,
    group,
    sids: sidsOf(fields, eventId),
    ticketService: isTicket ? first(fieldNames.service) : "",
    ticketEncryption: isTicket ? first(fieldNames.ticketEncryption) : "",
    logonType: first(fieldNames.logonType),
    access: isDirectory ? fields.first("accessmask") : first(fieldNames.access).trim(),
    object: /^46(?:56|61|63)$/.test(eventId) && !isKey && !isProcess && !/^(?:file)?$/.test(objectType) ? object : "",
    directoryObject: isDirectory ? first(fieldNames.directoryObject) : "",
    directoryAttribute: isDirectory ? first(fieldNames.directoryAttribute).trim() : "",
    script: first(fieldNames.script),
    threat: first(fieldNames.threat),
    firewallRule: /firewall/i.test(first(fieldNames.channel)) ? fields.first("rulename") : "",
    wmi: wmiOf(fields, eventId),
    operation: first(fieldNames.operation),
    call: eventId === "" || fields.first("eventsource") !== "" ? callOf(fields) : "",
    message: first(fieldNames.message),
    entries: fields.entries,
  };
}

function isNumber(text: string): boolean {
  return /^(?:0x[0-9a-f]+|\d+)$/i.test(text);
}

function qualified(fields: LogFields, role: "target" | "subject"): string {
  const name = fields.first(`${role}username`, `winlog.eventdata.${role}username`);
  const domain = fields.first(`${role}domainname`);
  return name === "" || domain === "" || /[\\@]/.test(name) ? name : `${domain}\\${name}`;
}

/** The account that something was done to or with; a group is none. */
function accountOf(fields: LogFields, eventId: string, group: string): string {
  if (group !== "") return fields.first("membername");
  const target =
    qualified(fields, "target") ||
    fields.first(
      "tgtuser",
      "tgt.user",
      "targetaccount",
      "accountupn",
      "samaccountname",
      "acct",
      "dstuser",
      "targetuser",
    );
  // Sysmon 10 and 8 name the account of the process acted on.
  return isNoValue(target) || eventId === "4662" ? "" : target;
}

function sidsOf(fields: LogFields, eventId: string): [string, string][] {
  const pairs: [string, string][] = [
    [fields.first("subjectusersid"), qualified(fields, "subject")],
    [fields.first("targetusersid"), qualified(fields, "target")],
    [ofGroup.test(eventId) ? "" : fields.first("targetsid"), qualified(fields, "target")],
    [fields.first("membersid"), fields.first("membername")],
    [fields.first("user.id", "user.identifier"), fields.first("user.name")],
    [fields.first("accountsid"), fields.first("accountname")],
  ];
  return pairs
    .filter(([sid, name]) => /^s-1-5-21-/i.test(sid) && name !== "")
    .map(([sid, name]) => [sid.toLowerCase(), name]);
}

/** SIDs of a log in lower case, with the accounts that it names for them: a small part of `eventFacts`. */
export function sidsInLog(log: string): [sid: string, account: string][] {
  const fields = new LogFields(log);
  return sidsOf(fields, fields.first(...fieldNames.eventId));
}

function fileObject(fields: LogFields, eventId: string, isOther: boolean, object: string): string {
  if (isOther) return "";
  if (/^(?:4656|4658|4660|4663|4670)$/.test(eventId))
    return /^(?:file)?$/i.test(fields.first("objecttype")) ? object : "";
  // Defender: `file:_C:\Users\j\a.exe`.
  const path = fields.first("path", "targetpath");
  const isPath = /^(?:file:_|containerfile:_)?(?:[a-z]:\\|\/|\\\\)/i.test(path);
  if (isPath && fields.first("threatname", "svc", "servicename") !== "" && fields.first("svc") === "")
    return path.replace(/^(?:container)?file:_/i, "").split(";")[0] ?? "";
  return /\btype=PATH\b/.test(fields.first("raw", "message")) || fields.first("nametype") !== ""
    ? fields.first("name")
    : "";
}

function wmiOf(fields: LogFields, eventId: string): string {
  const isWmi =
    /^(?:19|20|21|585\d|586\d)$/.test(eventId) &&
    fields.first("consumer", "filter", "query", "destination", "possiblecause", "namespace") !== "";
  if (!isWmi) return "";
  const parts = [
    fields.first("name"),
    fields.first("query"),
    fields.first("destination"),
    fields.first("consumer"),
    fields.first("filter"),
    fields.first("possiblecause"),
  ];
  return [...new Set(parts.filter((one) => one !== ""))].join("; ");
}

function taskAction(xml: string): string {
  const part = (name: string) =>
    entities(new RegExp(`<${name}>([^<]{1,2000})</${name}>`, "i").exec(xml)?.[1] ?? "").trim();
  return [part("Command"), part("Arguments")].filter((one) => one !== "").join(" ");
}

function joined(folder: string, name: string): string {
  if (folder === "" || fileName(folder).toLowerCase() === name.toLowerCase()) return folder || name;
  return `${folder.replace(/[\\/]$/, "")}${folder.includes("/") ? "/" : "\\"}${name}`;
}

function joinedKey(key: string, value: string): string {
  return value === "" ? key : `${key}\\${value}`;
}
