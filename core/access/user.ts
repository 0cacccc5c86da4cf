/** Users of the API and the console: roles, and what each may do (CONTRACT 4). */
import { UsageError } from "../errors.ts";
import { isCommonPassword } from "./common-passwords.ts";

export const roles = ["viewer", "analyst", "soar", "admin"] as const;
export type Role = (typeof roles)[number];

export interface UserRecord {
  id: string;
  name: string;
  role: Role;
  /** Entities the user is limited to; empty = all. */
  entities: readonly string[];
  passwordHash: string;
  /** Somebody else has set the password, and knows it. */
  passwordIsInitial: boolean;
  /** Part of every access token; changing it invalidates all of them. */
  tokenVersion: number;
  /** Encrypted; null without a second factor. */
  totpSecret: string | null;
  /** Time step of the last code that was used. */
  totpStep: number;
  /** SHA-256 of each recovery code that is left, in hexadecimal digits. */
  recoveryCodes: readonly string[];
  /** Epoch milliseconds. */
  createdAt: number;
  disabledAt: number | null;
  lastLoginAt: number | null;
  /** IP address of the last login; null = none yet, or it was not noted. */
  lastLoginFrom: string | null;
  /** How the person is called in lists and histories; null = by `name`. */
  displayName: string | null;
}

export interface NewUser {
  name: string;
  role: Role;
  password: string;
  entities: readonly string[];
}

export interface UserChange {
  role?: Role;
  entities?: readonly string[];
  disabled?: boolean;
  /** Set by somebody other than the user. */
  password?: string;
  /** Removes the second factor. */
  resetTotp?: boolean;
  /** Ends every login and session. */
  endSessions?: boolean;
  /** Null = called by the login. */
  displayName?: string | null;
}

/** A sign-in of the console. Its cookie is known by its hash alone. */
export interface ConsoleSessionRecord {
  /** SHA-256 of the cookie, in hexadecimal digits. */
  sha256: string;
  userId: string;
  /** The user's at the sign-in: once the user has another one, the session is over. */
  tokenVersion: number;
  /** Epoch milliseconds. */
  createdAt: number;
  seenAt: number;
  address: string;
}

/** A login. Its refresh tokens hold the counter: each works once. */
export interface SessionRecord {
  id: string;
  userId: string;
  counter: number;
  /** Epoch milliseconds. */
  createdAt: number;
  refreshedAt: number;
  /** Where the login came from. */
  address: string;
}

const nameForm = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

/** What is wrong with a user's name, null when nothing is. */
export function badUserName(name: string): string | null {
  return nameForm.test(name)
    ? null
    : "1 to 64 letters, digits, dots, hyphens, underscores or @, a letter or digit first";
}

const longestDisplayName = 80;

/** What is wrong with a person's name, null when nothing is. */
export function badDisplayName(name: string): string | null {
  if ([...name].length > longestDisplayName) return `at most ${longestDisplayName} characters`;
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name) ? "letters, digits, signs and blanks alone" : null;
}

const shortestPassword = 12;
const longestPassword = 128;

/** What is wrong with a new password, null when nothing is (OWASP ASVS 6.2: length, no rules of composition). */
export function badPassword(password: string, userName: string): string | null {
  const length = [...password].length;
  if (length < shortestPassword) return `${shortestPassword} characters or more`;
  if (length > longestPassword) return `at most ${longestPassword} characters`;
  if (password.toLowerCase().includes(userName.toLowerCase()) && userName.length >= 4)
    return "not with the user's name in it";
  if (new Set(password).size < 5) return "at least five different characters";
  if (isCommonPassword(password))
    return "one that is on no list of common passwords and is not made of one or two words";
  return null;
}

/** Whether the user has to choose a password of its own first. Programs (role soar) are never asked; a program's account that becomes a person's is. */
export function mustChangePassword({
  passwordIsInitial,
  role,
}: Pick<UserRecord, "passwordIsInitial" | "role">): boolean {
  return passwordIsInitial && role !== "soar";
}

/** A role that may create users and keys cannot be limited to entities. @throws UsageError */
export function refuseLimitedAdmin(role: Role, entities: readonly string[]): void {
  if (role === "admin" && entities.length > 0)
    throw new UsageError("entities: an administrator sees every entity; leave the list empty");
}
