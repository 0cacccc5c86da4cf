/** Which new alerts may be part of an outbreak: crown jewels, and rules of level high or more that were rare before. */
import { isOrdinaryRole } from "../../core/assets/weight.ts";
import type { Sighting } from "../../core/campaigns/outbreak.ts";
import { ruleOf } from "../../core/correlation/evidence.ts";
import { floorOf } from "../../core/correlation/floors.ts";
import { rarityOf } from "../../core/correlation/rarity/rarity.ts";
import { type Level, levels } from "../../core/detection.ts";
import { normaliseName } from "../../core/intake/identity.ts";
import { dayMs, hourMs } from "../../core/time.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text } from "../database/rows.ts";
import type { Row } from "../database/statement.ts";
import type { Correlator } from "../incidents/correlator.ts";
import type { UnitOfWork } from "../incidents/unit-of-work.ts";

/** A rule on a host, with the names by which outbreaks are kept. */
export interface AlertSighting extends Sighting {
  entity: string;
  /** Normalised. */
  entityKey: string;
  /** The rule's key in evidence. */
  rule: string;
  title: string;
}

const [medium, high] = [levels.indexOf("medium"), levels.indexOf("high")];
/** No host or account has a longer name. */
const longestName = 255;
/** What happens soon after midnight belongs to the day before: an outbreak must not make its own rule a usual one. */
const dayBeginsAtMs = 2 * hourMs;

/** The day before which a rule has to have been rare. */
export function rarityDay(at: number): number {
  return Math.floor((at - dayBeginsAtMs) / dayMs);
}

/** The columns that are read of an alert; only alerts that are evidence count. */
export const alertColumns = `id, entity_name, rule_id, rule_title, level, tags, user_name, host, src_ip, first_seen, last_seen, period_id`;

/** What is older than an alert's newest occurrence was looked at when it was new. */
const oldFirstMs = dayMs;

/** The sightings of these alerts, two of an alert that occurred more than once. Those up to the id `known` have been looked at before. */
export async function sightingsOf(
  unit: UnitOfWork,
  correlator: Correlator,
  rows: readonly Row[],
  known: number,
): Promise<AlertSighting[]> {
  const sure: AlertSighting[] = [];
  const asked: AlertSighting[] = [];
  const rules = traitsKnownTo(correlator);
  for (const row of rows) {
    const [title, level, tags] = [text(row, "rule_title"), text(row, "level"), text(row, "tags")];
    const name = `${level}\n${text(row, "rule_id")}\n${title}\n${tags}`;
    let rule = rules.get(name);
    if (rule === undefined) {
      rule = traitsOf(row, correlator);
      rules.set(name, rule);
    }
    if (rule.counts === "never") continue;
    const entity = text(row, "entity_name");
    const actor = correlator.actorOf({ entity, user: null, host: text(row, "host"), srcIp: null });
    if (actor === null || actor.name.length > longestName) continue;
    if (rule.counts === "rare" && isOrdinary(row, entity, actor.name, correlator)) continue;
    const user = correlator.actorOf({ entity, user: text(row, "user_name"), host: null, srcIp: null });
    const sighting = {
      entity,
      entityKey: normaliseName(entity),
      rule: rule.key,
      title,
      host: actor.name,
      user: user?.type === "user" && user.name.length <= longestName ? user.name : "",
      periodId: integer(row, "period_id"),
    };
    const last = fromIso(text(row, "last_seen"));
    const first = row.first_seen === row.last_seen ? last : fromIso(text(row, "first_seen"));
    const isOld = integer(row, "id") <= known && first < last - oldFirstMs;
    for (const at of first === last || isOld ? [last] : [first, last])
      (rule.counts === "always" ? sure : asked).push({ ...sighting, at });
  }
  return [...sure, ...(await rareOf(unit, asked))];
}

/** Those of rules that were not common before their day; most are of the same few rules. */
async function rareOf({ database, ruleActors }: UnitOfWork, sightings: readonly AlertSighting[]) {
  const groups = Map.groupBy(sightings, ({ entityKey, rule, at }) => `${rarityDay(at)} ${entityKey}\n${rule}`);
  const asked = [...groups.values()].flatMap(([one]) =>
    one === undefined ? [] : { entity: one.entityKey, key: one.rule, day: rarityDay(one.at) },
  );
  const usual = await ruleActors.usual(database, asked);
  return [...groups.values()].flatMap((group, index) => (rarityOf(usual[index]) === "common" ? [] : group));
}

interface Traits {
  key: string;
  counts: "always" | "rare" | "never";
}

/** Rules whose traits are kept from one step to the next; most alerts are of rules that were there before. */
const mostTraits = 1_000;
const traitsByCorrelator = new WeakMap<Correlator, Map<string, Traits>>();

/** By level, id, title and tags. Another correlator has other floors. */
function traitsKnownTo(correlator: Correlator): Map<string, Traits> {
  let known = traitsByCorrelator.get(correlator);
  if (known === undefined || known.size > mostTraits) {
    known = new Map();
    traitsByCorrelator.set(correlator, known);
  }
  return known;
}

function traitsOf(row: Row, { rules }: Correlator): Traits {
  const rule = ruleOf({
    ruleId: text(row, "rule_id") || null,
    ruleTitle: text(row, "rule_title"),
    level: text(row, "level") as Level,
    tags: JSON.parse(text(row, "tags")) as string[],
  });
  const isCrownJewel = rule.level >= medium && floorOf(rule, rules.floors)?.crownJewel === true;
  return { key: rule.key, counts: isCrownJewel ? "always" : rule.level >= high ? "rare" : "never" };
}

/** What scanners, backups and deployment servers do, to themselves or to others. */
function isOrdinary(row: Row, entity: string, host: string, { rules: { roles } }: Correlator): boolean {
  const source = text(row, "src_ip");
  return (
    isOrdinaryRole(roles.ofHost(entity, host)?.role) ||
    (source !== "" && isOrdinaryRole(roles.ofHost(entity, source)?.role))
  );
}
