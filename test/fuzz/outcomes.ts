/**
 * What guides the search: an input that leads to something which no other has led to (another complaint, a result of another shape) is kept,
 * and changed further. So the search goes where several changes have to come together.
 */

const noted = new Set<string>();

/** Notes something that has come of the present input. */
export function note(outcome: string): void {
  noted.add(outcome);
}

/** What has come of the input, in words or as a result of some shape. */
export function noteWords(text: string): void {
  note(
    text
      .slice(0, 200)
      .replace(/"[^"]*"|'[^']*'|\d+/g, "…")
      .slice(0, 100),
  );
}

const deepest = 3;
const mostMembers = 40;

/** Notes the shape of a result: which members it has, of which kind, how long about. */
export function noteShape(value: unknown): void {
  note(shapeOf(value, 0));
}

function shapeOf(value: unknown, depth: number): string {
  if (typeof value === "string") return `s${sizeOf(value.length)}`;
  if (typeof value === "number") return value === 0 ? "0" : value < 0 ? "-" : Number.isInteger(value) ? "n" : "f";
  if (typeof value !== "object" || value === null) return String(value);
  if (depth === deepest || ArrayBuffer.isView(value)) return "o";
  if (Array.isArray(value)) return `[${sizeOf(value.length)}${value.length === 0 ? "" : shapeOf(value[0], depth + 1)}]`;
  const members = value instanceof Map ? [...value].slice(0, mostMembers) : Object.entries(value).slice(0, mostMembers);
  return `{${members.map(([name, one]) => `${nameOf(name)}:${shapeOf(one, depth + 1)}`).join()}}`;
}

/** Names that a program gives; others may come from the input, and are all the same. */
function nameOf(name: unknown): string {
  return typeof name === "string" && /^[a-z][A-Za-z_]{0,30}$/.test(name) ? name : "?";
}

/** 0, 1, 2 to 15, and so on. */
function sizeOf(length: number): number {
  return length < 2 ? length : 2 + Math.floor(Math.log2(length) / 4);
}

/** What was noted since the last call. */
export function takeOutcomes(): string[] {
  const all = [...noted];
  noted.clear();
  return all;
}

const mostKept = 1_000;
const mostSeen = 50_000;
/** Changes of longer ones are slow, and say no more. */
const longestKept = 32 * 1024;

/** Inputs that led to something new. */
export class Pool {
  readonly inputs: Uint8Array[];
  readonly #seen = new Set<string>();
  #replaced = 0;

  constructor(corpus: readonly Uint8Array[] = []) {
    this.inputs = [...corpus];
  }

  offer(input: Uint8Array, outcomes: readonly string[]): void {
    const isNew = outcomes.filter((one) => !this.#seen.has(one));
    if (isNew.length === 0 || this.#seen.size >= mostSeen) return;
    for (const one of isNew) this.#seen.add(one);
    if (input.length > longestKept) return;
    if (this.inputs.length < mostKept) this.inputs.push(input);
    // The oldest goes.
    else this.inputs[this.#replaced++ % mostKept] = input;
  }
}
