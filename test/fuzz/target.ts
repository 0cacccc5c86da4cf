/** What a fuzz target is, and what must hold whatever it is given. */
import { noteShape, noteWords } from "./outcomes.ts";

export interface Target {
  /** As the command line and the folder of its corpus call it. */
  name: string;
  /** Inputs in order, as they come from outside: what mutations start from. */
  samples: readonly (string | Uint8Array)[];
  /** Words that mean something to this parser, beside those that every target gets (`words.ts`). */
  words?: readonly string[];
  /** Milliseconds of the processor's time that an input may take; default: two seconds. */
  slowMs?: number;
  /** Gives the input to the parser. @throws whatever is a finding */
  attempt(input: Uint8Array): void | Promise<void>;
}

/** A property that does not hold. */
export class Violation extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Violation";
  }
}

export function holds(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Violation(otherwise);
}

/** Longer ones say nothing more. */
const longestWords = 2_000;
/** What a terminal or a log would obey. */
const steering = /[\p{Cc}\u2028\u2029]/u;

/** What a text for people must be, whatever it tells of. */
export function assertWords(text: string): void {
  noteWords(text);
  holds(text.length <= longestWords, `a text for people of more than ${longestWords} characters`);
  holds(!steering.test(text), "a control character in a text for people");
  holds(text.isWellFormed(), "half a surrogate pair in a text for people");
}

/** How many properties these have when no parser has run. */
const shared = [Object.prototype, Array.prototype, Function.prototype, String.prototype] as object[];
const names = shared.map((one) => Reflect.ownKeys(one).length);

/** That no parser has written to what all objects share. */
export function assertUnpolluted(): void {
  for (const [at, one] of shared.entries()) holds(Reflect.ownKeys(one).length === names[at], "a prototype was changed");
}

/** That a result was made of plain values: no object took its prototype from the input. */
export function assertPlain(value: unknown): void {
  noteShape(value);
  assertPlainWithin(value, 0);
}

function assertPlainWithin(value: unknown, depth: number): void {
  if (typeof value === "function") throw new Violation("a function in a result");
  if (typeof value !== "object" || value === null || depth > 20) return;
  const prototype = Object.getPrototypeOf(value) as object | null;
  const maker = prototype === null ? null : Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  holds(prototype === null || typeof maker === "function", "an object whose prototype came from the input");
  if (ArrayBuffer.isView(value)) return;
  const inner = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : Object.values(value);
  for (const one of inner) assertPlainWithin(one, depth + 1);
}

/** The error that `work` ends with; null = none. */
export async function errorOf(work: () => unknown): Promise<unknown> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof Violation) throw error;
    return error;
  }
}

/** Only an error of this class, and with one of these codes where it has any; its text is fit for people. */
export function assertKnown<Kind extends Error>(
  error: unknown,
  kind: abstract new (...given: never[]) => Kind,
  codes: readonly string[] | null = null,
): asserts error is Kind {
  if (!(error instanceof kind)) throw error;
  const { code } = error as { code?: unknown };
  if (codes !== null) holds(codes.includes(String(code)), `an error that is not documented: ${String(code)}`);
  assertWords(error.message);
}

export const textOf = (input: Uint8Array): string => new TextDecoder().decode(input);
