import { isIP } from "node:net";
import { DeliveryError, messageOf } from "../../core/errors.ts";
import type { TestStep } from "../../core/tickets/ticket-system.ts";
import { type Inspection, inspectTls } from "./certificates.ts";
import { openConnection } from "./connection.ts";
import { type SenderContext, type SyslogSenderOptions, senderContext } from "./options.ts";
import { openRelpSession } from "./relp/relp-session.ts";
import { resolveAll } from "./resolve.ts";
import { createSyslogSender } from "./sender.ts";
import { connectSocket } from "./udp-sender.ts";

/**
 * Tries a destination without sending a message: resolves the name and looks for a route (udp), connects (tcp), shakes hands and waits for a late refusal
 * of our certificate (tls), opens a session (relp).
 * @throws DeliveryError that says what to mend.
 */
export async function probe(options: SyslogSenderOptions): Promise<void> {
  const context = senderContext(options);
  if (context.protocol !== "udp") return void (await reach(context));
  const step = await routed(context, await resolveAll(context));
  if (!step.ok) throw new DeliveryError("unreachable", step.detail, { retryable: true });
}

/** Connects as a sender does, and closes. @returns what a RELP receiver says about itself, else "" */
async function reach(context: SenderContext): Promise<string> {
  const { signal } = new AbortController();
  if (context.protocol === "relp") {
    const session = await openRelpSession(context, signal);
    await session.close();
    return session.peerSays;
  }
  const connection = await openConnection(context, { signal, lateRefusal: true });
  await connection.close(context.limits.closeMs);
  return "";
}

/** The same step by step, with the certificates that the receiver shows. Never rejects; ends with the first step that fails. */
export async function probeSteps(options: SyslogSenderOptions): Promise<TestStep[]> {
  const context = senderContext(options);
  const { host, port, protocol } = context;
  try {
    context.tls();
  } catch (error) {
    return [failed("TLS files", error)];
  }
  let resolved: { address: string; family: number }[];
  try {
    resolved = await resolveAll(context);
  } catch (error) {
    return [failed("Resolve", error)];
  }
  const addresses = resolved.map(({ address }) => address);
  const what = isIP(host) === 0 ? `${host} is ${addresses.join(", ")}` : `${host} is an address`;
  const steps: TestStep[] = [{ name: "Resolve", ok: true, detail: what }];
  if (protocol === "udp") return [...steps, await routed(context, resolved)];
  const inspection = await inspected(context, addresses);
  let says = "";
  let failure: unknown = null;
  try {
    says = await reach(context);
  } catch (error) {
    failure = error;
  }
  return [...steps, ...stepsOf(context, { inspection, failure, says, at: `${host}:${port}` })];
}

/** Whether there is a way to one of the addresses, which is all that can be known of UDP. */
async function routed(
  context: SenderContext,
  addresses: readonly { address: string; family: number }[],
): Promise<TestStep> {
  let failure: unknown;
  for (const address of addresses) {
    try {
      (await connectSocket(context, address)).close();
      const detail = "UDP cannot tell whether anybody listens: send a test message and look for it in the receiver";
      return { name: "Reach", ok: true, detail };
    } catch (error) {
      failure = error;
    }
  }
  return failed("Reach", failure);
}

/** Null without TLS, and where the files for it cannot be read, which the connection itself reports. */
async function inspected(context: SenderContext, addresses: readonly string[]): Promise<Inspection | null> {
  try {
    const material = context.tls();
    if (material === null) return null;
    let last: Inspection | null = null;
    for (const address of addresses) {
      last = await inspectTls(context, address, material);
      if (last.connected) break;
    }
    return last;
  } catch {
    return null;
  }
}

interface Tried {
  inspection: Inspection | null;
  /** Null = the destination can be used. */
  failure: unknown;
  says: string;
  at: string;
}

function stepsOf(context: SenderContext, { inspection, failure, says, at }: Tried): TestStep[] {
  const code = failure instanceof DeliveryError ? failure.code : "";
  const isRelp = context.protocol === "relp";
  const refusesRelp = isRelp && (code.startsWith("relp_") || (code === "timeout" && /RELP/.test(messageOf(failure))));
  if (code === "tls_files") return [failed("TLS files", failure)];
  const isTls = code.startsWith("tls_");
  const connected = failure === null || refusesRelp || isTls || inspection?.connected === true;
  if (!connected) return [failed("Connect", failure)];
  const steps: TestStep[] = [{ name: "Connect", ok: true, detail: `${at} answers` }];
  const uses = inspection !== null || isTls;
  if (uses) {
    const certificates = inspection?.handshake?.certificates ?? [];
    const shown = certificates.length === 0 ? {} : { certificates };
    if (failure !== null && !refusesRelp) return [...steps, { ...failed("TLS handshake", failure), ...shown }];
    steps.push({ ...secured(context, inspection), ...shown });
  }
  if (isRelp) {
    if (failure !== null) return [...steps, failed("RELP session", failure)];
    steps.push({
      name: "RELP session",
      ok: true,
      detail: "opened: each message is acknowledged",
      ...(says === "" ? {} : { words: says }),
    });
  } else
    steps.push({
      name: "Stay connected",
      ok: true,
      detail: "the connection stays open; receivers of syslog do not answer, so a test message shows the rest",
    });
  return steps;
}

function secured(context: SenderContext, inspection: Inspection | null): TestStep {
  const { protocol = "", cipher = "", certificates = [] } = inspection?.handshake ?? {};
  const material = context.tls();
  const how = [protocol, cipher].filter((part) => part !== "").join(", ");
  const ours = material?.cert === undefined ? "" : "; our certificate was not refused";
  if (material?.verify === false)
    return {
      name: "TLS handshake",
      ok: true,
      warning: true,
      detail: `${how}; the certificate is not checked, so anybody in between could read along: give the authority of the receiver and check it`,
    };
  const [own] = certificates;
  const until = own === undefined ? "" : ` until ${own.valid_to.slice(0, 10)}`;
  return { name: "TLS handshake", ok: true, detail: `${how}; the certificate is trusted and holds${until}${ours}` };
}

function failed(name: string, error: unknown): TestStep {
  const cause = error instanceof Error && error.cause !== undefined ? plain(messageOf(error.cause)) : "";
  // Of a TLS alert the words are the other side's; what the system says of a connection is in the detail already.
  return { name, ok: false, detail: messageOf(error), ...(/\balert\b/i.test(cause) ? { words: cause } : {}) };
}

/** What the other side or a library says, on one line. */
function plain(text: string): string {
  return text
    .replace(/[^\x20-\x7e]+/g, " ")
    .trim()
    .slice(0, 300);
}

/** Sends one message over a connection of its own, and says how far that can be known. `milliseconds`: how long to try. @throws Error with the reason */
export async function sendOnce(options: SyslogSenderOptions, bytes: Uint8Array, milliseconds: number): Promise<string> {
  // A person waits for it, so the first failure is the answer.
  const onStateChange = ({ connected }: { connected: boolean }) => {
    if (!connected) void sender.close();
  };
  const sender = createSyslogSender({ ...options, onStateChange });
  const late = setTimeout(() => void sender.close(), milliseconds);
  try {
    await sender.send([bytes]);
  } catch (error) {
    throw new Error(sender.status().lastError ?? messageOf(error));
  } finally {
    clearTimeout(late);
    await sender.close();
  }
  if (options.protocol === "relp") return "the receiver has acknowledged it";
  if (options.protocol === "udp") return "it was sent; UDP cannot tell whether it has arrived";
  return "it was written and the connection was closed in order; syslog over TCP is not acknowledged";
}
