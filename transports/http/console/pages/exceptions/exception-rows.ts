/** Exceptions as `GET /api/exceptions` has them. */
import { type Caller, seesEntity } from "../../../../../core/access/caller.ts";
import type { PageRequest } from "../../page.ts";

export interface ExceptionRow {
  id: string;
  entity_name: string | null;
  rule: string | null;
  actor: string | null;
  host: string | null;
  process: string | null;
  command_line: string | null;
  hash: string | null;
  until: string | null;
  reason: string;
  who: string;
  created_at: string;
  hits: number;
  last_hit_at: string | null;
  revision: string;
}

export async function readExceptions({ caller, ports }: PageRequest): Promise<ExceptionRow[]> {
  return (await ports.api.exceptions.list(caller)) as unknown as ExceptionRow[];
}

/** `now`: epoch milliseconds. */
export function isOver({ until }: Pick<ExceptionRow, "until">, now: number): boolean {
  return until !== null && Date.parse(until) <= now;
}

/** Whether it reaches no further than the caller. */
export function isOwn({ entity_name: entity }: ExceptionRow, caller: Caller): boolean {
  return entity === null ? caller.entities === null : seesEntity(caller, entity);
}

/** What it covers, field by field, without what it leaves open. */
export function scopeOf(row: ExceptionRow): [name: string, value: string][] {
  const all: [string, string | null][] = [
    ["rule", row.rule],
    ["actor", row.actor],
    ["host", row.host],
    ["process", row.process],
    ["command line", row.command_line],
    ["hash", row.hash],
  ];
  return all.filter((one): one is [string, string] => one[1] !== null);
}
