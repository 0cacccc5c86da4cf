/** Puts the console's scripts into a build without comments and blanks and with short names; a checkout serves them as they are written. */
import type { BunPlugin } from "bun";
import { scripts, settingsScripts } from "../../transports/http/console/browser/scripts.ts";

/** The scripts as one, as a build contains them. */
export function compactScript(parts: readonly string[] = scripts): string {
  // Together: one uses what another declares.
  const options = { loader: "js", minify: true, deadCodeElimination: false } as object;
  return new Bun.Transpiler(options).transformSync(parts.join("\n"));
}

export const compactScripts: BunPlugin = {
  name: "compact-scripts",
  setup(build) {
    build.onLoad({ filter: /console\/browser\/scripts\.ts$/ }, () => ({
      contents: `export const scripts = ${JSON.stringify([compactScript()])};
export const settingsScripts = ${JSON.stringify([compactScript(settingsScripts)])};`,
      loader: "ts",
    }));
  },
};
