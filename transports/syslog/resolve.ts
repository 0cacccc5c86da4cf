import { lookup } from "node:dns/promises";
import { DeliveryError } from "../../core/errors.ts";
import { connectError } from "./connect-errors.ts";
import type { SenderContext } from "./options.ts";

/** All addresses of the host; never empty. A resolver that does not answer counts as a failure after the connect timeout. */
export async function resolveAll({
  host,
  port,
  limits,
}: SenderContext): Promise<{ address: string; family: number }[]> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `the name ${host} was not resolved within ${limits.connectMs / 1000} s; check DNS`;
    timer = setTimeout(() => reject(new DeliveryError("unresolved", message, { retryable: true })), limits.connectMs);
  });
  try {
    return await Promise.race([lookup(host, { all: true }), late]);
  } catch (error) {
    throw connectError(error, { host, port });
  } finally {
    clearTimeout(timer);
  }
}
