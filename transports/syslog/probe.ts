import { openConnection } from "./connection.ts";
import { type SyslogSenderOptions, senderContext } from "./options.ts";
import { openRelpSession } from "./relp/relp-session.ts";
import { resolveAll } from "./resolve.ts";

/**
 * Tries a destination without sending a message: resolves the name (udp), connects (tcp), shakes hands and waits for a late refusal
 * of our certificate (tls), opens a session (relp).
 * @throws DeliveryError that says what to mend.
 */
export async function probe(options: SyslogSenderOptions): Promise<void> {
  const context = senderContext(options);
  const { signal } = new AbortController();
  switch (context.protocol) {
    case "udp":
      await resolveAll(context);
      return;
    case "relp": {
      const session = await openRelpSession(context, signal);
      return session.close();
    }
    case "tcp":
    case "tls": {
      const connection = await openConnection(context, { signal, lateRefusal: true });
      await connection.close(context.limits.closeMs);
      return;
    }
  }
}
