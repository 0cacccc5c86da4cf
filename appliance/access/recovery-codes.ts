/**
 * Recovery codes: each takes the place of one code of the authenticator app, once. 16 digits of base32 (RFC 4648) are 80 random bits, which
 * cannot be guessed even by who has the database, so that their SHA-256 is enough.
 */
import { createHash, randomBytes } from "node:crypto";

const recoveryCodesMade = 10;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const digits = 16;
/** Digits that people read for others. */
const misread: Readonly<Record<string, string>> = { "0": "O", "1": "I", "8": "B" };

/** A new set, in groups of four, as it is shown once. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: recoveryCodesMade }, () => {
    const code = [...randomBytes(digits)].map((byte) => alphabet[byte % alphabet.length]).join("");
    return code.replace(/(.{4})(?=.)/g, "$1-");
  });
}

/** The SHA-256 of a code however it is typed; null if it has not the form of one. */
export function recoveryCodeSha256(typed: string): string | null {
  const code = typed
    .toUpperCase()
    .replace(/[\s-]/g, "")
    .replace(/[018]/g, (digit) => misread[digit] ?? digit);
  if (code.length !== digits || [...code].some((digit) => !alphabet.includes(digit))) return null;
  return createHash("sha256").update(code).digest("hex");
}
