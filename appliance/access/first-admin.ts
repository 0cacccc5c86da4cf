/** The first administrator: `admin`, with the password of RHYTHMX_ADMIN_PASSWORD or a generated one. */
import { randomInt } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { badPassword } from "../../core/access/user.ts";
import type { Log } from "../runtime/log.ts";
import type { Accounts } from "./accounts.ts";

const name = "admin";
const fileName = "initial-admin-password";
/** Without those that look alike. */
const letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/** Makes the administrator where there is none yet; a generated password is written to `initial-admin-password` in the data folder, 0600. */
export async function ensureAdmin(
  accounts: Accounts,
  { dataDir, adminPassword }: { dataDir: string; adminPassword: string | null },
  log: Log,
): Promise<void> {
  const file = join(dataDir, fileName);
  accounts.onPasswordChanged((user) => {
    if (user.name === name) rmSync(file, { force: true });
  });
  if (accounts.hasAdmin || accounts.find(name) !== null) return;
  const wrong = adminPassword === null ? null : badPassword(adminPassword, name);
  if (wrong !== null) log.warn("RHYTHMX_ADMIN_PASSWORD is no password: one is generated", { accepted: wrong });
  const given = wrong === null ? adminPassword : null;
  const password = given ?? Array.from({ length: 20 }, () => letters[randomInt(letters.length)]).join("");
  if (given === null) writeFileSync(file, `${password}\n`, { mode: 0o600 });
  await accounts.create({ name, role: "admin", password, entities: [] }, given === null);
  if (given === null) log.info("first administrator made", { user: name, password_file: file });
  else log.info("first administrator made", { user: name });
}
