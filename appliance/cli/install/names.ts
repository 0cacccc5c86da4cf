/** The names for the certificate of the system that is installed into. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type MachineNames, machineNames, namesFrom } from "../../certificate/machine-names.ts";
import type { Target } from "./target.ts";

/** Of another root its own names, and no addresses: it does not run. */
export function namesFor(target: Target): MachineNames {
  if (target.isMachine) return machineNames();
  const read = (path: string) => {
    try {
      return readFileSync(join(target.root, path), "utf8");
    } catch {
      return "";
    }
  };
  return namesFrom({ hostname: read("/etc/hostname").trim(), hosts: read("/etc/hosts"), interfaces: {} });
}
