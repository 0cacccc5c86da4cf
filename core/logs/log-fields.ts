/**
 * Every field of a log record, whoever shipped it and however deep it stands: by each end of its path, lower case, without the signs that part
 * words. `winlog.event_data.CommandLine`, `EventData.Data[@Name=CommandLine]` and `data.win.eventdata.commandLine` all are `commandline`.
 */
import { type Pair, textFields } from "./text-fields.ts";

const longestValue = 4_000;
const deepest = 8;
const mostFields = 2_000;
/** How many of the last names of a path are kept together. */
const longestPath = 4;

/** Words that shippers and Windows write where there is nothing. */
const noValue =
  /^(-|--|-\\-|\\|n\/a|none|null|\(null\)|undefined|nil|\?|%%1793|(<|&lt;)?unknown( process)?(>|&gt;)?|\{?0{8}-(0{4}-){3}0{12}\}?|::|0\.0\.0\.0)?$/i;

/** Fields that may hold a whole event as text. */
const textNames = ["raw", "message", "event.original", "fulllog", "details", "contextinfo", "data"];

/** Members of an alert in which a log may be wrapped, which say what the engine thinks of it and who shipped it, not what happened. */
const ofWazuh = new Set(["rule", "agent", "manager", "decoder", "location", "input", "cluster", "id", "timestamp"]);
const ofElastic = new Set(["kibana", "signal"]);
const ofNobody: ReadonlySet<string> = new Set();

export function isNoValue(text: string): boolean {
  return noValue.test(text.trim());
}

export class LogFields {
  readonly #values = new Map<string, string>();
  /** Names as they stand in the log, with their values; in order. */
  readonly #own: Pair[] = [];
  /** Whole texts of the fields that hold other fields. */
  readonly #texts = new Map<string, string>();
  #count = 0;
  /** Members at the top that are no part of the log itself. */
  #wrapping: ReadonlySet<string> = ofNobody;
  /** The member at the top that is being read. */
  #top = "";

  /** `log`: as it came in, JSON or text. */
  constructor(log: string) {
    const value = parsed(log);
    if (value === undefined) this.#text(log);
    else {
      this.#wrapping = wrappingOf(value);
      this.#gather(value, [], 0);
      this.#top = "";
    }
    // What is told twice, as fields and as text for people, is read from the fields.
    for (const name of textNames) {
      const text = this.#texts.get(name);
      if (text !== undefined && text.length > 20) this.#text(text);
    }
  }

  /** The first of these that says something; "" where none does. Names in lower case without signs between words. */
  first(...names: readonly string[]): string {
    for (const name of names) {
      const value = this.#values.get(name);
      if (value !== undefined) return value;
    }
    return "";
  }

  /** All of these that say something. */
  all(...names: readonly string[]): string[] {
    return names.map((name) => this.#values.get(name) ?? "").filter((value) => value !== "");
  }

  /** Every field as the log names it. */
  get entries(): readonly Pair[] {
    return this.#own;
  }

  #text(text: string): void {
    const inner = parsed(text);
    if (inner !== undefined && typeof inner === "object") this.#gather(inner, [], 0);
    else for (const [name, value] of textFields(text)) this.#set([name], value);
  }

  #gather(value: unknown, path: readonly string[], depth: number): void {
    if (depth > deepest || value === null || value === undefined || this.#count > mostFields) return;
    if (typeof value !== "object") this.#set(path, String(value));
    else if (Array.isArray(value)) this.#list(value, path, depth);
    else this.#members(value as Readonly<Record<string, unknown>>, path, depth);
  }

  #members(members: Readonly<Record<string, unknown>>, path: readonly string[], depth: number): void {
    const named = namedValue(members);
    if (named !== null) {
      this.#set([...path, named[0]], named[1]);
      return;
    }
    const isTop = path.length === 0 || (path.length === 1 && path[0] === "_source");
    for (const [name, inner] of Object.entries(members)) {
      if (isTop) this.#top = name.split(".")[0] ?? "";
      if (name === "#text" || name === "$t" || name === "_text") this.#gather(inner, path, depth + 1);
      // Of a name with very many parts all but the last would be copied for each field below it.
      else this.#gather(inner, [...path, ...name.replace(/^[@$]/, "").split(".")].slice(-longestPath), depth + 1);
    }
  }

  #list(list: readonly unknown[], path: readonly string[], depth: number): void {
    const scalars = list.filter((one) => typeof one === "string" || typeof one === "number");
    if (scalars.length === list.length && list.length > 0) {
      const isArguments = /^(args|argv|arguments)$/i.test(path.at(-1) ?? "");
      // Windows events without names, such as those of PowerShell, hold `name=value` lines.
      for (const one of scalars) if (typeof one === "string" && /[=:]/.test(one) && one.includes("\n")) this.#text(one);
      this.#set(path, scalars.join(isArguments ? " " : ", "));
    } else for (const one of list) this.#gather(one, path, depth + 1);
  }

  /** The first of a name counts. */
  #set(path: readonly string[], text: string): void {
    const value = singleSigns(text.slice(0, longestValue));
    if (isNoValue(value) || path.length === 0) return;
    const own = plain(path.slice(-2).join("."));
    const name = textNames.find((one) => one === own || one === plain(path.at(-1) ?? ""));
    if (name !== undefined && !this.#texts.has(name)) this.#texts.set(name, text);
    this.#count++;
    if (!this.#wrapping.has(this.#top)) this.#own.push([path.at(-1) ?? "", value]);
    for (let length = 1; length <= Math.min(longestPath, path.length); length++) {
      const name = plain(path.slice(-length).join("."));
      if (!this.#values.has(name)) this.#values.set(name, value);
    }
  }
}

function wrappingOf(value: unknown): ReadonlySet<string> {
  const outer = membersOf(value);
  const alert = "_source" in outer ? membersOf(outer._source) : outer;
  const rule = membersOf(alert.rule);
  if ("level" in rule && "description" in rule && ("agent" in alert || "manager" in alert)) return ofWazuh;
  return Object.keys(alert).some((name) => ofElastic.has(name.split(".")[0] ?? "")) ? ofElastic : ofNobody;
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** Paths and accounts whose backslashes a shipper wrote twice, and quotes with one, as Wazuh does; `\\\\server\\share` stays. */
export function singleSigns(text: string): string {
  if (!text.includes("\\\\")) return text;
  const isTwice = /[A-Za-z]:\\\\[^\\]/.test(text) ? !/[A-Za-z]:\\[^\\]/.test(text) : /^[^\\\s]+\\\\[^\\]+$/.test(text);
  return isTwice ? text.replace(/\\(["\\])/g, "$1") : text;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[_\s-]/g, "");
}

function parsed(text: string): unknown {
  const start = text.trimStart();
  if (!start.startsWith("{") && !start.startsWith("[")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A field of an event that a converter of XML wrote: `{"@Name": "Image", "#text": "C:\\a.exe"}` in one of its many spellings. */
function namedValue(members: Readonly<Record<string, unknown>>): [string, string] | null {
  const attributes = [
    members["#attributes"],
    members.$,
    members._attributes,
    members["@attributes"],
    members.attributes,
  ];
  const holders = [members, ...attributes.filter((one) => typeof one === "object" && one !== null)];
  const nameOf = (holder: unknown) => {
    const { Name, name, "@Name": at, "@name": lower } = holder as Readonly<Record<string, unknown>>;
    return [at, lower, Name, name].find((one) => typeof one === "string");
  };
  const name = holders.map(nameOf).find((one) => one !== undefined);
  const texts = ["#text", "$t", "_text", "_", "text", "Text", "value", "Value", "content", "Content"];
  const key = texts.find((one) => ["string", "number", "boolean"].includes(typeof members[one]));
  if (typeof name !== "string" || key === undefined || Object.keys(members).length > 3) return null;
  return [name, String(members[key])];
}
