/** What happens to the machines. Each fault ends with everything as at first; that the site goes on is what the run checks after it. */
import { tablesIn } from "../cluster-files.ts";
import type { Dice } from "../dice.ts";
import type { Load } from "./load.ts";
import { newTable } from "./next-version.ts";
import { type Machine, pause, type Site } from "./site.ts";

export interface Scene {
  site: Site;
  load: Load;
  dice: Dice;
  /** The machine that leads, and another one. */
  leader: number;
  other: number;
  /** Waits until a batch is taken in again, and notes how long that took since the fault. */
  tookOver(since: number): Promise<void>;
  violation(text: string): void;
}

type Happen = (scene: Scene) => Promise<void>;

export const faults = {
  "kill-leader": async ({ site, leader, tookOver }) => {
    const since = performance.now();
    await at(site, leader).node.kill();
    await tookOver(since);
    await at(site, leader).node.start();
  },
  "kill-follower": async ({ site, other, dice }) => {
    await at(site, other).node.kill();
    await pause(dice.int(0, 800));
    await at(site, other).node.start();
  },
  /** Node and member of etcd at once. */
  "kill-machine": async ({ site, leader, tookOver }) => {
    const since = performance.now();
    await Promise.all([at(site, leader).node.kill(), site.etcd.signal(leader, "SIGKILL")]);
    await tookOver(since);
    site.etcd.begin(leader);
    await at(site, leader).node.start();
  },
  "kill-etcd": async ({ site, load, dice }) => {
    const member = dice.int(0, 2);
    await site.etcd.signal(member, "SIGKILL");
    await load.taken();
    site.etcd.begin(member);
    await site.etcd.answers();
  },
  "stop-leader": async ({ site, leader, tookOver }) => {
    const since = performance.now();
    at(site, leader).node.signal("SIGSTOP");
    await tookOver(since);
    at(site, leader).node.signal("SIGCONT");
  },
  "stop-follower": async ({ site, other, dice }) => {
    at(site, other).node.signal("SIGSTOP");
    await pause(dice.int(200, 2_000));
    at(site, other).node.signal("SIGCONT");
  },
  "stop-etcd": async ({ site, load, dice }) => {
    const member = dice.int(0, 2);
    await site.etcd.signal(member, "SIGSTOP");
    await load.taken();
    await site.etcd.signal(member, "SIGCONT");
  },
  /** The leader and both others do not reach each other. */
  "cut-leader": async ({ site, leader, tookOver }) => {
    const since = performance.now();
    for (const other of othersOf(site, leader)) {
      site.network.cut(leader, other);
      site.network.cut(other, leader);
    }
    await tookOver(since);
    site.network.heal();
  },
  /** What the others send does not reach the leader. */
  "cut-to-leader": async ({ site, leader, tookOver }) => {
    const since = performance.now();
    for (const other of othersOf(site, leader)) site.network.cut(other, leader);
    await tookOver(since);
    site.network.heal();
  },
  /** What the leader sends does not reach the others. */
  "cut-from-leader": async ({ site, leader, tookOver }) => {
    const since = performance.now();
    for (const other of othersOf(site, leader)) site.network.cut(leader, other);
    await tookOver(since);
    site.network.heal();
  },
  "cut-follower": async ({ site, other, load, dice }) => {
    for (const one of othersOf(site, other)) {
      site.network.cut(one, other);
      if (dice.chance(0.5)) site.network.cut(other, one);
    }
    await pause(dice.int(500, 6_000));
    await load.taken();
    site.network.heal();
  },
  loss: async ({ site, load, dice }) => {
    site.network.lose(10);
    await pause(dice.int(2_000, 8_000));
    await load.taken();
    site.network.heal();
  },
  "no-quorum": async ({ site, leader, load, dice, violation }) => {
    const lost = [dice.int(0, 2)];
    lost.push(((lost[0] ?? 0) + 1) % 3);
    for (const one of lost) await site.etcd.signal(one, "SIGKILL");
    await pause(6_000);
    // On a busy machine an answer may take longer than a sender waits; what comes has to be right.
    const soonOnly = async (status: number, ask: () => Promise<number>, what: string) => {
      const seen = new Set<number>();
      const came = await site.soon(async () => seen.add(await ask()).has(status) || [...seen].some((one) => one > 0));
      if (!came || !seen.has(status)) violation(`without a quorum ${what} is answered ${[...seen].join(", ")}`);
    };
    // A key for each: the request before, which nobody waits for any more, may still be under way.
    let tries = 0;
    await soonOnly(503, () => load.post(leader, "{}", `none-${leader}-${tries++}-${performance.now()}`), "a write");
    for (const { name, node } of site.machines) {
      const read = () => site.status(`${node.apiUrl}/api/incidents`, { headers: { "X-API-Key": site.key } });
      await soonOnly(200, read, `a read at ${name}`);
    }
    for (const one of lost) site.etcd.begin(one);
    await site.etcd.answers();
  },
  "full-disk-leader": async ({ site, leader, dice }) => {
    site.fillDisk(at(site, leader));
    await pause(dice.int(1_000, 8_000));
    site.emptyDisk(at(site, leader));
  },
  "full-disk-follower": async ({ site, other, load, dice }) => {
    site.fillDisk(at(site, other));
    await pause(dice.int(1_000, 8_000));
    await load.taken();
    site.emptyDisk(at(site, other));
  },
  "clock-leader": async ({ site, leader, load, dice }) => {
    await clockJumps(site, at(site, leader), load, dice);
  },
  "clock-follower": async ({ site, other, load, dice }) => {
    await clockJumps(site, at(site, other), load, dice);
  },
  "old-file-follower": async ({ site, other }) => {
    await at(site, other).node.kill();
    site.setBack(at(site, other));
    await at(site, other).node.start();
  },
  "old-file-leader": async ({ site, leader, tookOver }) => {
    const since = performance.now();
    await at(site, leader).node.kill();
    await tookOver(since);
    site.setBack(at(site, leader));
    await at(site, leader).node.start();
  },
  promote: async ({ site, leader, other }) => {
    at(site, leader).node.run(["cluster", "promote", at(site, other).name]);
  },
  /** Followers first, then another one leads, then the old leader. The first time to a version with a newer schema, then only in this order. */
  upgrade: async ({ site, leader, other, load, violation }) => {
    const next = [process.execPath, site.nextVersion()];
    for (const one of othersOf(site, leader)) {
      await at(site, one).node.terminate();
      at(site, one).node.use(next);
      await at(site, one).node.start();
      await site.settled();
    }
    let refused = "";
    const isDecided = await site.soon(() => {
      const { code, stderr } = at(site, leader).node.run(["cluster", "promote", at(site, other).name]);
      refused = code === 0 ? "" : stderr;
      // A node that has only just started says so for a moment; any other refusal stands.
      return !refused.includes("cannot lead: starting");
    });
    if (!isDecided || refused !== "") throw new Error(`promote: ${refused}`);
    while ((await site.leader()) === leader) await pause(50);
    await site.settled();
    await at(site, leader).node.terminate();
    at(site, leader).node.use(next);
    await at(site, leader).node.start();
    await load.taken();
    await site.settled();
    for (const machine of site.machines)
      if (!(await site.soon(() => tablesIn(site.database(machine)).has(newTable))))
        violation(`${machine.name} has not got the newer schema`);
  },
} satisfies Record<string, Happen>;

export type FaultName = keyof typeof faults;

async function clockJumps(site: Site, machine: Machine, load: Load, dice: Dice): Promise<void> {
  site.setClock(machine, dice.pick([-86_400, -3_600, -30, 30, 3_600, 86_400]));
  await pause(dice.int(2_000, 8_000));
  await load.taken();
  site.setClock(machine, 0);
}

function at(site: Site, n: number): Machine {
  const machine = site.machines[n];
  if (machine === undefined) throw new Error(`there is no machine ${n}`);
  return machine;
}

function othersOf(site: Site, n: number): number[] {
  return site.machines.map((_, index) => index).filter((index) => index !== n);
}
