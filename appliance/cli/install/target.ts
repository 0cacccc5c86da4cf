/** The root folder that is installed into, and its users. */
import { existsSync, lstatSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { EdgeError } from "../../../core/errors.ts";
import type { Settings } from "../../../core/settings.ts";
import { loadSettings } from "../../config/load.ts";
import { readUnit, systemdFolders } from "../../config/unit-file.ts";
import shippedUnit from "../../packaging/rhythmx.service" with { type: "text" };

export const accountName = "rhythmx";
export const unitName = "rhythmx.service";

export interface Account {
  uid: number;
  gid: number;
}

export interface Paths {
  binary: string;
  unit: string;
  dropIns: string;
  /** Manual pages, completions and examples go below it. */
  shared: string;
  configDir: string;
  environmentFile: string;
  credentials: string;
  masterKey: string;
  dataDir: string;
  cacheDir: string;
}

/** Where a Debian package puts what `install` puts elsewhere. */
const packaged = ["/usr/bin/rhythmx", "/usr/lib/systemd/system/rhythmx.service", "/lib/systemd/system/rhythmx.service"];

export class Target {
  /** Absolute, without links; `/` for the machine itself. */
  readonly root: string;
  readonly paths: Paths;

  private constructor(root: string, dataDir: string | null) {
    this.root = root;
    const at = (path: string) => join(this.root, path);
    this.paths = {
      binary: at("/usr/local/bin/rhythmx"),
      unit: at(`/etc/systemd/system/${unitName}`),
      dropIns: at(`/etc/systemd/system/${unitName}.d`),
      shared: at("/usr/local"),
      configDir: at("/etc/rhythmx"),
      environmentFile: at("/etc/rhythmx/.env.production"),
      credentials: at("/etc/rhythmx/credentials"),
      masterKey: at("/etc/rhythmx/credentials/master.key"),
      dataDir: at(dataDir ?? "/var/lib/rhythmx"),
      cacheDir: at("/var/cache/rhythmx"),
    };
  }

  /** @throws EdgeError prefix */
  static async at(prefix: string): Promise<Target> {
    const root = rootOf(prefix);
    const unit = await readUnit(
      systemdFolders.map((folder) => join(root, folder)),
      shippedUnit,
    );
    // A drop-in may have moved the data.
    return new Target(root, unit?.environment.get("RHYTHMX_DATA_DIR") ?? null);
  }

  /** The settings as the installed service reads them. */
  async settings(): Promise<Settings> {
    const unit = await readUnit(
      systemdFolders.map((folder) => join(this.root, folder)),
      shippedUnit,
    );
    const env = {
      ...Object.fromEntries(unit?.environment ?? []),
      RHYTHMX_CONFIG_DIR: this.paths.configDir,
    };
    return (await loadSettings({ env, fromCheckout: false, historicDir: this.paths.configDir })).settings;
  }

  /** Whether this is the running machine and no other root. */
  get isMachine(): boolean {
    return this.root === "/";
  }

  /** Whether systemd runs this machine, so that services can be started. */
  get hasRunningSystemd(): boolean {
    return this.isMachine && existsSync("/run/systemd/system");
  }

  /** Files of the package; empty if it is not installed. */
  get packageFiles(): string[] {
    return packaged.map((path) => join(this.root, path)).filter((path) => existsSync(path));
  }

  /** The service's account; null if there is none yet. */
  get account(): Account | null {
    const fields = this.#entry("/etc/passwd");
    if (fields === null) return null;
    const [, , uid, gid] = fields;
    return { uid: Number(uid), gid: Number(gid) };
  }

  get hasGroup(): boolean {
    return this.#entry("/etc/group") !== null;
  }

  /**
   * A path of the target, for files of root's. Under a prefix a link could lead out of it.
   * @throws EdgeError prefix
   */
  check(path: string): string {
    if (this.isMachine) return path;
    let folder = path;
    while (!exists(folder)) folder = join(folder, "..");
    const real = realpathSync(folder);
    if (real !== this.root && !real.startsWith(`${this.root}/`))
      throw new EdgeError("prefix", `${folder} leads out of ${this.root}, to ${real}: mend this link first`);
    return path;
  }

  #entry(file: string): string[] | null {
    try {
      const lines = readFileSync(join(this.root, file), "utf8").split("\n");
      return lines.map((line) => line.split(":")).find(([name]) => name === accountName) ?? null;
    } catch {
      return null;
    }
  }
}

/** Also a link that leads nowhere. */
export function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // Something above it is no folder, which the step of that one says.
    return false;
  }
}

function rootOf(prefix: string): string {
  const words = "--prefix takes the root folder of a system, such as / or /mnt/image";
  let real: string;
  try {
    real = realpathSync(prefix);
  } catch {
    throw new EdgeError("prefix", `${prefix} does not exist: ${words}`);
  }
  if (!lstatSync(real).isDirectory()) throw new EdgeError("prefix", `${prefix} is no folder: ${words}`);
  return real;
}
