/** Cursors: opaque to clients, bound to their query, and signed, so that only positions that were issued are accepted. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { EdgeError } from "../../core/errors.ts";
import type { Walk } from "../../core/pages/page.ts";

export interface Cursor {
  by: Walk["by"];
  direction: Walk["direction"];
  /** The next page starts after this position. */
  position: number;
  /** In descending order: the newest position at the first page. After the oldest row, the walk continues upwards from there. */
  top: number;
  /** The number of the last removal of rows by retention. */
  generation: number;
}

const version = 1;
const macBytes = 16;

/** The query that a cursor belongs to, as a short text. */
export function questionOf(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 16);
}

export class Cursors {
  readonly #key: Buffer;
  /** The database's generation: in another one the same positions mean other rows. */
  readonly #generation: number;

  constructor(key: Buffer, generation: number) {
    this.#key = key;
    this.#generation = generation;
  }

  write({ by, direction, position, top, generation }: Cursor, question: string): string {
    const text = [
      version,
      by === "created" ? "c" : "u",
      direction === "up" ? "u" : "d",
      position,
      top,
      generation,
      ...(this.#generation === 0 ? [] : [this.#generation]),
    ].join(".");
    const mac = this.#mac(text, question);
    return Buffer.concat([mac, Buffer.from(text)]).toString("base64url");
  }

  /** Null if the text is no cursor of ours, or belongs to another query. @throws EdgeError cursor_restored */
  read(text: string, question: string): Cursor | null {
    if (!/^[0-9A-Za-z_-]{24,160}$/.test(text)) return null;
    const bytes = Buffer.from(text, "base64url");
    // Several texts may decode to the same bytes; only the issued one is accepted.
    if (bytes.toString("base64url") !== text) return null;
    const plain = bytes.subarray(macBytes).toString("latin1");
    const [mac, right] = [bytes.subarray(0, macBytes), this.#mac(plain, question)];
    if (mac.length !== right.length || !timingSafeEqual(mac, right)) return null;
    const [, by, direction, position, top, generation, life = "0"] = plain.split(".");
    if (Number(life) !== this.#generation) throw restored();
    return {
      by: by === "c" ? "created" : "updated",
      direction: direction === "u" ? "up" : "down",
      position: Number(position),
      top: Number(top),
      generation: Number(generation),
    };
  }

  #mac(text: string, question: string): Buffer {
    return createHmac("sha256", this.#key).update(`${question}\n${text}`).digest().subarray(0, macBytes);
  }
}

/** For a position from before a restore of the database. */
export function restored(): EdgeError {
  return new EdgeError(
    "cursor_restored",
    "this cursor is from before the database was restored, and what came after the backup may have other places now: begin again with since=<time of the backup> or without a cursor",
  );
}
