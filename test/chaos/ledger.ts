/** Everything that arrived at one destination, in order. */
import { createHash } from "node:crypto";
import { parseRfc5424 } from "../harness/rfc5424-strict.ts";

/** One event, as its message told it. */
export interface ToldEvent {
  /** MSGID, hash and count: no two events have the same. */
  key: string;
  /** TIMESTAMP as epoch milliseconds. */
  at: number;
  hash: string;
  /** Occurrences that this message told: the count of a FIRST, the delta of an HOURLY. */
  told: number;
  /** Digest of the message without PROCID. */
  digest: string;
}

export class Ledger {
  readonly name: string;
  /** Every message, repeats included; `procid` names the process that sent it. */
  readonly arrivals: { event: ToldEvent; procid: string }[] = [];
  readonly violations: string[] = [];
  readonly #events = new Map<string, ToldEvent>();
  /** Different FIRST messages. */
  firsts = 0;
  /** Occurrences told by all different messages. */
  told = 0;

  constructor(name: string) {
    this.name = name;
  }

  get events(): ReadonlyMap<string, ToldEvent> {
    return this.#events;
  }

  add(message: string): void {
    let read: { event: ToldEvent; procid: string };
    try {
      read = readMessage(message);
    } catch (error) {
      this.violations.push(`${this.name}: ${error} in ${message.slice(0, 400)}`);
      return;
    }
    const { event, procid } = read;
    const known = this.#events.get(event.key);
    this.arrivals.push({ event: known ?? event, procid });
    if (known === undefined) {
      this.#events.set(event.key, event);
      this.told += event.told;
      if (event.key.startsWith("FIRST")) this.firsts++;
    } else if (known.digest !== event.digest) {
      this.violations.push(`${this.name}: ${event.key} was repeated with other bytes`);
    }
  }
}

function readMessage(message: string): { event: ToldEvent; procid: string } {
  const { timestamp, procid, msgid, sd } = parseRfc5424(message);
  const params = new Map(sd[0]?.params);
  const first = msgid === "FIRST";
  if (!first && msgid !== "HOURLY") throw new Error(`MSGID ${msgid}`);
  const hash = params.get("hash") ?? "";
  const told = Number(params.get(first ? "count" : "hourly_delta"));
  if (!/^[0-9a-f]{16}$/.test(hash) || !(told > 0)) throw new Error("no hash or nothing told");
  const digest = createHash("sha256")
    .update(message.replace(` ${procid} `, " - "))
    .digest("base64");
  const key = `${msgid} ${hash} ${params.get("count")}`;
  return { event: { key, at: Date.parse(timestamp ?? ""), hash, told, digest }, procid: procid ?? "" };
}
