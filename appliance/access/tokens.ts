/**
 * Access tokens: JWT (RFC 9068), HS256 with a key of this appliance, all parameters fixed (RFC 8725). Refresh tokens: session, counter,
 * the user's token version and a MAC over them, so that only issued tokens are accepted.
 */
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import type { Clock } from "../../core/ports.ts";
import type { Secrets } from "./master-key.ts";

const issuer = "rhythmx-edge";
const audience = "rhythmx-api";
const type = "at+jwt";
export const accessSeconds = 900;

export interface AccessClaims {
  userId: string;
  sessionId: string;
  tokenVersion: number;
  /** Epoch milliseconds. */
  expiresAt: number;
}

interface RefreshClaims {
  sessionId: string;
  /** The number of refreshes of the login. */
  counter: number;
  tokenVersion: number;
}

/** A signature has one spelling: decoders overlook white space, and the bits behind its last byte. */
const accessForm = /^[\w-]+\.[\w-]+\.[\w-]{42}[AEIMQUYcgkosw048]$/;

export class Tokens {
  readonly #secrets: Pick<Secrets, "key">;
  readonly #clock: Clock;

  /** Keys are derived at each use, so that a rotation invalidates all earlier tokens. */
  constructor(secrets: Pick<Secrets, "key">, clock: Clock) {
    this.#secrets = secrets;
    this.#clock = clock;
  }

  get #accessKey(): Buffer {
    return this.#secrets.key("access tokens");
  }

  get #refreshKey(): Buffer {
    return this.#secrets.key("refresh tokens");
  }

  access({ userId, sessionId, tokenVersion }: Omit<AccessClaims, "expiresAt">): Promise<string> {
    const now = Math.floor(this.#clock.now() / 1000);
    return new SignJWT({ sid: sessionId, tv: tokenVersion })
      .setProtectedHeader({ alg: "HS256", typ: type })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(userId)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + accessSeconds)
      .sign(this.#accessKey);
  }

  /** Null for anything but a valid token of ours. */
  async readAccess(token: string): Promise<AccessClaims | null> {
    if (!accessForm.test(token)) return null;
    try {
      const { payload } = await jwtVerify(token, this.#accessKey, {
        algorithms: ["HS256"],
        issuer,
        audience,
        typ: type,
        requiredClaims: ["sub", "exp", "iat", "jti", "sid", "tv"],
        currentDate: new Date(this.#clock.now()),
      });
      const { sub, sid, tv, exp } = payload;
      if (typeof sub !== "string" || typeof sid !== "string" || typeof tv !== "number" || exp === undefined)
        return null;
      return { userId: sub, sessionId: sid, tokenVersion: tv, expiresAt: exp * 1000 };
    } catch {
      return null;
    }
  }

  /** Bound to the user's token version, so that it ends together with the access tokens. */
  refresh({ sessionId, counter, tokenVersion }: RefreshClaims): string {
    const claim = `${sessionId}.${counter}.${tokenVersion}`;
    return `rt_${claim}.${this.#mac(claim)}`;
  }

  /** Null if it was not issued here. */
  readRefresh(token: string): RefreshClaims | null {
    const [, claim = "", sessionId = "", counter = "", tokenVersion = "", mac = ""] =
      /^rt_((ses-[0-9a-f]{32})\.(\d{1,15})\.(\d{1,15}))\.([0-9A-Za-z_-]{43})$/.exec(token) ?? [];
    const [given, right] = [Buffer.from(mac), Buffer.from(this.#mac(claim))];
    if (sessionId === "" || given.length !== right.length || !timingSafeEqual(given, right)) return null;
    return { sessionId, counter: Number(counter), tokenVersion: Number(tokenVersion) };
  }

  #mac(claim: string): string {
    return createHmac("sha256", this.#refreshKey).update(claim).digest("base64url");
  }
}
