/**
 * API keys: `smk_` + 30 base62 digits + 6 base62 digits of the CRC-32 of what precedes them, so that a typing error is
 * detected without asking the database. Only the SHA-256 is stored.
 */
import { hash } from "node:crypto";
import { UsageError } from "./errors.ts";
import { dayMs } from "./time.ts";

export const apiKeyScopes = ["feed:read", "incident:write", "ingest", "metrics:read"] as const;
export type ApiKeyScope = (typeof apiKeyScopes)[number];

export interface ApiKeyRecord {
  id: string;
  name: string;
  /** First 8 characters, to recognise a key by. */
  prefix: string;
  sha256: string;
  scopes: readonly ApiKeyScope[];
  /** Entities the key is limited to; empty = all. */
  entities: readonly string[];
  /** Epoch milliseconds. */
  createdAt: number;
  expiresAt: number | null;
  revokedAt: number | null;
  lastUsedAt: number | null;
  /** IP address of the last use; null = none yet, or it was not noted. */
  lastUsedFrom: string | null;
  /** Name of the user who made it, or `command line`; null = it was not noted. */
  createdBy: string | null;
}

/** A key that ends within this time is a warning; one that has ended is one for half as long. */
export const keySoonMs = 14 * dayMs;

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const form = /^smk_[0-9A-Za-z]{36}$/;

/** Makes a key from at least 30 random bytes below 248 (a multiple of 62, so that every digit is equally likely). */
export function makeApiKey(random: (count: number) => Uint8Array): string {
  let secret = "";
  while (secret.length < 30) {
    for (const byte of random(40)) if (byte < 248 && secret.length < 30) secret += digits[byte % 62];
  }
  return withChecksum(`smk_${secret}`);
}

/** Whether the text has the form and checksum of a key. */
export function isApiKey(text: string): boolean {
  return form.test(text) && withChecksum(text.slice(0, 34)) === text;
}

export function apiKeySha256(key: string): string {
  return hash("sha256", key, "hex");
}

/** Reads a comma list of scopes. Throws `UsageError` naming the unknown one. */
export function parseScopes(list: string): ApiKeyScope[] {
  const names = list
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const unknown = names.filter((name) => !(apiKeyScopes as readonly string[]).includes(name));
  if (names.length === 0 || unknown.length > 0)
    throw new UsageError(
      `--scope: ${unknown.length > 0 ? `unknown scope ${unknown.map((name) => JSON.stringify(name)).join(", ")}` : "no scope given"}; known: ${apiKeyScopes.join(", ")}`,
    );
  return [...new Set(names)] as ApiKeyScope[];
}

export type KeyRefusal = "unknown" | "revoked" | "expired" | "scope";

/** Whether a key may be used for `scope` at `now`, with the reason when not. */
export function judgeApiKey(record: ApiKeyRecord | null, scope: ApiKeyScope, now: number): KeyRefusal | "ok" {
  if (record === null) return "unknown";
  if (record.revokedAt !== null) return "revoked";
  if (record.expiresAt !== null && record.expiresAt <= now) return "expired";
  return record.scopes.includes(scope) ? "ok" : "scope";
}

function withChecksum(text: string): string {
  let rest = crc32(text);
  let checksum = "";
  for (let i = 0; i < 6; i++) {
    checksum = `${digits[rest % 62]}${checksum}`;
    rest = Math.floor(rest / 62);
  }
  return text + checksum;
}

/** CRC-32 (ISO 3309) of ASCII text. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
