/**
 * MITRE ATT&CK: tactics as families in kill-chain order, and techniques, from MITRE's published data (`attack-enterprise.json`
 * beside this file, its licence in `LICENSE.txt`).
 */

import { ownOf } from "../text/own.ts";
import data from "./attack-enterprise.json" with { type: "json" };
import newer from "./newer-techniques.json" with { type: "json" };

/** What the data is: source, version and date. */
export const attackSource: string = data.source;

/**
 * A tactic family: ATT&CK's short name. `stealth` and `defense-impairment` (v19) and `defense-evasion` (before) are one family, under
 * the name that the data has.
 */
export interface Family {
  /** `credential-access` */
  name: string;
  /** `Credential Access` */
  title: string;
  /** Its place in the kill chain, from 0; also its bit in a family mask. */
  order: number;
}

/** All families in kill-chain order, which is the order of MITRE's matrix. */
export const families: readonly Family[] = data.tactics.map(({ shortname, name }, order) => ({
  name: shortname,
  title: name,
  order,
}));

/** Names of tactics in other versions of ATT&CK, by the family that they belong to. */
const aliases: Readonly<Record<string, string>> = {
  stealth: "defense-evasion",
  "defense-impairment": "defense-evasion",
};

const familyByName = new Map(families.map((family) => [family.name, family]));

interface Technique {
  name: string;
  tactics: readonly string[];
  revokedBy: string | null;
}

interface Row {
  id: string;
  name: string;
  tactics: string[];
  revoked_by?: string;
}

/** What the data has counts; of newer versions only what it lacks. */
const techniques = new Map<string, Technique>(
  ([...newer.techniques, ...data.techniques] as Row[]).map(({ id, name, tactics, revoked_by }) => [
    id,
    { name, tactics, revokedBy: revoked_by ?? null },
  ]),
);

/** The family of a tactic's name in any spelling (`Credential Access`, `credential_access`, `stealth`); null when unknown. */
export function familyOf(tactic: string): Family | null {
  const name = tactic
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, "-");
  return familyByName.get(ownOf(aliases, name) ?? name) ?? null;
}

/** The bits of these families. */
export function familyMask(list: Iterable<Family>): number {
  let mask = 0;
  for (const { order } of list) mask |= 1 << order;
  return mask;
}

/** The families of a mask, in kill-chain order. */
export function familiesOf(mask: number): Family[] {
  return families.filter(({ order }) => mask & (1 << order));
}

/** A technique's present id: a revoked one leads to what replaced it; one that the data does not know keeps its number. */
export function currentTechnique(id: string): string {
  let current = id;
  // A few replacements were revoked later themselves.
  for (let steps = 0; steps < 5; steps++) {
    const next = techniques.get(current)?.revokedBy ?? null;
    if (next === null) break;
    current = next;
  }
  return current;
}

/** `OS Credential Dumping: LSASS Memory`; the id itself for one that the data does not know. */
export function techniqueName(id: string): string {
  const technique = techniques.get(id);
  if (technique === undefined) return id;
  const parent = id.includes(".") ? techniques.get(id.slice(0, id.indexOf("."))) : undefined;
  return parent === undefined ? technique.name : `${parent.name}: ${technique.name}`;
}

/** The ATT&CK content of a rule's tags. */
export interface AttackTags {
  /** Family mask. */
  mask: number;
  /** Present ids, sorted, each once. */
  techniques: readonly string[];
}

const techniqueForm = /^t\d{4}(?:\.\d{3})?$/;
/** There are few rules and they repeat, so their tags are parsed once. */
const cache = new Map<string, AttackTags>();
const cacheSize = 5_000;

/**
 * Reads Sigma tags (`attack.credential-access`, `attack.t1003.001`, with `_` or `-`, in any case). Software (`s0002`), groups
 * (`g0069`), unknown tactics and other namespaces say nothing. A rule that names techniques and no tactic is of the one family that
 * its techniques have, if that is one.
 */
export function readAttackTags(tags: readonly string[]): AttackTags {
  const key = tags.join("\n");
  const known = cache.get(key);
  if (known !== undefined) return known;
  const read = parseTags(tags);
  if (cache.size >= cacheSize) cache.clear();
  cache.set(key, read);
  return read;
}

function parseTags(tags: readonly string[]): AttackTags {
  const ids = new Set<string>();
  let mask = 0;
  for (const tag of tags) {
    const name = /^attack\.(.+)$/.exec(tag.trim().toLowerCase())?.[1];
    if (name === undefined) continue;
    if (techniqueForm.test(name)) ids.add(currentTechnique(name.toUpperCase()));
    else mask |= familyMask([familyOf(name)].filter((family) => family !== null));
  }
  if (mask === 0) mask = onlyFamily(ids);
  return { mask, techniques: [...ids].sort() };
}

function onlyFamily(ids: Iterable<string>): number {
  let mask = 0;
  for (const id of ids) {
    const tactics = techniques.get(id)?.tactics ?? [];
    mask |= familyMask(tactics.map(familyOf).filter((family) => family !== null));
  }
  return (mask & (mask - 1)) === 0 ? mask : 0;
}
