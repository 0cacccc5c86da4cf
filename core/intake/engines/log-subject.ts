/** Who and what a log record is about, where the engine does not say: read from the names that Windows and its exporters use. */
import { given, isMembers, type Members, membersOf } from "./engine.ts";

/** The value of a field of a log record under its Windows name (`SubjectUserName`), null when absent, empty or "-". */
export type FieldReader = (name: string) => string | null;

/** Members of our own record that come from the log. */
export interface LogSubject {
  user: string | null;
  host: string | null;
  src_ip: string | null;
  event_id: string | null;
  channel: string | null;
  provider: string | null;
  record_id: string | null;
}

/** Events of logons, logoffs and Kerberos tickets, where the subject is the machine and the target is who acts. */
const targetActs = new Set(["4624", "4625", "4634", "4647", "4768", "4769", "4770", "4771", "4776", "4778", "4779"]);

/** Name and domain fields of the user, by preference. */
const subjects = [
  ["User", null],
  ["SubjectUserName", "SubjectDomainName"],
  ["SourceUser", null],
  ["UserName", null],
] as const;
const target = ["TargetUserName", "TargetDomainName"] as const;
/** Of a log's provider; in Sysmon's events it is the account of the service itself. */
const account = ["AccountName", "Domain"] as const;

const hosts = ["Computer", "Hostname", "computer_name"];
const addresses = ["IpAddress", "SourceIp", "SourceAddress", "ClientAddress", "sourceIPAddress"];
const eventIds = ["EventID", "event_id"];
const channels = ["Channel", "log_name"];
const providers = ["Provider_Name", "ProviderName", "SourceName", "source_name", "Provider"];
const recordIds = ["EventRecordID", "RecordNumber", "record_number"];

export function subjectOf(field: FieldReader): LogSubject {
  const eventId = first(field, eventIds);
  const channel = first(field, channels);
  return {
    user: userOf(field, eventId, channel),
    host: first(field, hosts),
    src_ip: addressOf(field),
    event_id: eventId,
    channel,
    provider: first(field, providers),
    record_id: first(field, recordIds),
  };
}

/** The first that is an address. */
function addressOf(field: FieldReader): string | null {
  for (const name of addresses) {
    const address = asAddress(field(name));
    if (address !== null) return address;
  }
  return null;
}

/**
 * The address that a field holds: Windows and clouds write words such as LOCAL or `AWS Internal` where there is none, IPv4 as
 * ::ffff:10.0.0.1, and the port behind it. Null where there is none.
 */
export function asAddress(text: string | null): string | null {
  const bare = text?.replace(/^\[([\da-f:.%]+)\](?::\d+)?$/i, "$1").replace(/^(\d+(?:\.\d+){3}):\d+$/, "$1");
  const address = bare?.replace(/^::ffff:(?=\d+\.)/i, "");
  const isAddress = address !== undefined && address.length <= 64 && /^[\da-f.:]*[.:][\da-f.:%]*$/i.test(address);
  return isAddress ? address : null;
}

function userOf(field: FieldReader, eventId: string | null, channel: string | null): string | null {
  const acts = targetActs.has(eventId ?? "");
  const sysmon = channel?.toLowerCase().includes("sysmon") ?? false;
  const order = [...(acts ? [target] : []), ...subjects, target, ...(sysmon ? [] : [account])];
  for (const [name, domainName] of order) {
    const user = field(name);
    if (user === null) continue;
    const domain = domainName === null || /[\\@]/.test(user) ? null : field(domainName);
    return domain === null ? user : `${domain}\\${user}`;
  }
  return null;
}

/** The first subject, completed by the second. */
export function mergedSubject(first: LogSubject, second: LogSubject): LogSubject {
  return {
    user: first.user ?? second.user,
    host: first.host ?? second.host,
    src_ip: first.src_ip ?? second.src_ip,
    event_id: first.event_id ?? second.event_id,
    channel: first.channel ?? second.channel,
    provider: first.provider ?? second.provider,
    record_id: first.record_id ?? second.record_id,
  };
}

/** Reads the fields of several objects; the first that gives one counts. */
export function fieldsOf(...objects: readonly unknown[]): FieldReader {
  const members = objects.filter(isMembers);
  return (name) => {
    for (const object of members) {
      const value = given(object[name]);
      if (value !== null) return value;
    }
    return null;
  };
}

/** Fields of a Windows event as evtx_dump writes it, `{"System":{…},"EventData":{…}}`, attributes inside or beside their element. */
export function eventFields(event: Members): FieldReader {
  const system = membersOf(event.System);
  const attributes = {
    Provider_Name: attributesOf(system, "Provider").Name,
    SystemTime: attributesOf(system, "TimeCreated").SystemTime,
  };
  return fieldsOf(attributes, system, event.EventData, ...Object.values(membersOf(event.UserData)));
}

function attributesOf(system: Members, name: string): Members {
  return membersOf(system[`${name}_attributes`] ?? membersOf(system[name])["#attributes"]);
}

function first(field: FieldReader, names: readonly string[]): string | null {
  for (const name of names) {
    const value = field(name);
    if (value !== null) return value;
  }
  return null;
}
