/** How an operation of the store is declared: once, with everything that the client and the Worker need to know about it. */
import type { Database } from "./database.ts";

/** What every operation can use. Higher folders extend it. */
export interface OpenDatabase {
  readonly database: Database;
}

/**
 * What an operation does to the file. A `read` must not write: the Worker refuses that. `memory` does not touch the file, so its success
 * says nothing about the disk.
 */
export type OperationKind = "read" | "write" | "memory";

/** `Open`: the part of the Worker's state that it needs; the other arguments are those of the client's method. */
export interface Operation<Open> {
  readonly kind: OperationKind;
  /** A small write: several that are waiting share one commit, and so one disk sync. */
  readonly shares?: true;
  /** The number of records of a call that shares a commit; their sum is limited. Default: 0. */
  readonly records?: (...args: never[]) => number;
  readonly run: (open: Open, ...args: never[]) => Promise<unknown>;
}

/** Operations by the name of the client's method. */
export type Operations<Open> = Readonly<Record<string, Operation<Open>>>;

/** The methods of a client for these operations. */
export type Client<Declared> = { readonly [Name in keyof Declared]: Method<Declared[Name]> };

type Method<Declared> = Declared extends { run: (open: never, ...args: infer Args) => infer Result }
  ? (...args: Args) => Result
  : never;
