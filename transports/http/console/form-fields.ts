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
  /** By the field's name. */
  readonly #files: ReadonlyMap<string, Uint8Array>;

  constructor(fields: URLSearchParams, files: ReadonlyMap<string, Uint8Array> = new Map()) {
    this.#fields = fields;
    this.#files = files;
  }

  /** Without blanks around it; "" if it is absent. @throws UsageError longer than `most` characters, or with NUL */
  text(name: string, most = 200): string {
    return this.exact(name, most).trim();
  }

  /** As it was typed, as passwords are; of a file the text in it. @throws as `text`; EdgeError body_refused for a file that is no text */
  exact(name: string, most = 200): string {
    const file = this.#files.get(name);
    const value = (file === undefined ? (this.#fields.get(name) ?? "") : textOfCsv(file)).toWellFormed();
    if (value.length > most) throw new UsageError(`${name}: at most ${most} characters`);
    if (value.includes("\0")) throw new UsageError(`${name}: a text without NUL`);
    return value.replace(/\r+\n/g, "\n");
  }

  /**
   * A certificate or key, typed or as a file, without blanks around it. Also of what is no text at all, such as a DER file, so that
   * whoever reads it can say what is wanted. @throws UsageError longer than `most` characters
   */
  pem(name: string, most: number): string {
    const file = this.#files.get(name);
    const text = file === undefined ? (this.#fields.get(name) ?? "") : textOfPem(file);
    if (text.length > most) throw new UsageError(`${name}: at most ${most} characters`);
    return text.toWellFormed().replaceAll("\0", "\ufffd").replace(/\r+\n/g, "\n").trim();
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
  return hasFiles ? withFiles(bytes, given) : new FormFields(new URLSearchParams(new TextDecoder().decode(bytes)));
}

/** As `refusalOf`; also of a form that is too large, incomplete, unreadable or too slow, and of one for which there is no room at the moment. */
export function refusalOfForm(error: unknown): Refusal | null {
  if (!(error instanceof EdgeError) || error.code !== "body_refused") return refusalOf(error);
  const { status, title, retryAfter } = error.data;
  const retry = typeof retryAfter === "number" ? { retryAfter } : {};
  return { status: status as Refusal["status"], title: String(title), detail: error.message, ...retry };
}

async function withFiles(bytes: Uint8Array, type: string): Promise<FormFields> {
  const body = new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { "Content-Type": type } });
  const parts = await body.formData().catch(() => {
    throw new UsageError("form: its parts cannot be told apart: load the page again and send it once more");
  });
  const fields = new URLSearchParams();
  const files = new Map<string, Uint8Array>();
  for (const [name, value] of parts)
    if (typeof value === "string") fields.append(name, value);
    else if (!files.has(name)) files.set(name, new Uint8Array(await value.arrayBuffer()));
  return new FormFields(fields, files);
}

/** UTF-8, or UTF-16 as Windows' tools write it. */
function textOfPem(bytes: Uint8Array): string {
  const isWide = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isWide ? "utf-16le" : "utf-8").decode(bytes);
}
