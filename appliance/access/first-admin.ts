/** The first administrator: `admin`, with the password of RHYTHMX_ADMIN_PASSWORD or a generated one. */
import { randomInt } from "node:crypto";
import { lstatSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { badPassword } from "../../core/access/user.ts";
import { EdgeError, messageOf, UsageError } from "../../core/errors.ts";
import type { ResolvedSettings } from "../../core/settings/resolve.ts";
import type { Store } from "../../store/open-store.ts";
import type { Log } from "../runtime/log.ts";
import type { Accounts } from "./accounts.ts";

const name = "admin";
const setting = "RHYTHMX_ADMIN_PASSWORD";
/** In the data folder, until the first change of the password. */
export const firstPasswordFile = "initial-admin-password";
const passwordLength = 23;
/** Of one that `install` has left, in whichever version. */
const longestPasswordFile = 256;
/** Without characters that look alike. */
const letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/**
 * Called before anything else at a first start: a chosen password is used or refused, never silently replaced by a generated one.
 * @throws UsageError that says what is accepted, without the password
 */
export async function expectFirstPassword(
  admin: Pick<Store["admin"], "listUsers">,
  { settings, problems }: Pick<ResolvedSettings, "settings" | "problems">,
): Promise<void> {
  const wrong = firstPasswordProblem({ settings, problems });
  if (wrong === null) return;
  const users = await admin.listUsers();
  if (users.some((user) => user.role === "admin" || user.name.toLowerCase() === name)) return;
  throw new UsageError(wrong);
}

/** What is wrong with RHYTHMX_ADMIN_PASSWORD, for people; null if it is valid or not set. */
export function firstPasswordProblem({
  settings: { adminPassword },
  problems,
}: Pick<ResolvedSettings, "settings" | "problems">): string | null {
  const unread = problems.find(({ key }) => key === setting);
  if (unread !== undefined) return `${unread.source}: ${setting}: accepted: ${unread.accepted}`;
  const wrong = adminPassword === null ? null : badPassword(adminPassword, name);
  return wrong === null ? null : `${setting} is refused as the first administrator's password; accepted: ${wrong}`;
}

/** Removes the file with the generated password when the password is changed or the account removed. */
export function forgetInitialPassword(accounts: Accounts, dataDir: string): void {
  const file = join(dataDir, firstPasswordFile);
  accounts.onPasswordGone((user) => {
    if (user.name.toLowerCase() === name) removeFile(file);
  });
  // The password was changed by a version that left the file, or in a copy of the folder.
  if (accounts.hasAdmin && accounts.find(name)?.passwordIsInitial !== true) removeFile(file);
}

/** Creates the administrator if there is none yet; a generated password is written to `initial-admin-password` in the data folder, 0600. */
export async function ensureAdmin(
  accounts: Accounts,
  { dataDir, adminPassword }: { dataDir: string; adminPassword: string | null },
  log: Log,
): Promise<void> {
  forgetInitialPassword(accounts, dataDir);
  if (accounts.hasAdmin || accounts.find(name) !== null) return;
  const file = join(dataDir, firstPasswordFile);
  const given = adminPassword;
  const installed = given === null ? passwordIn(file) : null;
  const password = given ?? installed ?? generatedPassword();
  if (given === null && installed === null) writeSecret(file, password);
  await accounts.create({ name, role: "admin", password, entities: [] }, given === null);
  if (given === null) log.info("first administrator made", { user: name, password_file: file });
  else log.info("first administrator made", { user: name });
}

/** A password for an administrator who changes it at the first login. */
export function generatedPassword(): string {
  return Array.from({ length: passwordLength }, () => letters[randomInt(letters.length)]).join("");
}

/** The password that `install` has left; null if there is none, or what stands there is not from it. */
function passwordIn(file: string): string | null {
  try {
    const found = lstatSync(file);
    const isOurs = found.isFile() && (found.mode & 0o077) === 0 && found.size <= longestPasswordFile;
    const [text = "", ...more] = isOurs ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
    return more.length === 0 && badPassword(text, name) === null ? text : null;
  } catch {
    return null;
  }
}

/** Writes a new file in place of anything with that name, so that neither a link's target nor an already open file gets the content. */
function writeSecret(file: string, password: string): void {
  try {
    removeFile(file);
    writeFileSync(file, `${password}\n`, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    throw new EdgeError(
      "initial_password",
      `the first administrator's password cannot be written to ${file} (${messageOf(cause)}): remove what stands there, or set RHYTHMX_ADMIN_PASSWORD`,
      { cause },
    );
  }
}

/** Removes a file, or a link without its target; a folder of that name is kept. */
function removeFile(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // A failure shows when writing; if nothing is written, the file holds no password of ours.
  }
}
