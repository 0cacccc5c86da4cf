/**
 * A few fields of a log by the names that `LogFields` gives them, for whoever reads very many logs and needs little of each: of JSON with fields of
 * its own nothing else is built. Everything else, such as text, is left to `LogFields`.
 */
import { isNoValue, LogFields, singleSigns } from "../logs/log-fields.ts";

const longestValue = 4_000;
const deepest = 8;
const mostFields = 2_000;
/** How many of the last names of a path are looked at together. */
const longestPath = 3;
/** Names of fields that are remembered in the form in which they are looked for. */
const mostNames = 5_000;
/** So many fields show that a log has fields, and not only a text that holds them; the number of an event alone shows it too. */
const enough = 3;

export interface Fields {
  /** The first of these that says something; "" where none does. */
  first(...names: readonly string[]): string;
  /** All of these that say something. */
  all(...names: readonly string[]): string[];
}

/** Reads the fields that have one of these names, and no others. */
export class FieldReader {
  readonly #wanted: ReadonlySet<string>;
  /** The last parts of what is wanted. */
  readonly #lasts: ReadonlySet<string>;
  readonly #plain = new Map<string, string>();

  readonly #numbers: readonly string[];

  /** `wanted`: lower case without signs between words, paths with dots. `numbers`: those of them that hold the number of an event. */
  constructor(wanted: Iterable<string>, numbers: readonly string[]) {
    this.#wanted = new Set(wanted);
    this.#numbers = numbers;
    this.#lasts = new Set([...this.#wanted].map((name) => name.slice(name.lastIndexOf(".") + 1)));
  }

  read(log: string): Fields {
    if (!log.startsWith("{")) return new LogFields(log);
    let value: unknown;
    try {
      value = JSON.parse(log);
    } catch {
      return new LogFields(log);
    }
    const found = new Map<string, string>();
    const left = { fields: mostFields };
    this.#gather(value, [], found, left, 0);
    const hasFields = found.size >= enough || this.#numbers.some((name) => found.has(name));
    return hasFields ? new Found(found) : new LogFields(log);
  }

  #gather(
    value: unknown,
    path: readonly string[],
    found: Map<string, string>,
    left: { fields: number },
    depth: number,
  ): void {
    if (depth > deepest || value === null || left.fields-- <= 0) return;
    if (typeof value !== "object") this.#set(path, String(value), found);
    else if (Array.isArray(value)) for (const one of value) this.#gather(one, path, found, left, depth + 1);
    else {
      const members = value as Readonly<Record<string, unknown>>;
      const name = members["@Name"] ?? members.Name;
      const text = members["#text"];
      // `{"@Name": "Image", "#text": "C:\\a.exe"}`, as converters of XML write it.
      if (typeof name === "string" && text !== undefined)
        this.#gather(text, [...path, this.#plainOf(name)], found, left, depth + 1);
      else
        for (const key in members)
          this.#gather(members[key], key === "#text" ? path : [...path, ...this.#partsOf(key)], found, left, depth + 1);
    }
  }

  #set(path: readonly string[], text: string, found: Map<string, string>): void {
    const last = path.at(-1);
    if (last === undefined || !this.#lasts.has(last)) return;
    const value = singleSigns(text.slice(0, longestValue));
    if (isNoValue(value)) return;
    for (let length = 1; length <= Math.min(longestPath, path.length); length++) {
      const name = length === 1 ? last : path.slice(-length).join(".");
      if (this.#wanted.has(name) && !found.has(name)) found.set(name, value);
    }
  }

  #partsOf(key: string): string[] {
    return key.includes(".") ? key.split(".").map((part) => this.#plainOf(part)) : [this.#plainOf(key)];
  }

  #plainOf(key: string): string {
    const known = this.#plain.get(key);
    if (known !== undefined) return known;
    const plain = key
      .replace(/^[@$]/, "")
      .toLowerCase()
      .replace(/[_\s-]/g, "");
    if (this.#plain.size >= mostNames) this.#plain.clear();
    if (key.length < 100) this.#plain.set(key, plain);
    return plain;
  }
}

class Found implements Fields {
  readonly #found: ReadonlyMap<string, string>;

  constructor(found: ReadonlyMap<string, string>) {
    this.#found = found;
  }

  first(...names: readonly string[]): string {
    for (const name of names) {
      const value = this.#found.get(name);
      if (value !== undefined) return value;
    }
    return "";
  }

  all(...names: readonly string[]): string[] {
    return names.flatMap((name) => this.#found.get(name) ?? []);
  }
}
