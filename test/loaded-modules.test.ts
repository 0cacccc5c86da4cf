/** What a start loads, by the imports that are followed at once: the rest is loaded when it is needed, and takes no memory before. */
import { describe, expect, test } from "bun:test";
import { dirname, join } from "node:path";
import manifest from "../package.json" with { type: "json" };

const root = join(import.meta.dirname, "..");
const aliases: Record<string, { bun: string }> = manifest.imports;

/** The project's files and the packages that are loaded with `entries`, dynamic imports apart. */
async function loadedWith(...entries: string[]): Promise<{ files: Set<string>; packages: Set<string> }> {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = async (path: string) => {
    if (files.has(path)) return;
    files.add(path);
    if (!/\.tsx?$/.test(path)) return;
    const transpiler = new Bun.Transpiler({ loader: path.endsWith("x") ? "tsx" : "ts" });
    for (const { path: named, kind } of transpiler.scanImports(await Bun.file(join(root, path)).text())) {
      if (kind !== "import-statement") continue;
      const alias = aliases[named]?.bun;
      if (alias !== undefined) await visit(alias.slice(2));
      else if (named.startsWith(".")) await visit(join(dirname(path), named));
      else packages.add(/^(?:node:[^/]+|bun:.*|(?:@[^/]+\/)?[^/]+)/.exec(named)?.[0] ?? named);
    }
  };
  for (const entry of entries) await visit(entry);
  return { files, packages };
}

describe("what is loaded at the start", () => {
  test("a command: not the appliance, which is half of the program", async () => {
    const { files } = await loadedWith("main.ts");
    expect(files.has("appliance/cli/commands.ts")).toBe(true);
    expect([...files].filter((path) => /^(transports\/http|appliance\/(console|appliance))\b/.test(path))).toEqual([]);
  });

  test("the service: no package but those that it needs itself, and no sample", async () => {
    // What `serve` imports by the way.
    const { files, packages } = await loadedWith("main.ts", "appliance/appliance.ts");
    expect(files.has("appliance/appliance.ts")).toBe(true);
    expect(files.has("transports/http/console/console.ts")).toBe(true);
    expect([...packages].filter((name) => !name.startsWith("node:")).sort()).toEqual([
      "@libsql/client",
      "@valibot/to-json-schema",
      "bun:ffi",
      "croner",
      "fastest-levenshtein",
      "hono",
      "jose",
      "libsql",
      "modern-tar",
      "ofetch",
      "otpauth",
      "re2js",
      "valibot",
    ]);
    // The detections themselves are read when somebody wants the sample.
    expect([...files].filter((path) => path.startsWith("appliance/sample/"))).toEqual(["appliance/sample/dated.ts"]);
  });

  test("the store's Worker: the database driver, and nothing of HTTP, the console or systems for tickets", async () => {
    const { files, packages } = await loadedWith("store/worker/worker.ts");
    expect(files.has("store/worker/store-worker.ts")).toBe(true);
    expect([...packages].filter((name) => !name.startsWith("node:")).sort()).toEqual([
      "@libsql/client",
      "fastest-levenshtein",
      "libsql",
      "re2js",
      "valibot",
    ]);
    const outside = [...files].filter((path) => !/^(core|store)\//.test(path));
    expect(outside).toEqual(["appliance/runtime/bun/heap.ts"]);
  });
});
