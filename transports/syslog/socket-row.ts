/**
 * What the kernel knows about one TCP connection, from its row in `/proc/self/net/tcp` or `tcp6`: the only way, without foreign
 * functions, to learn how much of what was written the peer's kernel has acknowledged.
 */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

export interface SocketRow {
  /** Bytes written but not acknowledged by the peer's kernel. */
  unacknowledged: number;
  /**
   * The peer's kernel answers our window probes: it is alive, and its program does not read. False while its window is open
   * and when it has stopped answering.
   */
  windowClosed: boolean;
}

export interface SocketAddresses {
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
}

/** Timer 4 of the row: the zero-window probe timer runs (linux, Documentation/networking/proc_net_tcp). */
const probeTimer = "04";

/** The connection's row, or null when there is none (closed, or a system without /proc). */
export async function readSocketRow(addresses: SocketAddresses): Promise<SocketRow | null> {
  try {
    return parseRow(await readFile(tableOf(addresses)), keyOf(addresses));
  } catch {
    return null;
  }
}

/** The same at once: for a connection that is over and about to be destroyed. */
export function readSocketRowNow(addresses: SocketAddresses): SocketRow | null {
  try {
    return parseRow(readFileSync(tableOf(addresses)), keyOf(addresses));
  } catch {
    return null;
  }
}

function tableOf({ localAddress }: SocketAddresses): string {
  return localAddress.includes(":") ? "/proc/self/net/tcp6" : "/proc/self/net/tcp";
}

function keyOf({ localAddress, localPort, remoteAddress, remotePort }: SocketAddresses): string {
  return `${hexAddress(localAddress)}:${hexPort(localPort)} ${hexAddress(remoteAddress)}:${hexPort(remotePort)} `;
}

/** Fields after the addresses: `st tx_queue:rx_queue tr:when retransmits uid unanswered-probes inode`. */
export function parseRow(table: Buffer, key: string): SocketRow | null {
  const start = table.indexOf(key, 0, "latin1");
  if (start < 0) return null;
  const row = table.toString("latin1", start + key.length, start + key.length + 80);
  const [, queues = "", timer = "", , , probes = ""] = row.split(/\s+/);
  return {
    unacknowledged: Number.parseInt(queues, 16) || 0,
    // One probe may just be under way.
    windowClosed: timer.startsWith(probeTimer) && Number(probes) <= 1,
  };
}

/** The kernel prints addresses as words of four bytes in the machine's order (little endian on every target). */
export function hexAddress(address: string): string {
  const bytes = address.includes(":") ? v6Bytes(address) : address.split(".").map(Number);
  let text = "";
  for (let word = 0; word < bytes.length; word += 4) {
    for (let at = word + 3; at >= word; at--) text += (bytes[at] ?? 0).toString(16).padStart(2, "0");
  }
  return text.toUpperCase();
}

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, "0");
}

function v6Bytes(address: string): number[] {
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const before = groupBytes(head);
  const after = groupBytes(tail ?? "");
  return [...before, ...new Array<number>(Math.max(0, 16 - before.length - after.length)).fill(0), ...after];
}

function groupBytes(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}
