/** The version of the program, for `rhythmx version`, `doctor`, health and the log's first line. */
import { execFileSync } from "node:child_process";
import { platform } from "#platform";
import manifest from "../../package.json" with { type: "json" };

/** Written by the builds into the binary and into the bundle for Node; absent in a checkout. */
declare const RHYTHMX_BUILD: { commit: string; target: string } | undefined;
declare const RHYTHMX_NODE_BUILD: typeof RHYTHMX_BUILD;
const build =
  typeof RHYTHMX_BUILD !== "undefined"
    ? RHYTHMX_BUILD
    : typeof RHYTHMX_NODE_BUILD !== "undefined"
      ? RHYTHMX_NODE_BUILD
      : null;

/** True in the binary and in the bundle for Node, false in a checkout. */
export const isBuilt = build !== null;

export interface VersionInfo {
  /** Semantic version of package.json. */
  version: string;
  /** The git commit of the program, or "checkout" if git is not available. */
  commit: string;
  /** Name and version of the JavaScript runtime, such as "bun 1.4.5". */
  runtime: string;
  /** Operating system and processor, such as "linux-x64". */
  target: string;
}

export const version: string = manifest.version;

/** Whether this is the compiled program, one file, and no checkout. */
export const isBinary: boolean = typeof RHYTHMX_BUILD !== "undefined";

/** Everything that `rhythmx version` prints. In a checkout it runs git, so call it only where the commit is shown. */
export function versionInfo(): VersionInfo {
  return {
    version,
    commit: build?.commit ?? commitOfCheckout(),
    runtime: platform.runtime,
    target: build?.target ?? `${process.platform}-${process.arch}`,
  };
}

function commitOfCheckout(): string {
  try {
    const git = ["rev-parse", "--short=12", "HEAD"];
    return execFileSync("git", git, {
      cwd: import.meta.dirname,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "checkout";
  }
}
