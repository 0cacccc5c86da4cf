/** How an operation of the store is declared: once, with what the client and the Worker have to know of it. */
import type { Database } from "./database.ts";

/** What every operation can use. Rooms above ask for more. */
export interface OpenDatabase {
  readonly database: Database;
}

/**
 * What an operation does to the file. `read` must not write: the Worker refuses it. `memory` does not touch the file, so its success
 * says nothing about the disk.
 */
export type OperationKind = "read" | "write" | "memory";

/** `Open`: what it needs of the Worker's state; its other arguments are those of the client's method. */
export interface Operation<Open> {
  readonly kind: OperationKind;
  /** Small: several that wait are done in one commit, so that one sync of the disk serves them all. */
  readonly shares?: true;
  /** How many records a call brings, for those that share: together they have an upper bound. Default: none. */
  readonly records?: (...args: never[]) => number;
  readonly run: (open: Open, ...args: never[]) => Promise<unknown>;
}

/** Operations by the name of the client's method. */
export type Operations<Open> = Readonly<Record<string, Operation<Open>>>;

/** The methods that a client of these operations has. */
export type Client<Declared> = { readonly [Name in keyof Declared]: Method<Declared[Name]> };

type Method<Declared> = Declared extends { run: (open: never, ...args: infer Args) => infer Result }
  ? (...args: Args) => Result
  : never;
