/** Time-based one-time passwords (RFC 6238: SHA-1, 6 digits, 30 seconds, as authenticator apps use). */
import { Secret, TOTP } from "otpauth";

const issuer = "RhythmX Edge";
/** Codes of the steps before and after are accepted too, because clocks differ. */
const window = 1;

export function newSecret(): string {
  return new Secret({ size: 20 }).base32;
}

/** The URI for an authenticator app's QR code. */
export function otpauthUri(secret: string, userName: string): string {
  return totp(secret, userName).toString();
}

/** The time step of a code that is valid at `now` (epoch ms); null if it is not. */
export function stepOf(secret: string, code: string, now: number): number | null {
  const digits = code.replace(/\s/g, "");
  if (!/^\d{6}$/.test(digits)) return null;
  const one = totp(secret, "");
  const delta = one.validate({ token: digits, timestamp: now, window });
  return delta === null ? null : Math.floor(now / 1000 / one.period) + delta;
}

function totp(secret: string, label: string): TOTP {
  return new TOTP({ issuer, label, secret: Secret.fromBase32(secret), algorithm: "SHA1", digits: 6, period: 30 });
}
