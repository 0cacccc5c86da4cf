/** Makes the methods for the operations of a Worker from its catalogue. */
import type { Client, OperationKind } from "../database/operation.ts";
import type { Catalogue, OperationName } from "./operations.ts";

/** Sends a call to the Worker. */
export type Send = (method: OperationName, kind: OperationKind, args: unknown[]) => Promise<unknown>;

/** The groups of a table with their methods. */
export type Clients<Table> = { readonly [Group in keyof Table]: Client<Table[Group]> };

/** `catalogue`: of `Table`, as returned by the Worker when it opened the file. */
export function clientsOf<Table>(catalogue: Catalogue, send: Send): Clients<Table> {
  const methods = ([group, kinds]: [string, Readonly<Record<string, OperationKind>>]) => [
    group,
    Object.fromEntries(
      Object.entries(kinds).map(([name, kind]) => [
        name,
        (...args: unknown[]) => send(`${group}.${name}` as OperationName, kind, args),
      ]),
    ),
  ];
  return Object.fromEntries(Object.entries(catalogue).map(methods)) as Clients<Table>;
}
