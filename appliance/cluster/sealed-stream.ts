/**
 * A stream of bytes that only who knows the cluster's secret can read or make. Nodes have certificates that often nobody else vouches for; the secret comes
 * from etcd, which both reach over connections that are vouched for.
 * Frames: length (4 bytes), AES-256-GCM of at most 1 MiB under a key of this stream alone, its tag. An empty frame ends it.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

const frameBytes = 1024 * 1024;
const tagBytes = 16;
const saltBytes = 32;
/** A node's clock may be so far from ours, in milliseconds: what it sent long ago may be somebody else's by now. */
export const mostSkewMs = 10 * 60_000;

/** What a node sends to show that it belongs to the cluster: `time.signature`. */
export function askingToken(secret: string, node: string, now: number): string {
  return `${node}.${now}.${signature(secret, node, String(now))}`;
}

/** The node that made this, and by how many milliseconds its clock was ahead of ours then; null: nobody of this cluster. */
export function askerOf(token: string, secret: string, now: number): { node: string; aheadMs: number } | null {
  const [node = "", at = "", given = ""] = token.split(".");
  const expected = Buffer.from(signature(secret, node, at));
  const found = Buffer.from(given);
  if (found.length !== expected.length || !timingSafeEqual(found, expected)) return null;
  return { node, aheadMs: Number(at) - now };
}

function signature(secret: string, node: string, at: string): string {
  return createHmac("sha256", secret).update(`rhythmx snapshot\n${node}\n${at}`).digest("base64url");
}

/** Seals parts of any size. */
export async function* seal(parts: AsyncIterable<Uint8Array>, secret: string): AsyncGenerator<Uint8Array> {
  const salt = randomBytes(saltBytes);
  const key = keyOf(secret, salt);
  let count = 0;
  const frame = (bytes: Uint8Array) => {
    const cipher = createCipheriv("aes-256-gcm", key, nonceOf(count++));
    const sealed = Buffer.concat([cipher.update(bytes), cipher.final()]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(sealed.length);
    return Buffer.concat([length, sealed, cipher.getAuthTag()]);
  };
  yield salt;
  for await (const part of parts)
    for (let at = 0; at < part.length; at += frameBytes) yield frame(part.subarray(at, at + frameBytes));
  yield frame(new Uint8Array());
}

/** Opens what `seal` has made. @throws Error: it was cut off, changed, or made with another secret */
export async function* unseal(parts: AsyncIterable<Uint8Array>, secret: string): AsyncGenerator<Uint8Array> {
  let waiting = Buffer.alloc(0);
  let key: Buffer | null = null;
  let count = 0;
  for await (const part of parts) {
    waiting = waiting.length === 0 ? Buffer.from(part) : Buffer.concat([waiting, part]);
    if (key === null) {
      if (waiting.length < saltBytes) continue;
      key = keyOf(secret, waiting.subarray(0, saltBytes));
      waiting = waiting.subarray(saltBytes);
    }
    for (;;) {
      if (waiting.length < 4) break;
      const length = waiting.readUInt32BE(0);
      if (length > frameBytes) throw new Error("it is no copy of a database of this cluster");
      const end = 4 + length + tagBytes;
      if (waiting.length < end) break;
      const decipher = createDecipheriv("aes-256-gcm", key, nonceOf(count++));
      decipher.setAuthTag(waiting.subarray(4 + length, end));
      const bytes = Buffer.concat([decipher.update(waiting.subarray(4, 4 + length)), decipher.final()]);
      waiting = waiting.subarray(end);
      if (length === 0) return;
      yield bytes;
    }
  }
  throw new Error("the copy ended before its end");
}

function keyOf(secret: string, salt: Uint8Array): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, salt, "rhythmx snapshot", 32));
}

function nonceOf(count: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(count, 8);
  return nonce;
}
