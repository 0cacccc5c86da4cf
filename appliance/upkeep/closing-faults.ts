/** Faults with which nothing can be taken in or told. */
import type { Faults } from "../../core/faults.ts";

/** With these nothing can be taken in; after how many seconds a client may ask again. */
const closing: Readonly<Record<string, number>> = { disk_space: 30, store_write: 5 };

/** Why intake is closed, and after how many seconds to come back; null while it is open. */
export function closedBy(faults: Faults): { reason: string; retryAfter: number } | null {
  const fault = faults.list().find(({ name }) => name in closing);
  return fault === undefined ? null : { reason: fault.message, retryAfter: closing[fault.name] ?? 5 };
}

/** Why a balancer should send nobody here; null while all is well. */
export function notReadyBecause(faults: Faults): string | null {
  return faults.list().find(({ name }) => name in closing || name === "store_read")?.message ?? null;
}
