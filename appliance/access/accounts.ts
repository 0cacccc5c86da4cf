/** Users in memory: few, read at start, changed only through here, so that no request waits for the database. */
import { randomBytes } from "node:crypto";
import { badPassword, badUserName, type NewUser, type UserChange, type UserRecord } from "../../core/access/user.ts";
import { EdgeError, UsageError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { Store } from "../../store/open-store.ts";
import type { PasswordHasher } from "../runtime/passwords.ts";

/** Told when a user's logins have to end. */
export type OnRevoked = (userId: string) => Promise<void>;

export class Accounts {
  readonly #admin: Store["admin"];
  readonly #clock: Clock;
  readonly #passwords: PasswordHasher;
  readonly #users = new Map<string, UserRecord>();
  /** A hash that no password has: unknown users take as long as known ones. */
  #nobody: string | null = null;
  #onRevoked: OnRevoked = async () => {};
  #onPasswordChanged: (user: UserRecord) => void = () => {};

  private constructor(admin: Store["admin"], clock: Clock, passwords: PasswordHasher) {
    this.#admin = admin;
    this.#clock = clock;
    this.#passwords = passwords;
  }

  static async load(admin: Store["admin"], clock: Clock, passwords: PasswordHasher): Promise<Accounts> {
    const accounts = new Accounts(admin, clock, passwords);
    for (const user of await admin.listUsers()) accounts.#users.set(user.id, user);
    return accounts;
  }

  onRevoked(listener: OnRevoked): void {
    this.#onRevoked = listener;
  }

  onPasswordChanged(listener: (user: UserRecord) => void): void {
    this.#onPasswordChanged = listener;
  }

  /** By name. */
  list(): UserRecord[] {
    return [...this.#users.values()].sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
  }

  byId(id: string): UserRecord | null {
    return this.#users.get(id) ?? null;
  }

  find(name: string): UserRecord | null {
    const wanted = name.trim().toLowerCase();
    return this.list().find((user) => user.name.toLowerCase() === wanted) ?? null;
  }

  /** @throws EdgeError user_unknown */
  known(name: string): UserRecord {
    const user = this.find(name);
    if (user === null)
      throw new EdgeError(
        "user_unknown",
        `there is no user ${JSON.stringify(name.slice(0, 64))}: \`rhythmx user list\` shows them`,
      );
    return user;
  }

  get hasAdmin(): boolean {
    return this.list().some(({ role }) => role === "admin");
  }

  /** @throws UsageError for a bad name or password; EdgeError user_exists */
  async create({ name, role, password, entities }: NewUser, initial = true): Promise<UserRecord> {
    checked("name", badUserName(name));
    checked("password", badPassword(password, name));
    if (this.find(name) !== null)
      throw new EdgeError("user_exists", `there is a user ${name} already: choose another name`);
    const user: UserRecord = {
      id: `user-${randomBytes(6).toString("hex")}`,
      name,
      role,
      entities: cleaned(entities),
      passwordHash: await this.#passwords.hash(password),
      passwordIsInitial: initial && role !== "soar",
      tokenVersion: 1,
      totpSecret: null,
      totpStep: 0,
      createdAt: this.#clock.now(),
      disabledAt: null,
      lastLoginAt: null,
    };
    await this.#save(user);
    return user;
  }

  /** @throws EdgeError user_unknown, last_admin; UsageError for a bad password */
  async change(name: string, change: UserChange): Promise<UserRecord> {
    const user = this.known(name);
    const {
      role = user.role,
      entities = user.entities,
      disabled = user.disabledAt !== null,
      password,
      resetTotp,
    } = change;
    if (password !== undefined) checked("password", badPassword(password, user.name));
    const stays = role === "admin" && !disabled;
    if (!stays) this.#keepAnAdmin(user);
    const revokes = password !== undefined || disabled || role !== user.role || !sameNames(entities, user.entities);
    await this.#save({
      ...user,
      role,
      entities: cleaned(entities),
      disabledAt: disabled ? (user.disabledAt ?? this.#clock.now()) : null,
      tokenVersion: user.tokenVersion + (revokes ? 1 : 0),
      ...(password === undefined
        ? {}
        : { passwordHash: await this.#passwords.hash(password), passwordIsInitial: role !== "soar" }),
      ...(resetTotp ? { totpSecret: null, totpStep: 0 } : {}),
    });
    if (revokes) await this.#onRevoked(user.id);
    if (password !== undefined) this.#onPasswordChanged(user);
    return this.known(name);
  }

  /** The user's own new password. @throws UsageError for a bad one */
  async changeOwnPassword(user: UserRecord, password: string): Promise<void> {
    checked("new_password", badPassword(password, user.name));
    const passwordHash = await this.#passwords.hash(password);
    await this.#save({ ...user, passwordHash, passwordIsInitial: false, tokenVersion: user.tokenVersion + 1 });
    await this.#onRevoked(user.id);
    this.#onPasswordChanged(user);
  }

  /** Ends every login of the user. */
  async revoke(user: UserRecord): Promise<void> {
    await this.#save({ ...user, tokenVersion: user.tokenVersion + 1 });
    await this.#onRevoked(user.id);
  }

  async setTotp(user: UserRecord, sealedSecret: string | null): Promise<void> {
    await this.#save({ ...this.#current(user), totpSecret: sealedSecret, totpStep: 0 });
  }

  /** After a rotation of the master key: second factors as they are encrypted now. */
  async rereadSecondFactors(): Promise<void> {
    for (const { id, totpSecret } of await this.#admin.listUsers()) {
      const user = this.#users.get(id);
      if (user !== undefined) this.#users.set(id, { ...user, totpSecret });
    }
  }

  /** Notes a code as used; false when it, or a later one, was used already. */
  async useTotpStep(user: UserRecord, step: number): Promise<boolean> {
    const current = this.#current(user);
    if (step <= current.totpStep) return false;
    const used = { ...current, totpStep: step };
    // At once, so that two who send the same code at the same time do not both come in.
    this.#users.set(user.id, used);
    await this.#save(used);
    return true;
  }

  async noteLogin(user: UserRecord): Promise<void> {
    await this.#save({ ...this.#current(user), lastLoginAt: this.#clock.now() });
  }

  /** @throws EdgeError user_unknown, last_admin */
  async remove(name: string): Promise<UserRecord> {
    const user = this.known(name);
    this.#keepAnAdmin(user);
    await this.#admin.deleteUser(user.id);
    this.#users.delete(user.id);
    await this.#onRevoked(user.id);
    return user;
  }

  /** Whether the password is that of the user; for an unknown or disabled one false, after the same work. */
  async verify(user: UserRecord | null, password: string): Promise<boolean> {
    this.#nobody ??= await this.#passwords.hash(randomBytes(24).toString("base64"));
    const matches = await this.#passwords.verify(password.slice(0, 256), user?.passwordHash ?? this.#nobody);
    return matches && user !== null && user.disabledAt === null;
  }

  #keepAnAdmin(leaving: UserRecord): void {
    const isAdmin = ({ role, disabledAt }: UserRecord) => role === "admin" && disabledAt === null;
    if (!isAdmin(leaving)) return;
    if (!this.list().some((user) => user.id !== leaving.id && isAdmin(user)))
      throw new EdgeError("last_admin", `${leaving.name} is the last administrator: make another one first`);
  }

  #current(user: UserRecord): UserRecord {
    return this.#users.get(user.id) ?? user;
  }

  async #save(user: UserRecord): Promise<void> {
    await this.#admin.saveUser(user);
    this.#users.set(user.id, user);
  }
}

function checked(field: string, problem: string | null): void {
  if (problem !== null) throw new UsageError(`${field}: ${problem}`);
}

function cleaned(entities: readonly string[]): string[] {
  const names = entities.map((entity) => entity.trim());
  // An empty name must not make a user for every tenant.
  if (names.includes("")) throw new UsageError("entities: a name is blank; leave the list empty for all entities");
  return [...new Set(names)];
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
}
