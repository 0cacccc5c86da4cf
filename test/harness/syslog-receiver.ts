/**
 * A syslog receiver over TCP or TLS that records what it gets and misbehaves on command. It takes both framings, deciding by the
 * first byte of each frame (RFC 6587, 3.4.1). `messages` is what its program has read: bytes left in the kernel are lost with it.
 */
import type { Socket } from "node:net";
import { type Peer, type ReceiverTls, type StreamMisbehaviour, StreamReceiver } from "./stream-receiver.ts";

interface Misbehaviour extends StreamMisbehaviour {
  /** After this many messages on a connection: RST, the rest unread. */
  resetAfter?: number;
  /** After this many messages on a connection: FIN, the rest thrown away, while the other direction stays open. */
  finAfter?: number;
}

export class SyslogReceiver extends StreamReceiver<Peer, Misbehaviour> {
  misbehaviour: Misbehaviour = {};

  static async started(options: { port?: number; tls?: ReceiverTls; host?: string } = {}): Promise<SyslogReceiver> {
    const receiver = new SyslogReceiver(options);
    await receiver.start();
    return receiver;
  }

  /** FIN on every connection, as a program does that has read everything and goes away. */
  fin(): void {
    for (const peer of this.peers) peer.socket.end();
  }

  protected peerOf(socket: Socket): Peer {
    return { socket, rest: Buffer.alloc(0), messages: 0, done: false };
  }

  protected read(peer: Peer): void {
    let at = 0;
    for (;;) {
      const frame = nextFrame(peer.rest, at);
      if (!frame) break;
      this.messages.push(peer.rest.toString("utf8", frame.start, frame.end));
      at = frame.next;
      peer.messages++;
      if (this.#misbehave(peer)) return;
    }
    peer.rest = peer.rest.subarray(at);
  }

  #misbehave(peer: Peer): boolean {
    const { resetAfter = Number.POSITIVE_INFINITY, finAfter = Number.POSITIVE_INFINITY } = this.misbehaviour;
    if (peer.messages >= resetAfter) peer.socket.resetAndDestroy();
    else if (peer.messages >= finAfter) peer.socket.end();
    else return false;
    peer.done = true;
    return true;
  }
}

function nextFrame(buffer: Buffer, at: number): { start: number; end: number; next: number } | null {
  const first = buffer[at];
  if (first === undefined) return null;
  if (first < 0x31 || first > 0x39) {
    const end = buffer.indexOf(0x0a, at);
    return end < 0 ? null : { start: at, end, next: end + 1 };
  }
  const space = buffer.indexOf(0x20, at);
  if (space < 0) return null;
  const length = Number(buffer.toString("latin1", at, space));
  if (!Number.isSafeInteger(length)) throw new Error(`not a frame length: ${buffer.toString("latin1", at, space)}`);
  const start = space + 1;
  return start + length > buffer.length ? null : { start, end: start + length, next: start + length };
}
