/** The fields of a form that was sent: application/x-www-form-urlencoded, or multipart/form-data where it has files. */
import { EdgeError, UsageError } from "../../../core/errors.ts";
import { textOfCsv } from "../api/json-body.ts";
import type { ApiContext } from "../api/route.ts";
import { readBytes } from "../body.ts";
import type { Sender } from "../body-budget.ts";
import { type Refusal, refusalOf } from "../refusals.ts";

const ofKnown = { most: 1024 * 1024, totalMs: 60_000 };
/** A sign-in is small. */
const ofUnknown = { most: 16 * 1024, totalMs: 20_000 };

export class FormFields {
  readonly #fields: URLSearchParams;

  constructor(fields: URLSearchParams) {
    this.#fields = fields;
  }

  /** Without blanks around it; "" if it is absent. @throws UsageError longer than `most` characters, or with NUL */
  text(name: string, most = 200): string {
    return this.exact(name, most).trim();
  }

  /** As it was typed, as passwords are. @throws as `text` */
  exact(name: string, most = 200): string {
    const value = (this.#fields.get(name) ?? "").toWellFormed();
    if (value.length > most) throw new UsageError(`${name}: at most ${most} characters`);
    if (value.includes("\0")) throw new UsageError(`${name}: a text without NUL`);
    return value.replace(/\r+\n/g, "\n");
  }

  /** @throws UsageError if it is blank */
  required(name: string, most = 200): string {
    const value = this.text(name, most);
    if (value === "") throw new UsageError(`${name}: must not be empty`);
    return value;
  }

  /** One of these words. @throws UsageError */
  oneOf<const T extends readonly string[]>(name: string, words: T): T[number] {
    const value = this.text(name);
    const found = words.find((word) => word === value);
    if (found === undefined) throw new UsageError(`${name}: one of ${words.join(", ")}`);
    return found;
  }

  /** Every value of a field that comes several times, as check boxes do; at most 500. */
  all(name: string): string[] {
    return this.#fields
      .getAll(name)
      .slice(0, 500)
      .map((value) => value.toWellFormed());
  }

  /** Each name that was sent, once. */
  names(): string[] {
    return [...new Set(this.#fields.keys())];
  }

  has(name: string): boolean {
    return this.#fields.has(name);
  }
}

/** `most`: bytes. @throws EdgeError body_refused; UsageError for another media type */
export async function readForm(c: ApiContext, sender: Sender, most = ofKnown.most): Promise<FormFields> {
  const given = c.req.header("content-type") ?? "";
  const type = given.split(";")[0]?.trim().toLowerCase();
  const hasFiles = type === "multipart/form-data" && sender.known;
  if (type !== "application/x-www-form-urlencoded" && !hasFiles)
    throw new UsageError("form: send Content-Type: application/x-www-form-urlencoded");
  const bytes = await readBytes(c, sender, sender.known ? { ...ofKnown, most } : ofUnknown);
  const text = new TextDecoder();
  return new FormFields(hasFiles ? await withFiles(bytes, given) : new URLSearchParams(text.decode(bytes)));
}

/** As `refusalOf`; also of a form that is too large, incomplete, unreadable or too slow, and of one for which there is no room at the moment. */
export function refusalOfForm(error: unknown): Refusal | null {
  if (!(error instanceof EdgeError) || error.code !== "body_refused") return refusalOf(error);
  const { status, title, retryAfter } = error.data;
  const retry = typeof retryAfter === "number" ? { retryAfter } : {};
  return { status: status as Refusal["status"], title: String(title), detail: error.message, ...retry };
}

/** A file is the text in it. */
async function withFiles(bytes: Uint8Array, type: string): Promise<URLSearchParams> {
  const body = new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { "Content-Type": type } });
  const parts = await body.formData().catch(() => {
    throw new UsageError("form: its parts cannot be told apart: load the page again and send it once more");
  });
  const fields = new URLSearchParams();
  for (const [name, value] of parts)
    fields.append(name, typeof value === "string" ? value : textOfCsv(new Uint8Array(await value.arrayBuffer())));
  return fields;
}
