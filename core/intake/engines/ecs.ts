/** Documents in the Elastic Common Schema, as Elastic's alerts and exports of its indices are: keys dotted, nested or both. */
import { firstGiven, given, isMembers, type Members } from "./engine.ts";
import { asAddress, fieldsOf, type LogSubject, subjectOf } from "./log-subject.ts";

/** Where the person, the machine and the address stand, best first. */
const users = ["user.name", "winlog.user.name", "source.user.name", "client.user.name", "user.email"];
/** Last the agent that read the log, and what it was called before 7.0: mostly it runs on the machine itself. */
const hosts = ["host.name", "host.hostname", "winlog.computer_name", "agent.hostname", "beat.hostname"];
const addresses = ["source.ip", "client.ip"];

/** ECS names; what they leave open is read from the Windows event. */
export function ecsSubject(document: Members): LogSubject {
  const value = (path: string) => valuesAt(document, path)[0];
  const firstAt = (paths: readonly string[]) => firstGiven(...paths.map(value));
  const eventData = valuesAt(document, "winlog.event_data")[0] ?? dottedEventData(document);
  const name = firstAt(users);
  const domain = given(value("user.domain") ?? value("winlog.user.domain"));
  const fromEvent = subjectOf(
    fieldsOf(eventData, { EventID: value("winlog.event_id"), Channel: value("winlog.channel") }),
  );
  return {
    ...fromEvent,
    user: name !== null && domain !== null && !/[\\@]/.test(name) ? `${domain}\\${name}` : (name ?? fromEvent.user),
    host: firstAt(hosts),
    src_ip: asAddress(firstAt(addresses)) ?? fromEvent.src_ip,
    event_id: firstGiven(value("winlog.event_id"), value("event.code")),
    provider: firstGiven(value("winlog.provider_name"), value("event.provider")),
    record_id: firstGiven(value("winlog.record_id")),
  };
}

/** Whether a log record has the names of this schema. */
export function isEcs(document: Members): boolean {
  return ["winlog", "host", "user", "event", "source", "ecs", "agent", "beat"].some((set) =>
    Object.keys(document).some((key) => key.startsWith(`${set}.`) || (key === set && isMembers(document[key]))),
  );
}

/** `winlog.event_data.X` of a document with dotted keys. */
function dottedEventData(document: Members): Members {
  const prefix = "winlog.event_data.";
  const entries = Object.entries(document).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(prefix.length), value]));
}

/** Every value at a dotted path, whichever of its dots are inside a key, through arrays; null ones left out. */
export function valuesAt(node: unknown, path: string): unknown[] {
  if (Array.isArray(node)) return node.filter(isMembers).flatMap((item) => valuesAt(item, path));
  if (!isMembers(node)) return [];
  const found = node[path];
  if (found !== undefined && found !== null) return Array.isArray(found) ? found : [found];
  for (let dot = path.lastIndexOf("."); dot > 0; dot = path.lastIndexOf(".", dot - 1)) {
    const values = valuesAt(node[path.slice(0, dot)], path.slice(dot + 1));
    if (values.length > 0) return values;
  }
  return [];
}
