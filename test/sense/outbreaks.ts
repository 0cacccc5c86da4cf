/** The same rule on many machines within minutes: attacks that do it, and what only looks like one. */
import { dayMs, hourMs, minuteMs } from "../../core/time.ts";
import { Dice } from "../chaos/dice.ts";
import { domain, type Estate, estateOf, type Machine } from "./estate.ts";
import { withLogs } from "./everyday.ts";
import { attackRule } from "./intrusions/rule-table.ts";
import { MeasuredAppliance } from "./measured-appliance.ts";
import { type NoiseRecord, noiseProfiles, quietDetections } from "./noise.ts";

const start = Date.UTC(2026, 8, 7);
/** The noise before it; what follows begins on the fourth day. */
const historyDays = 3;

/** What happens on many machines. */
export interface Wave {
  name: string;
  /** Key of the table of rules. */
  rule: string;
  /** Null = the machine's own account. */
  user: string | null;
  hosts: number;
  /** From the first machine to the last, ms. */
  span: number;
  /** Which machines come first. */
  kind: Machine["kind"] | "any";
  isAttack: boolean;
}

/** Attacks on so many hosts each, and what is none. */
export function wavesOf(sizes: readonly number[]): Wave[] {
  const attacks = sizes.flatMap((hosts) => [
    wave("shadow copies deleted as SYSTEM", "shadow", null, hosts, 50 * 1000),
    wave("shadow copies deleted by one account", "shadow", "u1399", hosts, 8 * minuteMs),
    wave("a high rule as SYSTEM", "vendor_child", null, hosts, 50 * 1000),
    wave("a high rule by one account", "defender_off", "u1399", hosts, 8 * minuteMs),
  ]);
  return [...attacks, ...harmlessWaves];
}

const harmlessWaves: readonly Wave[] = [
  harmless("a new tool by the usual account, high rule", "anydesk", "svc_deploy", 300, 2 * hourMs),
  harmless("a new tool by the usual account, within ten minutes", "anydesk", "svc_deploy", 300, 10 * minuteMs),
  harmless("a new tool by the usual account, medium rule", "service_remote", "svc_deploy", 300, 2 * hourMs),
  harmless("a new tool as SYSTEM, medium rule", "service_remote", null, 300, 2 * hourMs),
  harmless("an administrator's patch night", "defender_off", "adm", 80, 4 * hourMs, "server"),
  harmless("backup agents renewed by their account", "potato", "svc_backup", 83, 30 * minuteMs, "server"),
];

function wave(name: string, rule: string, user: string | null, hosts: number, span: number): Wave {
  return { name, rule, user, hosts, span, kind: "any", isAttack: true };
}

function harmless(
  name: string,
  rule: string,
  user: string | null,
  hosts: number,
  span: number,
  kind: Wave["kind"] = "any",
): Wave {
  return { name, rule, user, hosts, span, kind, isAttack: false };
}

export interface WaveResult {
  /** Incidents that were not there before: actors and scores. */
  incidents: { id: string; actor: string; score: number; campaign: string | null }[];
  outbreaks: { rule: string; hosts: string[]; incidentId: string }[];
}

export interface WaveOrder {
  isShuffled: boolean;
  /** Records in a batch. */
  batch: number;
  /** Detections of the days before. */
  history: number;
}

export async function measureWave(seed: number, one: Wave, order: WaveOrder): Promise<WaveResult> {
  const dice = new Dice(seed);
  const estate = estateOf(dice);
  const appliance = await MeasuredAppliance.started(start);
  try {
    const span = { start, days: historyDays, count: order.history };
    const history = withLogs(estate, quietDetections(dice, estate, noiseProfiles[0]!, span));
    for (const day of Map.groupBy(history, ({ timestamp }) => timestamp.slice(0, 10)).values()) {
      appliance.now += dayMs;
      await appliance.ingest(day);
    }
    await appliance.followActors();
    const before = new Set((await appliance.incidents()).map(({ incident_id }) => incident_id));
    const records = waveRecords(estate, one);
    const sent = order.isShuffled ? dice.shuffled(records) : records;
    appliance.now = Math.max(appliance.now, start + historyDays * dayMs + 10 * hourMs + one.span);
    for (let at = 0; at < sent.length; at += order.batch) {
      await appliance.ingest(sent.slice(at, at + order.batch));
      // They come within seconds; nothing is waited for in between.
      if (at % 20 === 0) await appliance.followActorsNow();
    }
    await appliance.followActors();
    const incidents = (await appliance.incidents())
      .filter(({ incident_id }) => !before.has(incident_id))
      .map((row) => ({ id: row.incident_id, actor: row.group_key, score: row.risk_score, campaign: row.campaign_id }));
    return { incidents, outbreaks: await appliance.outbreaks() };
  } finally {
    await appliance.close();
  }
}

function waveRecords({ machines, servers, administrators }: Estate, one: Wave): NoiseRecord[] {
  const rule = attackRule(one.rule);
  const known = one.kind === "server" ? servers : machines;
  const user = one.user === "adm" ? (administrators[0] ?? "") : one.user;
  return Array.from({ length: one.hosts }, (_, at) => {
    const host = known[at]?.name ?? `more-${at}.corp.example`;
    const time = start + historyDays * dayMs + 10 * hourMs + Math.floor((at * one.span) / Math.max(1, one.hosts - 1));
    return {
      id: `wave-${at}`,
      rule_id: rule.ruleId,
      rule_title: rule.title,
      rule_author: rule.author,
      level: rule.level,
      tags: rule.tags,
      host,
      user: user === null ? "NT AUTHORITY\\SYSTEM" : `${domain}\\${user}`,
      src_ip: null,
      timestamp: new Date(time).toISOString(),
      entity: "Acme",
      raw: { EventID: 1, Computer: host, CommandLine: "x.exe" },
    };
  });
}
