/** The names and addresses by which others may reach this machine. */
import { readFileSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";

export interface MachineNames {
  /** Full names first; at least `localhost`. */
  names: string[];
  addresses: string[];
}

/** Networks of containers and virtual machines on this host, which nobody else reaches. */
const inner = /^(?:docker|br-|veth|virbr|vnet|cni|flannel|cali|podman|lxc|lxd)/;
const mostAddresses = 32;
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Of the running machine. */
export function machineNames(): MachineNames {
  return namesFrom({ hostname: hostname(), hosts: readHosts(), interfaces: networkInterfaces() });
}

/** The same from its sources; `hosts` is the text of `/etc/hosts`. */
export function namesFrom(sources: {
  hostname: string;
  hosts: string;
  interfaces: ReturnType<typeof networkInterfaces>;
}): MachineNames {
  const own = sources.hostname.toLowerCase().replace(/\.$/, "");
  const [short = ""] = own.split(".");
  const listed = sources.hosts
    .split("\n")
    .map((line) => line.replace(/#.*/, "").toLowerCase().trim().split(/\s+/).slice(1))
    .filter((names) => names.includes(own) || names.includes(short))
    .flat();
  const known = [own, ...listed, short].filter((name) => isHostName(name) && !name.startsWith("localhost"));
  const full = known.filter((name) => name.includes("."));
  const names = [...new Set([...full, ...known, "localhost"])];
  const outer = Object.entries(sources.interfaces)
    .filter(([name]) => !inner.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !/^(?:fe80:|169\.254\.)/i.test(address))
    .sort((a, b) => a.family.localeCompare(b.family))
    .map(({ address }) => address);
  return { names, addresses: [...new Set([...outer.slice(0, mostAddresses), "127.0.0.1", "::1"])] };
}

function isHostName(name: string): boolean {
  return name.length <= 253 && name.split(".").every((part) => label.test(part));
}

function readHosts(): string {
  try {
    return readFileSync("/etc/hosts", "utf8");
  } catch {
    return "";
  }
}
