/** The machines and people of one attack. */

import type { Targets } from "../attacks.ts";
import type { Estate, Machine } from "../estate.ts";
import type { Intruder } from "./intruder.ts";

export interface Cast {
  intruder: Intruder;
  estate: Estate;
  /** Given to this attack alone. */
  workstation(): Machine;
  /** A workstation and who works on it. */
  desk(): { machine: Machine; user: string };
  server(): Machine;
  user(): string;
  /** Somebody whose account opens other machines: mostly a user, sometimes an administrator who works on many. */
  account(): string;
  /** Shared with other attacks, as there are only three. */
  controller(): Machine;
}

export function castOf(intruder: Intruder, targets: Targets, estate: Estate): Cast {
  return {
    intruder,
    estate,
    desk: () => {
      const machine = targets.machineOf("workstation");
      return { machine, user: targets.owner(machine) };
    },
    workstation: () => targets.machineOf("workstation"),
    server: () => targets.machineOf("server"),
    user: () => targets.person(),
    account: () => (intruder.dice.chance(0.25) ? targets.administrator() : null) ?? targets.person(),
    controller: () => intruder.dice.pick(estate.controllers),
  };
}

export type Playbook = (cast: Cast) => void;
