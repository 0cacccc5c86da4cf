/**
 * A database file of the newest schema with nothing in it, made once for the sources as they are. What makes it is the store itself; an
 * appliance that is given a copy starts in half the time, and tests start about a thousand.
 */
import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { openStore } from "../../store/open-store.ts";
import { FakeClock } from "./fake-clock.ts";
import { program } from "./program.ts";

const file = join(dirname(program), "empty.db");

/** Puts a copy there. The path must not exist. */
export async function copyEmptyDatabase(path: string): Promise<void> {
  if (!existsSync(file)) await make();
  copyFileSync(file, path);
}

async function make(): Promise<void> {
  const folder = mkdtempSync(join(dirname(program), "empty-"));
  const made = join(folder, "rhythmx.db");
  const store = await openStore({ path: made, clock: new FakeClock() });
  await store.close();
  // Of two that are made at the same time either is right.
  renameSync(made, file);
  rmSync(folder, { recursive: true });
}
