/** Sets up and checks users' second factors. */
import type { UserRecord } from "../../core/access/user.ts";
import { EdgeError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import { minuteMs } from "../../core/time.ts";
import type { Accounts } from "./accounts.ts";
import type { Secrets } from "./master-key.ts";
import { newRecoveryCodes, recoveryCodeSha256 } from "./recovery-codes.ts";
import { newSecret, otpauthUri, stepOf } from "./second-factor.ts";

/** How long a new secret waits for its confirmation. */
const enrolmentMs = 10 * minuteMs;

export class SecondFactors {
  readonly #accounts: Accounts;
  readonly #secrets: Secrets;
  readonly #clock: Clock;
  /** Unconfirmed secrets by user. */
  readonly #enrolling = new Map<string, { secret: string; at: number; tokenVersion: number }>();

  constructor(accounts: Accounts, secrets: Secrets, clock: Clock) {
    this.#accounts = accounts;
    this.#secrets = secrets;
    this.#clock = clock;
  }

  /** Creates a secret for an authenticator app; it takes effect when confirmed by a code. */
  begin(user: UserRecord): { secret: string; otpauth_uri: string } {
    const secret = newSecret();
    this.#enrolling.set(user.id, { secret, at: this.#clock.now(), tokenVersion: user.tokenVersion });
    return { secret, otpauth_uri: otpauthUri(secret, user.name) };
  }

  /** @throws EdgeError totp_wrong, totp_not_begun, account_changed */
  async confirm(user: UserRecord, code: string): Promise<void> {
    const now = this.#clock.now();
    const begun = this.#enrolling.get(user.id);
    // It was begun before the password or the rights changed, possibly by somebody else.
    if (begun?.tokenVersion !== user.tokenVersion || now - begun.at > enrolmentMs)
      throw new EdgeError(
        "totp_not_begun",
        "no second factor is being set up: ask for a secret first (POST /api/totp)",
      );
    const step = stepOf(begun.secret, code, now);
    if (step === null)
      throw new EdgeError("totp_wrong", "this is not the code of this moment: check the clock of the device");
    this.#enrolling.delete(user.id);
    await this.#accounts.setTotp(user, () => this.#secrets.seal(begun.secret, placeOf(user)), step);
  }

  /** A new set, which ends the one before. They cannot be shown again. @throws EdgeError totp_not_set, account_changed */
  async newRecoveryCodes(user: UserRecord): Promise<string[]> {
    const codes = newRecoveryCodes();
    await this.#accounts.setRecoveryCodes(
      user,
      codes.map((code) => recoveryCodeSha256(code) ?? ""),
    );
    return codes;
  }

  /** Checks that a code is valid and unused, and records it as used. `recoveryCodesLeft`: null for a code of the app. */
  async accepts(user: UserRecord, code: string): Promise<{ recoveryCodesLeft: number | null } | null> {
    const sha256 = recoveryCodeSha256(code);
    if (sha256 === null) return (await this.#acceptsTotp(user, code)) ? { recoveryCodesLeft: null } : null;
    const left = await this.#accounts.useRecoveryCode(user, sha256);
    return left === null ? null : { recoveryCodesLeft: left };
  }

  async #acceptsTotp(user: UserRecord, code: string): Promise<boolean> {
    const secret = this.#secrets.open(user.totpSecret ?? "", placeOf(user));
    const step = stepOf(secret, code, this.#clock.now());
    return step !== null && (await this.#accounts.useTotpStep(user, step));
  }

  /** Discards an unconfirmed secret. */
  forget(userId: string): void {
    this.#enrolling.delete(userId);
  }
}

function placeOf({ id }: UserRecord): string {
  return `users/${id}/totp_secret`;
}
