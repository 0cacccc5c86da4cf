/** The fields of a form that was sent (application/x-www-form-urlencoded). */
import { UsageError } from "../../../core/errors.ts";
import type { ApiContext } from "../api/route.ts";
import { readBytes } from "../body.ts";
import type { Sender } from "../body-budget.ts";

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
    return value.replaceAll("\r\n", "\n");
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

  has(name: string): boolean {
    return this.#fields.has(name);
  }
}

/** @throws EdgeError body_refused; UsageError for another media type */
export async function readForm(c: ApiContext, sender: Sender): Promise<FormFields> {
  const type = (c.req.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded")
    throw new UsageError("form: send Content-Type: application/x-www-form-urlencoded");
  const bytes = await readBytes(c, sender, sender.known ? ofKnown : ofUnknown);
  return new FormFields(new URLSearchParams(new TextDecoder().decode(bytes)));
}
