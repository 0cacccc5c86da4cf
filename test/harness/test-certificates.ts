/** The certificates of `test/data/tls` (made by its `make.sh`). */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dir, "../data/tls");

export function certificateFile(name: string): string {
  return join(folder, name);
}

export function pem(name: string): Buffer {
  return readFileSync(certificateFile(name));
}

/** A server certificate with its key. */
export function serverPair(name: "server" | "wrong-name" | "expired"): { cert: Buffer; key: Buffer } {
  return { cert: pem(`${name}.pem`), key: pem(`${name}.key`) };
}
