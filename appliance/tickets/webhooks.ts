/** Webhooks of ticket systems. Each is only a hint: it is verified, repeats are recognised, and the ticket is then read (protocols 3.8, CONTRACT 6). */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { EdgeError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { WebhookSystem } from "../../core/tickets/ticket.ts";
import { parseTime } from "../../core/time.ts";

/** `accepted`: the ticket will be read. `ignored`: it is none of ours. `repeated`: it was received before. */
export type WebhookAnswer = "accepted" | "ignored" | "repeated";

interface WebhookParts {
  clock: Clock;
  /** Null: webhooks of this system are off. */
  secretOf(system: WebhookSystem): string | null;
  /** Marks the ticket to be read; stored before this resolves. Returns false if it is none of ours. */
  readSoon(system: WebhookSystem, remoteId: string): Promise<boolean>;
}

type Header = (name: string) => string | undefined;

/** The largest accepted difference between ServiceNow's clock and ours. */
const mostSkewMs = 5 * 60_000;
const mostRemembered = 20_000;
const idForm = /^[0-9a-zA-Z-]{1,64}$/;

export class Webhooks {
  readonly #parts: WebhookParts;
  /** Webhooks received, oldest first. */
  readonly #seen = new Set<string>();
  readonly #counts = new Map<string, number>();

  constructor(parts: WebhookParts) {
    this.#parts = parts;
  }

  /** Checks the headers, before the body is read. @throws EdgeError webhook_off, webhook_signature, webhook_outdated */
  expect(system: WebhookSystem, header: Header): void {
    try {
      if (this.#parts.secretOf(system) === null) throw off(system);
      const { name, form } = signatures[system];
      if (!form.test(header(name.toLowerCase())?.trim() ?? "")) throw badSignature(name);
      if (system === "servicenow") refuseOldStamp(header("x-rhythmx-timestamp")?.trim() ?? "", this.#parts.clock.now());
    } catch (error) {
      if (error instanceof EdgeError) this.#count(system, error.code.replace("webhook_", ""));
      throw error;
    }
  }

  /** `body`: the exact bytes that were sent. @throws EdgeError webhook_off, webhook_signature, webhook_outdated, webhook_unreadable; StoreError */
  async receive(system: WebhookSystem, header: Header, body: Uint8Array): Promise<WebhookAnswer> {
    try {
      const answer = await this.#receive(system, header, body);
      this.#count(system, answer);
      return answer;
    } catch (error) {
      this.#count(system, error instanceof EdgeError ? error.code.replace("webhook_", "") : "failed");
      throw error;
    }
  }

  /** Counts by system and outcome since the start. */
  counts(): { system: string; outcome: string; count: number }[] {
    return [...this.#counts].map(([key, count]) => {
      const [system = "", outcome = ""] = key.split(" ");
      return { system, outcome, count };
    });
  }

  async #receive(system: WebhookSystem, header: Header, body: Uint8Array): Promise<WebhookAnswer> {
    const secret = this.#parts.secretOf(system);
    if (secret === null) throw off(system);
    const marks = verifiers[system](secret, header, body, this.#parts.clock.now());
    if (marks.some((mark) => this.#seen.has(mark))) return "repeated";
    const id = idOf(system, body);
    const isOurs = id !== null && (await this.#parts.readSoon(system, id));
    // Remembered last, so that a webhook that could not be stored may be sent again.
    for (const mark of marks) this.#remember(mark);
    return isOurs ? "accepted" : "ignored";
  }

  #remember(mark: string): void {
    this.#seen.add(mark);
    if (this.#seen.size <= mostRemembered) return;
    for (const oldest of this.#seen) {
      this.#seen.delete(oldest);
      return;
    }
  }

  #count(system: string, outcome: string): void {
    const key = `${system} ${outcome}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }
}

/** The keys by which a repeated webhook with a valid signature is recognised. */
type Verifier = (secret: string, header: Header, body: Uint8Array, now: number) => string[];

const verifiers: Readonly<Record<WebhookSystem, Verifier>> = {
  /** `X-Hub-Signature: sha256=<hex>` over the body. The identifier is not signed, so the body, which contains a time, is a key as well. */
  jira: (secret, header, body) => {
    const expected = createHmac("sha256", secret).update(body).digest("hex");
    if (!sameText(header("x-hub-signature")?.toLowerCase(), `sha256=${expected}`))
      throw badSignature("X-Hub-Signature");
    const identifier = header("x-atlassian-webhook-identifier");
    const mark = `jira ${createHash("sha256").update(body).digest("hex")}`;
    return identifier === undefined ? [mark] : [mark, `jira id ${identifier.slice(0, 200)}`];
  },
  /** `X-RhythmX-Signature: sha256=<base64>` over `timestamp.body`. */
  servicenow: (secret, header, body, now) => {
    const stamp = header("x-rhythmx-timestamp")?.trim() ?? "";
    const signed = createHmac("sha256", secret).update(`${stamp}.`).update(body).digest("base64");
    const given = header("x-rhythmx-signature")?.trim();
    if (!sameText(given, `sha256=${signed}`)) throw badSignature("X-RhythmX-Signature");
    refuseOldStamp(stamp, now);
    return [`servicenow ${given}`];
  },
};

/** The header of a signature and its form. */
const signatures: Readonly<Record<WebhookSystem, { name: string; form: RegExp }>> = {
  jira: { name: "X-Hub-Signature", form: /^sha256=[0-9a-f]{64}$/i },
  servicenow: { name: "X-RhythmX-Signature", form: /^sha256=[0-9A-Za-z+/]{43}=$/ },
};

function refuseOldStamp(stamp: string, now: number): void {
  // Seconds or milliseconds since 1970, or ISO 8601.
  const at = parseTime(stamp);
  if (at === null || Math.abs(now - at) > mostSkewMs)
    throw new EdgeError(
      "webhook_outdated",
      "X-RhythmX-Timestamp is more than 5 minutes from this appliance's clock: send the present time, in seconds since 1970, and check both clocks",
    );
}

/** The id of the ticket; null = not found in the body. */
function idOf(system: WebhookSystem, body: Uint8Array): string | null {
  let parsed: { issue?: { id?: unknown }; sys_id?: unknown };
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new EdgeError("webhook_unreadable", "the body is no JSON");
  }
  const id = system === "jira" ? parsed?.issue?.id : parsed?.sys_id;
  const text = typeof id === "string" || typeof id === "number" ? String(id) : "";
  return idForm.test(text) ? text : null;
}

function sameText(given: string | undefined, expected: string): boolean {
  const [a, b] = [Buffer.from(given ?? ""), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function badSignature(name: string): EdgeError {
  return new EdgeError(
    "webhook_signature",
    `${name} is missing or does not fit body and secret: the secret here and in the ticket system have to be the same`,
  );
}

function off(system: WebhookSystem): EdgeError {
  const name = system === "jira" ? "JIRA_WEBHOOK_SECRET" : "SERVICENOW_WEBHOOK_SECRET";
  return new EdgeError("webhook_off", `webhooks of ${system} are off: set ${name} to the secret that signs them`);
}
