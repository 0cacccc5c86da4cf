/** Reads from the systemd unit what commands need: the service gets the unit's environment, commands get that of the shell. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Highest precedence first (systemd.unit(5)). */
export const systemdFolders = [
  "/etc/systemd/system",
  "/run/systemd/system",
  "/usr/local/lib/systemd/system",
  "/usr/lib/systemd/system",
];
const unitName = "rhythmx.service";

export interface Unit {
  /** Path of the unit file. */
  path: string;
  user: string | null;
  environment: ReadonlyMap<string, string>;
}

/** The unit with its drop-ins; null if none is installed or it cannot be read. `shipped`: the text of one that will be installed. */
export async function readUnit(folders: readonly string[], shipped: string | null = null): Promise<Unit | null> {
  const dropIns = () => Promise.all(folders.map((one) => readDropIns(`${join(one, unitName)}.d`)));
  for (const folder of folders) {
    const path = join(folder, unitName);
    const text = await readFile(path, "utf8").catch(() => null);
    if (text !== null) return parseUnit(path, [text, ...(await dropIns()).flat()]);
  }
  return shipped === null ? null : parseUnit(unitName, [shipped, ...(await dropIns()).flat()]);
}

/** A message for people if the service uses another data folder than this command; else null. */
export function otherDataDir(dataDir: string, unit: Unit | null): string | null {
  const pinned = unit?.environment.get("RHYTHMX_DATA_DIR");
  if (unit === null || pinned === undefined || pinned === dataDir) return null;
  return `commands use the data folder ${dataDir}, the service uses ${pinned}, which ${unit.path} sets: set RHYTHMX_DATA_DIR there (systemctl edit rhythmx) instead of in .env.production`;
}

async function readDropIns(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => name.endsWith(".conf")).sort();
  return Promise.all(files.map((name) => readFile(join(folder, name), "utf8").catch(() => "")));
}

function parseUnit(path: string, texts: readonly string[]): Unit {
  const environment = new Map<string, string>();
  let user: string | null = null;
  for (const line of texts.flatMap((text) => text.replace(/\\\n/g, " ").split("\n"))) {
    const [, key = "", value = ""] = /^\s*(Environment|User)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === "User") user = value || null;
    // An empty assignment clears earlier ones.
    if (key === "Environment" && value === "") environment.clear();
    if (key === "Environment") for (const [name, text] of assignments(value)) environment.set(name, text);
  }
  return { path, user, environment };
}

/** `A=1 "B=two words" 'C=x'` */
function assignments(text: string): [string, string][] {
  const words = text.match(/"(?:[^"\\]|\\.)*"|'[^']*'|\S+/g) ?? [];
  return words.flatMap((word) => {
    const plain = /^["']/.test(word) ? word.slice(1, -1) : word;
    const at = plain.indexOf("=");
    return at > 0 ? [[plain.slice(0, at), plain.slice(at + 1)] as [string, string]] : [];
  });
}
