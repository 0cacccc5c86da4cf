/** The real sample, and what must come of it: written from CONTRACT 2 alone, so that it shares no mistake with the product. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { jsonPieces } from "../harness/json-pieces.ts";

export interface SampleRecord {
  hash: string;
  rule_id: string;
  rule_title: string;
  rule_author: string;
  level: string;
  tags: string[];
  user: string | null;
  host: string | null;
  src_ip: string | null;
  /** Epoch milliseconds. */
  at: number;
  /** The log as it stands in the file. */
  rawText: string;
}

/** One detection a line, 16 MB. */
export function sampleText(): string {
  const file = join(import.meta.dirname, "../data/detections/alerts.jsonl.gz");
  return gunzipSync(readFileSync(file)).toString("utf8");
}

export function sampleRecords(): SampleRecord[] {
  return sampleText().trimEnd().split("\n").map(readRecord);
}

function readRecord(line: string): SampleRecord {
  const record = JSON.parse(line) as Omit<SampleRecord, "hash" | "at" | "rawText"> & { timestamp: string };
  // In this file the log is the last member of its line.
  const rawText = line.slice(line.indexOf(',"raw":') + 7, -1);
  return { ...record, hash: hashOf(record), at: Date.parse(record.timestamp), rawText };
}

function hashOf(record: { rule_id: string; user: string | null; host: string | null; src_ip: string | null }): string {
  const lower = (text: string | null) => (text ?? "").trim().toLowerCase();
  const user = lower(record.user);
  const bare = user.startsWith("arn:") ? user : (user.split("\\").pop() ?? "").replace(/(?<=.)@.*$/, "");
  const host = lower(record.host);
  const ip = bare === "" && host === "" ? lower(record.src_ip) : "";
  const parts = JSON.stringify(["primary site", lower(record.rule_id), bare, host, ip]);
  return createHash("sha256").update(parts).digest("hex").slice(0, 16);
}

/** Whether JSON text holds, outside strings, an integer that JSON.parse ruins. */
export function hasHugeInteger(text: string): boolean {
  return jsonPieces(text).some((piece) => /^-?\d{16,}$/.test(piece) && !Number.isSafeInteger(Number(piece)));
}
