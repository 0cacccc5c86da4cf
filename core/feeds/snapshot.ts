/**
 * Alert snapshots as compact JSON text for the event log. Rows live as long as retention and are read again by replay, so the
 * order below is frozen: a new field means a new version number beside the old reader.
 *
 * Version 1: [1, hash, count, risk, mlCluster, firstSeen, lastSeen, delta | null, burst | null,
 *             ruleId, ruleTitle, ruleAuthor, level, tags[], entity, user, host, ip]
 */
import type { AlertSnapshot } from "../alert.ts";
import { type Level, levels } from "../detection.ts";
import { EdgeError } from "../errors.ts";

const version = 1;
const length = 18;

/** Risk and cluster are rounded: the seed's table has both as integers. */
export function encodeSnapshot(s: AlertSnapshot): string {
  return JSON.stringify([
    version,
    s.hash,
    s.count,
    Math.round(s.risk),
    Math.round(s.mlCluster),
    s.firstSeen,
    s.lastSeen,
    s.delta ?? null,
    s.burst ?? null,
    s.ruleId,
    s.ruleTitle,
    s.ruleAuthor,
    s.level,
    s.tags,
    s.entity,
    s.user,
    s.host,
    s.ip,
  ]);
}

/** Reads what `encodeSnapshot` wrote. Throws `EdgeError` code `event_corrupt` for anything else. */
export function parseSnapshot(text: string): AlertSnapshot {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch (cause) {
    throw corrupt("it is not JSON", cause);
  }
  if (!Array.isArray(row)) throw corrupt("it is not a JSON array");
  if (row[0] !== version)
    throw corrupt(`its version is ${JSON.stringify(row[0])}, and this program reads version ${version}`);
  if (row.length !== length) throw corrupt(`it has ${row.length} fields instead of ${length}`);
  const snapshot: AlertSnapshot = {
    hash: string(row, 1),
    count: integer(row, 2),
    risk: integer(row, 3),
    mlCluster: integer(row, 4),
    firstSeen: integer(row, 5),
    lastSeen: integer(row, 6),
    ruleId: string(row, 9),
    ruleTitle: string(row, 10),
    ruleAuthor: string(row, 11),
    level: level(row, 12),
    tags: strings(row, 13),
    entity: string(row, 14),
    user: string(row, 15),
    host: string(row, 16),
    ip: string(row, 17),
  };
  if (row[7] !== null) snapshot.delta = integer(row, 7);
  if (row[8] !== null) snapshot.burst = boolean(row, 8);
  return snapshot;
}

function corrupt(what: string, cause?: unknown): EdgeError {
  const message = `The stored snapshot of an alert event cannot be read: ${what}. Run "rhythmx doctor"; restore a backup if the database is damaged.`;
  return new EdgeError("event_corrupt", message, { cause });
}

function wrong(index: number, expected: string): EdgeError {
  return corrupt(`its field ${index} is not ${expected}`);
}

function string(row: readonly unknown[], index: number): string {
  const value = row[index];
  if (typeof value !== "string") throw wrong(index, "a string");
  return value;
}

function integer(row: readonly unknown[], index: number): number {
  const value = row[index];
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw wrong(index, "an integer");
  return value;
}

function boolean(row: readonly unknown[], index: number): boolean {
  const value = row[index];
  if (typeof value !== "boolean") throw wrong(index, "true or false");
  return value;
}

function level(row: readonly unknown[], index: number): Level {
  const found = levels.find((known) => known === row[index]);
  if (found === undefined) throw wrong(index, `one of ${levels.join(", ")}`);
  return found;
}

function strings(row: readonly unknown[], index: number): string[] {
  const value = row[index];
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
    throw wrong(index, "a list of strings");
  return value;
}
