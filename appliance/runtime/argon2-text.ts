/**
 * The text form of argon2id hashes (the PHC string format), as Bun writes and reads it, so that a database can go from one runtime
 * to another: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`, both in base64 without padding.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Argon2Cost } from "./platform.ts";

/** What goes into a hash of argon2id version 19. */
export interface Argon2Input extends Argon2Cost {
  password: string;
  salt: Uint8Array<ArrayBuffer>;
  lanes: number;
  /** Length of the hash in bytes. */
  length: number;
}

type Argon2 = (input: Argon2Input) => Promise<Uint8Array>;

const saltBytes = 32;
const hashBytes = 32;
const form = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/;

/** `hash` and `verify` of a platform, whose `argon2` is given. */
export function passwordsBy(argon2: Argon2) {
  return {
    async hashPassword(password: string, cost: Argon2Cost): Promise<string> {
      const salt = new Uint8Array(randomBytes(saltBytes));
      const hash = await argon2({ ...cost, password, salt, lanes: 1, length: hashBytes });
      return `$argon2id$v=19$m=${cost.memoryKiB},t=${cost.rounds},p=1$${base64(salt)}$${base64(hash)}`;
    },

    /** @throws if `text` has another form */
    async verifyPassword(password: string, text: string): Promise<boolean> {
      const [, memoryKiB, rounds, lanes, salt, hash] = form.exec(text) ?? [];
      if (salt === undefined || hash === undefined) throw new Error("no argon2id hash");
      const wanted = Buffer.from(hash, "base64");
      const found = await argon2({
        password,
        memoryKiB: Number(memoryKiB),
        rounds: Number(rounds),
        lanes: Number(lanes),
        salt: new Uint8Array(Buffer.from(salt, "base64")),
        length: wanted.length,
      });
      return timingSafeEqual(wanted, found);
    },
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}
