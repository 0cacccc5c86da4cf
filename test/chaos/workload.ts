/**
 * What the client of a crash run posts, and the model that the appliance must agree with in the end. The model holds whatever the
 * order in which batches are committed: an id always belongs to the same alert.
 */

import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { dayMs } from "../../core/time.ts";
import type { Dice } from "./dice.ts";

export interface Batch {
  key: string;
  headers: Record<string, string>;
  body: Uint8Array;
  /** Records in it. */
  received: number;
  /** Indexes of the records that must be refused. */
  rejected: number[];
  /** Alerts that its records belong to, and how many of them have a record that cannot be a duplicate. */
  alerts: number;
  surelyTouched: number;
}

/** Alerts repeated often are among the newest; any other may come again too. */
const recent = 3000;
const badRecords = ['{"rule_title":"no more than a title"}', '{"level":"high","raw":{}}', "17"];

export class Workload {
  readonly #dice: Dice;
  /** Occurrences by alert hash. */
  readonly counts = new Map<string, number>();
  readonly #usedIds: { subject: number; id: string }[] = [];
  #subjects = 0;
  #batches = 0;
  /** Records posted that are good, and those of them whose id came before. */
  good = 0;
  duplicates = 0;
  bad = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** Every size of batch: most are small, one in five is several writes. */
  batch(): Batch {
    const dice = this.#dice;
    const kind = dice.next();
    const size = kind < 0.45 ? dice.int(1, 40) : kind < 0.8 ? dice.int(100, 700) : dice.int(1001, 3600);
    return this.#compose(size, dice.pick([0.05, 0.2, 0.5]));
  }

  /** A batch of `size` new alerts only: what makes a backlog. */
  newAlerts(size: number): Batch {
    return this.#compose(size, 1);
  }

  #compose(size: number, shareOfNew: number): Batch {
    const dice = this.#dice;
    const records: string[] = [];
    const rejected: number[] = [];
    const alerts = new Set<string>();
    const surely = new Set<string>();
    for (let index = 0; index < size; index++) {
      if (index > 0 && dice.chance(0.005)) {
        rejected.push(index);
        records.push(dice.pick(badRecords));
        continue;
      }
      const { subject, id } = this.#choose(shareOfNew);
      const hash = hashOf(subject);
      alerts.add(hash);
      if (this.#count(hash, id, subject)) surely.add(hash);
      records.push(recordText(subject, id, dice));
    }
    this.bad += rejected.length;
    const array = dice.chance(0.3);
    const text = array ? `[${records.join(",")}]` : records.join("\n");
    const gzip = dice.chance(0.3);
    return {
      key: `batch-${++this.#batches}`,
      headers: {
        "Content-Type": array ? "application/json" : "application/x-ndjson",
        ...(gzip ? { "Content-Encoding": "gzip" } : {}),
      },
      body: gzip ? gzipSync(text, { level: 1 }) : Buffer.from(text),
      received: size,
      rejected,
      alerts: alerts.size,
      surelyTouched: surely.size,
    };
  }

  #choose(shareOfNew: number): { subject: number; id: string | null } {
    const dice = this.#dice;
    if (this.#usedIds.length > 0 && shareOfNew < 1 && dice.chance(0.05)) return dice.pick(this.#usedIds);
    const fresh = this.#subjects === 0 || dice.chance(shareOfNew);
    const oldest = dice.chance(0.8) ? Math.max(1, this.#subjects - recent) : 1;
    const subject = fresh ? ++this.#subjects : dice.int(oldest, this.#subjects);
    return { subject, id: dice.chance(0.1) ? `${subject}/${this.#usedIds.length}` : null };
  }

  /** Adds to the model; true for a record without id, which counts whatever came before. */
  #count(hash: string, id: string | null, subject: number): boolean {
    this.good++;
    const isNewId = id !== null && id === `${subject}/${this.#usedIds.length}`;
    if (isNewId) this.#usedIds.push({ subject, id });
    if (id !== null && !isNewId) this.duplicates++;
    else this.counts.set(hash, (this.counts.get(hash) ?? 0) + 1);
    return id === null;
  }
}

interface Subject {
  title: string;
  ruleId: string | null;
  user: string | null;
  host: string | null;
  ip: string | null;
}

function subjectOf(n: number): Subject {
  // A crown jewel, which makes a case alone; other rules would need company, and each actor has one.
  const title = n % 37 === 0 ? "Mimikatz Use" : `Rule ${n % 37}`;
  const rule = { title, ruleId: n % 3 === 0 ? null : `rule-${n % 37}` };
  if (n % 5 === 0) return { ...rule, user: null, host: null, ip: `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}` };
  if (n % 5 === 1) return { ...rule, user: null, host: `WS-${n}.corp.example`, ip: "192.0.2.1" };
  return { ...rule, user: `User${n}`, host: `WS-${n % 500}`, ip: null };
}

/** Enough that some actors get cases and incidents. */
const tagsOf = [
  ["attack.execution", "attack.t1059.001"],
  ["attack.credential-access", "attack.lateral-movement", "attack.t1003"],
  [],
];

/** CONTRACT 2, "Dedup key", written a second time on purpose. */
function hashOf(n: number): string {
  const { title, ruleId, user, host, ip } = subjectOf(n);
  const parts = ["Primary Site", ruleId ?? title, user ?? "", host ?? "", user === null && host === null ? ip : ""];
  const text = JSON.stringify(parts).toLowerCase();
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function recordText(n: number, id: string | null, dice: Dice): string {
  const { title, ruleId, user, host, ip } = subjectOf(n);
  const fields = {
    rule_title: dice.chance(0.5) ? title : ` ${title.toUpperCase()} `,
    rule_id: ruleId,
    level: dice.pick(["low", "medium", "high"]),
    timestamp: new Date(Date.UTC(2026, 2, 13) + dice.int(0, dayMs)).toISOString(),
    user: user === null ? null : dice.pick([user, `CORP\\${user}`, `${user}@corp.example`]),
    host,
    src_ip: ip,
    tags: tagsOf[n % tagsOf.length],
    id,
  };
  const note = dice.pick([
    "plain",
    'quote " bracket ] backslash \\',
    "naïve – 日本語",
    "x".repeat(dice.int(200, 2000)),
  ]);
  return `${JSON.stringify(fields).slice(0, -1)},"raw":{"EventID":4624,"Keywords":9232379236109516800,"Note":${JSON.stringify(note)}}}`;
}
