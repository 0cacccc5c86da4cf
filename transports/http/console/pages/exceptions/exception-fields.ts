/** The fields of an exception in forms and addresses. */
import { UsageError } from "../../../../../core/errors.ts";
import type { NewException } from "../../../../../core/exceptions/exception.ts";

/** As forms call them; `until` is a date, "" = until it is removed. */
export const exceptionFields = [
  ...["entity", "rule", "actor", "host", "process", "command_line", "hash", "until", "reason"],
] as const;

/** @throws UsageError for a date that is none */
export function readException(field: (name: string) => string): NewException {
  const until = field("until").trim();
  const at = /^\d{4}-\d\d-\d\d$/.test(until) ? Date.parse(`${until}T00:00:00Z`) : Number.NaN;
  if (until !== "" && Number.isNaN(at)) throw new UsageError("until: a date such as 2026-12-31, or nothing");
  return {
    entity: field("entity").trim(),
    rule: field("rule").trim(),
    actor: field("actor").trim(),
    host: field("host").trim(),
    process: field("process").trim(),
    commandLine: field("command_line").trim(),
    hash: field("hash").trim(),
    until: until === "" ? null : at,
    reason: field("reason").trim(),
  };
}
