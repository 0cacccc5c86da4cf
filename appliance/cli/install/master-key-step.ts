/** The master key as a systemd credential, for installations that have none yet. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { replaceFile, type Step } from "./steps.ts";
import { exists, type Target } from "./target.ts";

/** The first version with `LoadCredential=`. */
const firstSystemd = 247;

/** `keyFile`: `RHYTHMX_MASTER_KEY_FILE`. */
export function masterKeyStep(target: Target, keyFile: string | null): Step {
  const { masterKey, dataDir } = target.paths;
  const inFolder = join(dataDir, "master.key");
  const elsewhere = () => {
    if (exists(masterKey)) return "stays";
    if (keyFile !== null) return `it is ${keyFile}`;
    if (exists(inFolder)) return `it stays ${inFolder}`;
    if (exists(join(dataDir, "rhythmx.db"))) return "the database has one already, which is not here: put it back";
    if (target.isMachine && !(target.hasRunningSystemd && hasCredentials()))
      return `no systemd ${firstSystemd} runs here: made in the data folder at the first start`;
    return null;
  };
  return {
    subject: masterKey,
    get right() {
      return elsewhere() ?? "";
    },
    look: () =>
      elsewhere() !== null
        ? null
        : {
            kind: "made",
            detail: "root's; a credential of the service",
            run: () =>
              replaceFile(masterKey, `${randomBytes(32).toString("base64")}\n`, {
                mode: 0o600,
                owner: { uid: 0, gid: 0 },
              }),
          },
  };
}

function hasCredentials(): boolean {
  const { stdout } = spawnSync("systemctl", ["--version"], { encoding: "utf8" });
  return Number(/^systemd (\d+)/.exec(stdout ?? "")?.[1] ?? 0) >= firstSystemd;
}
