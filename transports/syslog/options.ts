/** Options of a syslog sender; every dependency has a default that tests can replace. */
import { setTimeout } from "node:timers/promises";
import type { Clock, Random, Sleep } from "../../core/ports.ts";
import type { SyslogProtocol } from "../../core/settings.ts";

/** Contents (PEM) for one TLS connection; `ca` replaces the system's roots. */
export interface TlsMaterial {
  ca?: string | Buffer;
  cert?: string | Buffer;
  key?: string | Buffer;
  /** Name sent as SNI and looked for in the certificate; default: the host. */
  serverName?: string;
  /** False accepts any certificate. */
  verify: boolean;
}

/** Milliseconds and bytes within which a sender works. */
export interface SenderLimits {
  connectMs: number;
  /** TLS 1.3 reports a refused client certificate only after the handshake: no connection counts before this has passed. */
  tlsGraceMs: number;
  /** Data that the peer's kernel has not acknowledged for this long means a dead peer. */
  stallMs: number;
  /** The peer's kernel answers, but its program reads nothing: longer, because a slow reader opens its window in large steps. */
  notReadingMs: number;
  /** Data unacknowledged for this long is at risk (see `HeldMessages`): a receiver that reads is far quicker. */
  riskMs: number;
  /** What is written again after a break: at most this much acknowledged data, and ... */
  resendBytes: number;
  /** ... at most this old after the peer closed in order, ... */
  resendMs: number;
  /** ... or this old after a reset, which is what the kernel of a receiver that died with unread data sends. */
  resendAfterResetMs: number;
  /** For a receiver that closes every connection in order (see `ExposureLimit`): what was acknowledged this long ago counts as read. */
  settleMs: number;
  backoffMinMs: number;
  backoffMaxMs: number;
  /** RELP: messages in flight without an answer. */
  relpWindow: number;
  relpAckMs: number;
  /** How long `close()` waits for the peer to close. */
  closeMs: number;
  /** UDP: how often the name is resolved again. */
  resolveMs: number;
}

const DEFAULT_LIMITS: SenderLimits = {
  connectMs: 10_000,
  tlsGraceMs: 500,
  stallMs: 20_000,
  notReadingMs: 120_000,
  riskMs: 2_000,
  resendBytes: 8 * 1024 * 1024,
  resendMs: 10_000,
  resendAfterResetMs: 60_000,
  settleMs: 2_000,
  backoffMinMs: 500,
  backoffMaxMs: 30_000,
  relpWindow: 128,
  relpAckMs: 30_000,
  closeMs: 1_000,
  resolveMs: 60_000,
};

export interface SyslogSenderOptions {
  protocol: SyslogProtocol;
  host: string;
  port: number;
  framing: "lf" | "octet";
  /** Asked before every connection, so that SIGHUP can change certificates. Null = no TLS; protocol `tls` needs it. */
  tls?: () => TlsMaterial | null;
  limits?: Partial<SenderLimits>;
  clock?: Clock;
  random?: Random;
  sleep?: Sleep;
  /** Called when the connection is made, lost or cannot be made; `message` is for the log. */
  onStateChange?: (change: { connected: boolean; message: string }) => void;
}

/** The same with every default filled in. */
export interface SenderContext {
  protocol: SyslogProtocol;
  host: string;
  port: number;
  framing: "lf" | "octet";
  tls: () => TlsMaterial | null;
  limits: SenderLimits;
  clock: Clock;
  random: Random;
  sleep: Sleep;
  onStateChange: (change: { connected: boolean; message: string }) => void;
}

const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

const systemSleep: Sleep = (milliseconds, signal) =>
  setTimeout(milliseconds, undefined, signal ? { signal } : {}).catch(() => Promise.reject(signal?.reason));

export function senderContext(options: SyslogSenderOptions): SenderContext {
  return {
    protocol: options.protocol,
    host: options.host,
    port: options.port,
    framing: options.framing,
    tls: tlsOf(options),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    sleep: options.sleep ?? systemSleep,
    onStateChange: options.onStateChange ?? (() => {}),
  };
}

/** The protocol decides: `tls` never falls back to plain text because a block is missing, and `tcp` is never TLS because there is one. */
function tlsOf({ protocol, tls = () => null }: SyslogSenderOptions): () => TlsMaterial | null {
  if (protocol === "tls") return () => tls() ?? { verify: true };
  return protocol === "relp" ? tls : () => null;
}
