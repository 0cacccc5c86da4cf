/** Reads one object of a configuration file: every wrong value becomes a problem with its place, every unknown key a warning. */
import type { Form } from "./forms.ts";
import { type JsonNode, type JsonObject, plainValue } from "./json-text.ts";
import { nearestName } from "./names.ts";
import { type Report, shown, shownKey } from "./problem.ts";

/** Where an object stands, and what a wrong value in it leads to. */
export interface Place {
  /** The file: "/etc/rhythmx/config.json". */
  file: string;
  /** The object's own key, `syslog[1]`; "" for the whole file. */
  path: string;
  /** What the appliance does while one of its values is wrong. */
  effect: string;
  report: Report;
}

export interface ObjectReader {
  readonly place: Place;
  /** The value of a key; `fallback` when it is absent, null, or wrong (which is reported). */
  read<T, F>(key: string, form: Form<T>, fallback: F): T | F;
  /** As `read`, for a key that must be there. */
  required<T>(key: string, form: Form<T>): T | undefined;
  /** The node of a key, or null when it is absent or null. */
  node(key: string): JsonNode | null;
  /** Reports a problem of one key, placed on the key's line. */
  problem(key: string, found: string, accepted: string, effect?: string): void;
  /** Reports a remark about one key that changes nothing else. */
  warning(key: string, found: string, accepted: string, effect: string): void;
}

export function objectReader(object: JsonObject, place: Place, known: readonly string[]): ObjectReader {
  const pathOf = (key: string) => (place.path === "" ? shownKey(key) : `${place.path}.${shownKey(key)}`);
  const sourceAt = (line: number) => `${place.file} line ${line}`;

  for (const [key, node] of object.entries) {
    if (known.includes(key)) continue;
    const nearest = nearestName(key, known);
    place.report.warnings.push({
      source: sourceAt(node.line),
      key: pathOf(key),
      found: "an unknown key",
      accepted: nearest === null ? known.join(", ") : `${nearest} (the nearest known key)`,
      effect: "it is ignored",
      fatal: false,
    });
  }
  for (const { key, line } of object.repeated) {
    const entry = {
      key: pathOf(key),
      found: "the key once more",
      accepted: "each key once",
      effect: "the last one counts",
    };
    place.report.warnings.push({ source: sourceAt(line), ...entry, fatal: false });
  }

  const node = (key: string): JsonNode | null => {
    const entry = object.entries.get(key);
    return entry === undefined || (entry.kind === "scalar" && entry.value === null) ? null : entry;
  };
  const problem = (key: string, found: string, accepted: string, effect = place.effect) => {
    const source = sourceAt(node(key)?.line ?? object.line);
    place.report.problems.push({ source, key: pathOf(key), found, accepted, effect, fatal: false });
  };
  const read = <T, F>(key: string, form: Form<T>, fallback: F): T | F => {
    const entry = node(key);
    if (entry === null) return fallback;
    const plain = plainValue(entry);
    const value = form.read(plain);
    if (value !== undefined) return value;
    problem(key, shown(plain), form.accepted);
    return fallback;
  };
  return {
    place,
    node,
    problem,
    read,
    required(key, form) {
      if (node(key) === null) problem(key, "nothing", form.accepted);
      return read(key, form, undefined);
    },
    warning(key, found, accepted, effect) {
      const source = sourceAt(node(key)?.line ?? object.line);
      place.report.warnings.push({ source, key: pathOf(key), found, accepted, effect, fatal: false });
    },
  };
}
