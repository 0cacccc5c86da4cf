/** The receivers of a delivery run, all alike to handle: ours that misbehave on command, and rsyslog that is killed. */
import { RelpReceiver } from "../harness/relp-receiver.ts";
import { Rsyslog } from "../harness/rsyslog.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";
import { pem, serverPair } from "../harness/test-certificates.ts";
import { UdpReceiver } from "../harness/udp-receiver.ts";
import { FileTail } from "./file-tail.ts";

export type Transport = "tcp lf" | "tcp octet" | "tls" | "relp" | "relp+tls" | "udp";

export const streams: readonly Transport[] = ["tcp lf", "tcp octet", "tls", "relp", "relp+tls"];

export interface Receiver {
  readonly port: number;
  start(): Promise<void>;
  /** Stops listening and dies with what it has not read. */
  stop(): Promise<void>;
  /** What came since the last call. */
  take(): string[];
  /** Connections accepted so far. */
  accepted(): number;
  /** Connections that stand. */
  connections(): number;
  remove(): Promise<void>;
}

/** One that misbehaves in ways that need no new process. */
export interface Misbehaving extends Receiver {
  resetAfter(messages: number): void;
  /** tcp, tls: FIN and the rest thrown away; relp: `serverclose` and FIN. */
  closeAfter(messages: number): void;
  closeOnAccept(): void;
  slow(bytesPerSecond: number): void;
  behave(): void;
  /** Reads nothing more on the connections that stand. */
  pause(): void;
  /** RST on every connection. */
  reset(): void;
}

const isTls = (transport: Transport) => transport === "tls" || transport === "relp+tls";

export function isRelp(transport: Transport): boolean {
  return transport.startsWith("relp");
}

/** The receiver's part of `config.json`. */
export function destinationOf(transport: Transport, port: number, host = "127.0.0.1"): Record<string, unknown> {
  const [protocol = "", framing] = isRelp(transport) ? ["relp"] : transport.split(" ");
  const file = (name: string) => new URL(`../data/tls/${name}`, import.meta.url).pathname;
  const tls = {
    ca_file: file("ca.pem"),
    cert_file: file("client.pem"),
    key_file: file("client.key"),
    server_name: "localhost",
  };
  return {
    protocol,
    host,
    port,
    ...(framing === undefined ? {} : { framing }),
    ...(isTls(transport) ? { tls } : {}),
  };
}

export async function ourReceiver(
  transport: Transport,
  options: { host?: string; port?: number } = {},
): Promise<Misbehaving> {
  const tls = isTls(transport) ? { ...serverPair("server"), clientCa: pem("ca.pem") } : null;
  const receiver = isRelp(transport)
    ? new RelpReceiver(tls, options)
    : new SyslogReceiver({ ...options, ...(tls === null ? {} : { tls }) });
  const receiverOf: Misbehaving = {
    get port() {
      return receiver.port;
    },
    start: () => receiver.start(),
    stop: () => receiver.stop(),
    take: () => receiver.messages.splice(0),
    accepted: () => receiver.accepted,
    connections: () => receiver.connections,
    remove: () => receiver.stop(),
    resetAfter: (messages) => {
      receiver.misbehaviour = { resetAfter: messages };
    },
    closeAfter: (messages) => {
      if (receiver instanceof RelpReceiver) receiver.misbehaviour = { serverCloseAfter: messages };
      else receiver.misbehaviour = { finAfter: messages };
    },
    closeOnAccept: () => {
      receiver.misbehaviour = { closeOnAccept: true };
    },
    slow: (bytesPerSecond) => {
      receiver.misbehaviour = { bytesPerSecond };
    },
    behave: () => {
      receiver.misbehaviour = {};
    },
    pause: () => receiver.pause(),
    reset: () => receiver.reset(),
  };
  await receiver.start();
  return receiverOf;
}

const inputs = {
  "tcp lf": "imtcp",
  "tcp octet": "imtcp",
  tls: "imtcp-tls",
  relp: "imrelp",
  "relp+tls": "imrelp-tls",
  udp: "imudp",
} as const;

/** A real rsyslogd; `stop` is SIGKILL. */
export async function realReceiver(transport: Transport): Promise<Receiver> {
  const rsyslog = await Rsyslog.started(inputs[transport]);
  const lines = new FileTail(rsyslog.file);
  let starts = 1;
  return {
    port: rsyslog.port,
    start: async () => {
      starts++;
      await rsyslog.start();
    },
    stop: () => rsyslog.stop("SIGKILL"),
    // Behind a line that it had half written when it was killed it goes on in the same line.
    take: () => lines.take().flatMap((line) => line.split(/(?=<134>1 )/)),
    // One for each start: the appliance connects once when all goes well.
    accepted: () => starts,
    connections: () => 0,
    remove: () => {
      lines.close();
      return rsyslog.remove();
    },
  };
}

export async function udpReceiver(): Promise<Receiver> {
  const receiver = new UdpReceiver();
  await receiver.start();
  return {
    get port() {
      return receiver.port;
    },
    start: () => receiver.start(),
    stop: () => receiver.stop(),
    take: () => receiver.messages.splice(0),
    accepted: () => 1,
    connections: () => 0,
    remove: () => receiver.stop().catch(() => {}),
  };
}
