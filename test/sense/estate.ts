/** An invented company: 300 hosts and 200 users with the roles that make noise. */
import type { Dice } from "../chaos/dice.ts";

export interface Machine {
  name: string;
  ip: string;
  kind: "workstation" | "server" | "domain_controller" | "scanner" | "backup" | "deployment" | "jump_host";
  /** Of a workstation: who works on it. */
  user: string | null;
}

export interface Estate {
  machines: readonly Machine[];
  workstations: readonly Machine[];
  servers: readonly Machine[];
  controllers: readonly Machine[];
  users: readonly string[];
  administrators: readonly string[];
  helpDesk: readonly string[];
  developers: readonly string[];
  /** What runs at night under an account of its own. */
  scanner: { machine: Machine; account: string };
  backup: { machine: Machine; account: string };
  deployment: { machine: Machine; account: string };
}

/** Servers that everybody uses: print server, wiki, two file servers. */
export function isPopular({ name }: Machine): boolean {
  return /^(print-01|wiki-01|srv-01|srv-02)\./.test(name);
}

export const domain = "CORP";

export function estateOf(dice: Dice): Estate {
  const users = Array.from({ length: 200 }, (_, at) => `u${String(1000 + at * 7)}`);
  let address = 0;
  const machine = (name: string, kind: Machine["kind"], user: string | null = null): Machine => {
    address++;
    return {
      name: `${name}.corp.example`,
      ip: `10.20.${Math.floor(address / 250)}.${(address % 250) + 2}`,
      kind,
      user,
    };
  };
  // A few share a machine, a few have two.
  const workstations = Array.from({ length: 210 }, (_, at) =>
    machine(`ws-${String(at + 1).padStart(3, "0")}`, "workstation", users[at] ?? dice.pick(users)),
  );
  const servers = Array.from({ length: 80 }, (_, at) => machine(`srv-${String(at + 1).padStart(2, "0")}`, "server"));
  const controllers = ["dc-01", "dc-02", "dc-03"].map((name) => machine(name, "domain_controller"));
  const jumpHosts = ["jump-01", "jump-02"].map((name) => machine(name, "jump_host"));
  const scanner = { machine: machine("scan-01", "scanner"), account: "svc_scan" };
  const backup = { machine: machine("backup-01", "backup"), account: "svc_backup" };
  const deployment = { machine: machine("sccm-01", "deployment"), account: "svc_deploy" };
  const rest = [...servers, ...controllers, ...jumpHosts, scanner.machine, backup.machine, deployment.machine];
  const staff = dice.shuffled(users);
  return {
    machines: [...workstations, ...rest, machine("print-01", "server"), machine("wiki-01", "server")],
    workstations,
    servers: [...servers, ...jumpHosts],
    controllers,
    users,
    administrators: staff.slice(0, 8).map((name) => `adm-${name}`),
    helpDesk: staff.slice(8, 18),
    developers: staff.slice(18, 43),
    scanner,
    backup,
    deployment,
  };
}
