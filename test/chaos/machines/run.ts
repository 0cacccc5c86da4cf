/** Faults by a seed on three machines under load, and what has to hold afterwards. */
import { messageOf } from "../../../core/errors.ts";
import { differing, hostsIn, incidentsIn, rowsApart, sameContent } from "../cluster-files.ts";
import { Dice } from "../dice.ts";
import { type FaultName, faults, type Scene } from "./faults.ts";
import { Load } from "./load.ts";
import { pause, Site } from "./site.ts";

export interface MachinesReport {
  faults: Record<string, number>;
  answers: Record<string, number>;
  accepted: number;
  incidents: number;
  tickets: number;
  messages: number;
  /** Messages that arrived more than once, and changes of the leader. */
  repeated: number;
  epochs: number;
  /** Milliseconds from a fault of the leader until a batch was answered 200 again. */
  takeOvers: { fault: string; ms: number }[];
  violations: string[];
  /** Where the logs of all nodes are after a violation. */
  logs: string | null;
}

/** A destination is sent so many messages at once at most. */
const batchMessages = 100;

export async function machinesRun({
  count,
  seed,
  kinds = Object.keys(faults) as FaultName[],
  incidents = 300,
  leaseSeconds = 5,
  minutes = Number.POSITIVE_INFINITY,
  onFault = () => {},
}: {
  count: number;
  seed: number;
  kinds?: readonly FaultName[];
  incidents?: number;
  leaseSeconds?: number;
  /** After so long no further fault comes. */
  minutes?: number;
  onFault?: (n: number, fault: string, violations: readonly string[]) => void;
}): Promise<MachinesReport> {
  const dice = new Dice(seed);
  const site = await Site.begin(leaseSeconds);
  const report: MachinesReport = {
    ...{ faults: {}, answers: {}, accepted: 0, incidents: 0, tickets: 0, messages: 0, repeated: 0, epochs: 0 },
    ...{ takeOvers: [], violations: [], logs: null },
  };
  try {
    const load = new Load(site, incidents);
    site.tickets.delayMs = 150;
    const possible = kinds.filter((name) => site.setsClocks || !name.startsWith("clock-"));
    // Each kind as often as the others, in an order of the dice.
    let bag: FaultName[] = [];
    const end = performance.now() + minutes * 60_000;
    for (let n = 0; n < count && performance.now() < end; n++) {
      if (bag.length === 0) bag = [...possible];
      const [fault = "kill-leader"] = bag.splice(dice.int(0, bag.length - 1), 1);
      report.faults[fault] = (report.faults[fault] ?? 0) + 1;
      onFault(n, fault, report.violations);
      await pause(dice.int(100, 1_500));
      const leader = await site.leader();
      const scene: Scene = {
        ...{ site, load, dice, leader },
        other: (leader + dice.int(1, 2)) % 3,
        tookOver: async (since) => {
          await load.taken();
          report.takeOvers.push({ fault, ms: Math.round(load.answeredAt - since) });
        },
        violation: (text) => report.violations.push(`fault ${n + 1}, ${fault}: ${text}`),
      };
      await faults[fault](scene);
      await site.settled();
      await load.taken();
      noteLogs(site, report);
      if (report.violations.length > 0) break;
    }
    await load.stop();
    report.answers = load.answers;
    await verify(site, load, report);
  } catch (error) {
    const logs = site.machines.map(({ name, node }) => `${name}:\n${node.log.slice(-3_000)}`).join("\n");
    report.violations.push(`${messageOf(error)}\n${logs}`);
  } finally {
    if (report.violations.length > 0) report.logs = site.keepLogs(seed);
    await site.end();
  }
  return report;
}

function noteLogs({ machines }: Site, report: MachinesReport): void {
  for (const { name, node } of machines)
    for (const word of ["crashed", "cluster_halt"])
      if (node.log.includes(`"${word}"`) && !report.violations.some((one) => one.startsWith(`${name} ${word}`)))
        report.violations.push(
          `${name} ${word}: ${node.log.slice(Math.max(0, node.log.indexOf(`"${word}"`) - 200), node.log.indexOf(`"${word}"`) + 600)}`,
        );
}

async function verify(site: Site, load: Load, report: MachinesReport): Promise<void> {
  const { machines, receiver, tickets } = site;
  const { accepted } = load;
  const end = performance.now() + 180_000;
  const until = async (holds: () => boolean): Promise<boolean> => {
    while (!holds() && performance.now() < end) await pause(200);
    return holds();
  };
  const paths = machines.map((machine) => site.database(machine));
  report.accepted = accepted.size;
  await site.settled();
  const missing = () => {
    const arrived = new Set(receiver.messages.map(hostOf));
    return [...accepted].filter((host) => !arrived.has(host)).length;
  };
  if (!(await until(() => missing() === 0)))
    report.violations.push(`${missing()} accepted detections never arrived at the receiver`);
  const known = () => incidentsIn(paths[0] ?? "");
  const having = () => new Set(tickets.rows.map(({ correlation_id }) => correlation_id));
  const without = () => [...known()].filter((id) => !having().has(id));
  if (!(await until(() => without().length === 0)))
    report.violations.push(`incidents without a ticket: ${without().join(", ")}`);
  report.incidents = known().size;
  report.tickets = tickets.rows.length;
  const doubled = tickets.rows.length - having().size;
  if (doubled > 0) report.violations.push(`${doubled} second tickets`);
  report.messages = receiver.messages.length;
  report.repeated = receiver.messages.length - new Set(receiver.messages.map(withoutProcess)).size;
  report.epochs = machines.reduce((sum, { node }) => sum + node.log.split('"leads the cluster"').length - 1, 0);
  if (report.repeated > report.epochs * batchMessages)
    report.violations.push(`${report.repeated} messages were repeated in ${report.epochs} changes of the leader`);
  if (!(await until(() => sameContent(paths))))
    for (const table of differing(paths))
      report.violations.push(`the files of the nodes differ in ${table}:\n${rowsApart(paths, table).join("\n")}`);
  for (const [n, path] of paths.entries()) {
    const hosts = hostsIn(path);
    const lost = [...accepted].filter((host) => !hosts.has(host)).length;
    if (lost > 0) report.violations.push(`${machines[n]?.name} lacks ${lost} accepted detections`);
  }
}

function hostOf(message: string): string {
  return /ws-\d+/.exec(message)?.[0] ?? "";
}

/** The same message of another process has another PROCID. */
function withoutProcess(message: string): string {
  return message.replace(/^(<\d+>1 \S+ \S+ \S+) \d+ /, "$1 - ");
}
