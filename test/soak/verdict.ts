/** What must be true in the end, by the model alone. Every violation is one line. */
import { actorOf, type Counts, hashOf, makesIncident } from "./subjects.ts";

interface StoredAlert {
  hash: string;
  count: number;
  /** Occurrences that its messages have told. */
  sent: number;
}

/** Every accepted detection is counted in its alert, once, and there is no other alert. */
export function judgeAlerts(counts: Counts, stored: Iterable<StoredAlert>): string[] {
  const numbers = new Map<string, number>();
  for (let n = 1; n <= counts.highest; n++) if (counts.of(n) > 0) numbers.set(hashOf(n), n);
  const found: string[] = [];
  let missing = numbers.size;
  for (const { hash, count, sent } of stored) {
    const n = numbers.get(hash);
    if (n === undefined) {
      found.push(`alert ${hash} is of nobody's detections`);
      continue;
    }
    missing--;
    if (count !== counts.of(n)) found.push(`alert ${n} counts ${count}; accepted were ${counts.of(n)}`);
    if (sent !== count) found.push(`alert ${n} counts ${count}; told were ${sent}`);
  }
  if (missing > 0) found.push(`${missing} alerts do not exist`);
  return found;
}

/** Each actor that must have an incident has exactly one, and nobody else has any. `actors`: one for each incident that there is. */
export function judgeIncidents(counts: Counts, actors: readonly string[]): string[] {
  const expected: string[] = [];
  for (let n = 1; n <= counts.highest; n++) if (makesIncident(n) && counts.of(n) > 0) expected.push(actorOf(n));
  return judgeOnce("incidents", expected, actors);
}

/** One ticket for each incident, `names` being what each ticket of the system names as its incident. A later generation counts as its own. */
export function judgeTickets(system: string, incidents: readonly string[], names: readonly string[]): string[] {
  const ids = names.map((name) => name.replace(/^rhythmx-/, "").replace(/-g\d+$/, ""));
  return judgeOnce(
    `tickets in ${system}`,
    incidents.map((id) => id.toLowerCase()),
    ids.map((id) => id.toLowerCase()),
  );
}

/** Each of `expected` came at least once, and nothing else did. */
export function judgeArrived(name: string, expected: readonly string[], came: readonly string[]): string[] {
  return judgeOnce(name, expected, [...new Set(came)]);
}

/** Each of `expected` came exactly once, and nothing else did. */
export function judgeOnce(name: string, expected: readonly string[], came: readonly string[]): string[] {
  const times = new Map<string, number>(expected.map((one) => [one, 0]));
  const foreign: string[] = [];
  for (const one of came) {
    const before = times.get(one);
    if (before === undefined) foreign.push(one);
    else times.set(one, before + 1);
  }
  const missing = [...times].filter(([, count]) => count === 0).map(([one]) => one);
  const doubled = [...times].filter(([, count]) => count > 1).map(([one]) => one);
  const say = (what: string, those: readonly string[]) =>
    those.length === 0 ? [] : [`${name}: ${those.length} of ${expected.length} ${what}, such as ${those[0]}`];
  return [
    ...say("are missing", missing),
    ...say("came more than once", doubled),
    ...(foreign.length === 0 ? [] : [`${name}: ${foreign.length} are nobody's, such as ${foreign[0]}`]),
  ];
}
