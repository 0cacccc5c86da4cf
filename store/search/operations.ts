/** The operation that fills the search index. */
import type { OpenDatabase, Operations } from "../database/operation.ts";
import { indexSome } from "./search-index.ts";

export const searchOperations = {
  /** A step of some milliseconds; `behind` of its answer says whether another is needed. */
  indexSome: { kind: "write", run: ({ database }, isShort?: boolean) => indexSome(database, isShort) },
} satisfies Operations<OpenDatabase>;
