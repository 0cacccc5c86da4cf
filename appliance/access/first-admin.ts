/** The first administrator: `admin`, with the password of RHYTHMX_ADMIN_PASSWORD or a generated one. */
import { randomInt } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { badPassword } from "../../core/access/user.ts";
import { EdgeError, messageOf, UsageError } from "../../core/errors.ts";
import type { ResolvedSettings } from "../../core/settings/resolve.ts";
import type { Store } from "../../store/open-store.ts";
import type { Log } from "../runtime/log.ts";
import type { Accounts } from "./accounts.ts";

const name = "admin";
const setting = "RHYTHMX_ADMIN_PASSWORD";
const fileName = "initial-admin-password";
/** Without those that look alike. */
const letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/**
 * Before anything else of a first start: a password that somebody chose is taken or refused, never replaced by another one that nobody looks for.
 * @throws UsageError with what is accepted; never with the password
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

/** What is wrong with RHYTHMX_ADMIN_PASSWORD, in words; null = nothing, or it is not given. */
export function firstPasswordProblem({
  settings: { adminPassword },
  problems,
}: Pick<ResolvedSettings, "settings" | "problems">): string | null {
  const unread = problems.find(({ key }) => key === setting);
  if (unread !== undefined) return `${unread.source}: ${setting}: accepted: ${unread.accepted}`;
  const wrong = adminPassword === null ? null : badPassword(adminPassword, name);
  return wrong === null ? null : `${setting} is refused as the first administrator's password; accepted: ${wrong}`;
}

/** The file with the generated password goes when that password does: with the first change, or with the account. */
export function forgetInitialPassword(accounts: Accounts, dataDir: string): void {
  const file = join(dataDir, fileName);
  accounts.onPasswordGone((user) => {
    if (user.name.toLowerCase() === name) removeFile(file);
  });
  // Changed while nobody looked: by a version that left the file, or on a copy of the folder.
  if (accounts.hasAdmin && accounts.find(name)?.passwordIsInitial !== true) removeFile(file);
}

/** Makes the administrator where there is none yet; a generated password is written to `initial-admin-password` in the data folder, 0600. */
export async function ensureAdmin(
  accounts: Accounts,
  { dataDir, adminPassword }: { dataDir: string; adminPassword: string | null },
  log: Log,
): Promise<void> {
  forgetInitialPassword(accounts, dataDir);
  if (accounts.hasAdmin || accounts.find(name) !== null) return;
  const file = join(dataDir, fileName);
  const given = adminPassword;
  const password = given ?? Array.from({ length: 20 }, () => letters[randomInt(letters.length)]).join("");
  if (given === null) writeSecret(file, password);
  await accounts.create({ name, role: "admin", password, entities: [] }, given === null);
  if (given === null) log.info("first administrator made", { user: name, password_file: file });
  else log.info("first administrator made", { user: name });
}

/** A new file, whatever stands there: what a link or an old file leads to is not written, and nobody has it open already. */
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

/** A link is removed itself, not what it leads to; a folder of that name stays. */
function removeFile(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // Writing says so; where nothing is to be written it holds no password of ours.
  }
}
