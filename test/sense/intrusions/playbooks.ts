/** Invented intrusions of many kinds, written from what real ones do, and unlike the sample's recordings. */
import type { Dice } from "../../chaos/dice.ts";
import type { Targets } from "../attacks.ts";
import type { Estate } from "../estate.ts";
import { actorsOf, type KnownAttack } from "../known-attack.ts";
import { castOf, type Playbook } from "./cast.ts";
import { database, linuxWebShell, mailServer, openDesktop, supplyChain, webShell } from "./from-outside.ts";
import { helpDeskFraud, insider, phishingStopped, phishingToRansomware, removableMedia } from "./from-the-desk.ts";
import { Intruder } from "./intruder.ts";
import {
  certificate,
  domainAtOnce,
  forgedTicket,
  kerberoasting,
  passTheHash,
  remoteShells,
  remoteTasks,
} from "./through-the-domain.ts";

export const playbooks: readonly Playbook[] = [
  phishingToRansomware,
  phishingStopped,
  removableMedia,
  helpDeskFraud,
  insider,
  webShell,
  mailServer,
  openDesktop,
  database,
  linuxWebShell,
  supplyChain,
  kerberoasting,
  forgedTicket,
  certificate,
  passTheHash,
  remoteTasks,
  remoteShells,
  domainAtOnce,
];

/** One intrusion of the playbook, its first detection soon after `start` (epoch ms). */
export function intrusion(
  dice: Dice,
  targets: Targets,
  estate: Estate,
  playbook: Playbook,
  start: number,
): KnownAttack {
  const name = `${playbook.name}-${dice.int(1000, 9999)}`;
  const intruder = new Intruder(dice, name, start);
  playbook(castOf(intruder, targets, estate));
  const { records } = intruder;
  return { name, records, actors: actorsOf(records), start, end: intruder.at };
}
