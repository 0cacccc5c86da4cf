/** An exception that covers everything but for the fields that a test is about. */
import type { Exception } from "../../core/exceptions/exception.ts";

export function exceptionOf(some: Partial<Exception>): Exception {
  return {
    id: "x1",
    entity: "",
    rule: "",
    actor: "",
    host: "",
    process: "",
    commandLine: "",
    hash: "",
    until: null,
    reason: "backup job",
    who: "a",
    createdAt: 0,
    hits: 0,
    lastHitAt: null,
    ...some,
  };
}
