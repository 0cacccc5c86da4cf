import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { importsOf, type Sources, violations } from "./import-floors.ts";

const root = join(import.meta.dirname, "..");

async function projectSources(): Promise<Sources> {
  const sources = new Map<string, string>();
  for (const pattern of ["main.ts", "{core,store,transports,integrations,appliance,test}/**/*.{ts,tsx}"])
    for await (const path of new Bun.Glob(pattern).scan({ cwd: root }))
      sources.set(path, await Bun.file(join(root, path)).text());
  return sources;
}

test("the project keeps its own rules", async () => {
  const sources = await projectSources();
  expect(sources.size).toBeGreaterThan(20);
  expect(violations(sources)).toEqual([]);
});

describe("a breach is found", () => {
  const planted: [string, string, string][] = [
    ["core/a.ts", `import { x } from "../store/x.ts";`, "core must not import store/x.ts"],
    ["core/a.ts", `import type { X } from "../appliance/x.ts";`, "core must not import appliance/x.ts"],
    ["core/a.ts", `export * from "../transports/x.ts";`, "core must not import transports/x.ts"],
    ["core/a.ts", `import {\n  readFileSync,\n} from "node:fs";`, `core must not import "node:fs"`],
    ["core/a.ts", `import { randomBytes } from "node:crypto";`, "core takes only createHash and hash of node:crypto"],
    [
      "core/a.ts",
      `import { createHash, randomUUID } from "node:crypto";`,
      "core takes only createHash and hash of node:crypto",
    ],
    ["core/a.ts", `const f = await import("hono");`, `core must not import "hono"`],
    ["core/a.ts", "export const now = Date.now();", "core must not use Date.now"],
    ["core/a.ts", "export const now = new Date();", "core must not use new Date()"],
    ["core/a.ts", "export const now = [new Date, 1];", "core must not use new Date()"],
    ["core/a.ts", "export const die = Math.random();", "core must not use Math.random"],
    ["core/a.ts", "setTimeout(() => {}, 1);", "core must not use a timer or fetch"],
    ["core/a.ts", "setInterval(() => {}, 1);", "core must not use a timer or fetch"],
    ["core/a.ts", `await fetch("http://x");`, "core must not use a timer or fetch"],
    ["core/a.ts", "export const env = process.env;", "core must not use process"],
    ["store/a.ts", `import { x } from "../transports/http/x.ts";`, "store must not import transports/http/x.ts"],
    ["store/a.test.ts", `import { x } from "../appliance/x.ts";`, "store must not import appliance/x.ts"],
    [
      "transports/http/a.ts",
      `import { x } from "../syslog/x.ts";`,
      "transports/http must not import its sibling transports/syslog/x.ts",
    ],
    ["integrations/jira/a.ts", `import { x } from "../../store/x.ts";`, "integrations must not import store/x.ts"],
    ["appliance/a.ts", `import { x } from "../test/harness/x.ts";`, "appliance must not import test/harness/x.ts"],
    ["appliance/a.ts", `import { serve } from "bun";`, `imports "bun", which belongs in appliance/runtime/bun`],
    [
      "appliance/a.ts",
      `import { dlopen } from "bun:ffi";`,
      `imports "bun:ffi", which belongs in appliance/runtime/bun`,
    ],
    ["store/a.ts", "await Bun.sleep(1);", "Bun.* belongs in appliance/runtime/bun"],
    ["transports/a.ts", "new Bun.Transpiler();", "Bun.* belongs in appliance/runtime/bun"],
    ["appliance/runtime/a.ts", "Bun.serve({});", "Bun.* belongs in appliance/runtime/bun"],
    ["appliance/runtime/bun/a.ts", "Deno.serve(f);", "Deno.* belongs in appliance/runtime/deno"],
    ["appliance/a.ts", "f(process.versions.deno);", "asks which runtime there is, which only #platform decides"],
    ["appliance/runtime/a.ts", "f(typeof Bun);", "asks which runtime there is, which only #platform decides"],
    ...["store/a.test.ts", "test/harness/a.ts"].map((path): [string, string, string] => [
      path,
      `import { Database } from "bun:sqlite";`,
      "a second SQLite in the process takes the first one's locks and maps away: test/harness/database-file.ts",
    ]),
    [
      "store/a.ts",
      `import { p } from "#platform";`,
      `imports "#platform", which is for the files of appliance/runtime`,
    ],
    [
      "store/worker/a.ts",
      `import { g } from "#heap";`,
      `imports "#heap", which is for the files of appliance/runtime and the entry of the store's Worker`,
    ],
    [
      "appliance/runtime/a.ts",
      `import { p } from "./bun/platform.ts";`,
      "must not import appliance/runtime/bun/platform.ts: #platform is the file of the runtime that there is",
    ],
    [
      "appliance/runtime/bun/a.ts",
      `import { p } from "../node/a.ts";`,
      "must not import appliance/runtime/node/a.ts: #platform is the file of the runtime that there is",
    ],
    [
      "transports/a.test.ts",
      `expect(${"performance"}.now() - begin).toBeLessThan(2000);`,
      "measures elapsed time, which depends on what else the machine does: count, compare the order, or use a fake clock",
    ],
    ["store/utils.ts", "export {};", "a name that says nothing"],
    ["core/helpers/a.ts", "export {};", "a name that says nothing"],
    ["store/new/a.ts", "export {};", "store/new has no floor in test/import-floors.ts"],
    ["appliance/new/deep/a.ts", "export {};", "appliance/new has no floor in test/import-floors.ts"],
    ...[
      ["store/events/a.ts", "store/incidents/x.ts"],
      ["store/database/a.ts", "store/events/x.ts"],
      ["store/access/a.ts", "store/outbox/x.ts"],
      ["store/outbox/a.ts", "store/access/x.ts"],
      ["store/outbox/a.ts", "store/incidents/x.ts"],
      ["store/incidents/a.ts", "store/intake/x.ts"],
      ["store/intake/a.ts", "store/sync/x.ts"],
      ["store/sync/a.ts", "store/lists/x.ts"],
      ["store/lists/a.ts", "store/retention/x.ts"],
      ["store/retention/a.ts", "store/worker/x.ts"],
      ["store/worker/a.ts", "store/open-store.ts"],
      ["appliance/runtime/a.ts", "appliance/config/x.ts"],
      ["appliance/access/a.ts", "appliance/upkeep/x.ts"],
      ["appliance/feeds/a.ts", "appliance/tickets/x.ts"],
      ["appliance/tickets/a.ts", "appliance/api/x.ts"],
      ["appliance/api/a.ts", "appliance/control/x.ts"],
      ["appliance/control/a.ts", "appliance/appliance.ts"],
      ["appliance/appliance.ts", "appliance/demo/x.ts"],
      ["appliance/demo/a.ts", "appliance/cli/x.ts"],
    ].map(([path = "", target = ""]): [string, string, string] => {
      const own = path.split("/").length > 2 ? path.split("/").slice(0, 2).join("/") : "appliance/.";
      const up = "../".repeat(path.split("/").length - 1);
      return [
        path,
        `import type { X } from "${up}${target}";`,
        `${own} must not import ${target}, which is not below it`,
      ];
    }),
    ["store/a.ts", "\n".repeat(301), "301 lines, more than 300"],
    ["test/harness/a.ts", "\n".repeat(301), "301 lines, more than 300"],
  ];
  for (const [path, text, message] of planted)
    test(`${path}: ${JSON.stringify(text.slice(0, 60))}`, () => {
      expect(violations(new Map([[path, text]]))).toEqual([`${path}: ${message}`]);
    });

  test("a folder that has become a heap; tests do not count", () => {
    const names = Array.from({ length: 20 }, (_, n) => `core/a${n}.ts`);
    const sources = (more: string[]) => new Map([...names, ...more].map((path) => [path, ""]));
    expect(violations(sources(["core/a.test.ts"]))).toEqual([]);
    expect(violations(sources(["core/b.ts"]))).toEqual(["core: 21 files, more than 20"]);
  });

  test("an import cycle by way of a platform", () => {
    const sources = new Map([
      ["appliance/runtime/a.ts", `import { platform } from "#platform";`],
      ["appliance/runtime/node/platform.ts", `import { a } from "../a.ts";`],
    ]);
    expect(violations(sources)).toEqual([
      "appliance/runtime/a.ts: import cycle appliance/runtime/a.ts → appliance/runtime/node/platform.ts → appliance/runtime/a.ts",
    ]);
  });

  test("import cycles, also through a type and a worker", () => {
    const sources = new Map([
      ["store/a.ts", `import type { B } from "./b.ts";`],
      ["store/b.ts", `new Worker(new URL("./c.ts", import.meta.url).href);`],
      ["store/c.ts", `export { a } from "./a.ts";`],
    ]);
    expect(violations(sources)).toEqual(["store/a.ts: import cycle store/a.ts → store/b.ts → store/c.ts → store/a.ts"]);
  });
});

test("what is allowed is not reported", () => {
  const sources = new Map([
    ["main.ts", `import { serve } from "./appliance/serve.ts";`],
    ["appliance/serve.ts", `import "../store/open.ts";\nimport { app } from "../transports/http/app.ts";`],
    ["appliance/runtime/bun/a.ts", `import { dlopen } from "bun:ffi";\nBun.serve({});`],
    ["appliance/runtime/a.ts", `import { platform } from "#platform";\nimport type { P } from "./platform.ts";`],
    ["appliance/runtime/deno/a.ts", `import { x } from "../node/a.ts";\nDeno.dlopen(x, {});`],
    [
      "store/open.ts",
      `import { x } from "../core/x.ts";\nimport sql from "./migrations/0001.sql" with { type: "text" };`,
    ],
    ["transports/http/app.ts", `import { Hono } from "hono";\nimport { y } from "../y.ts";`],
    ["transports/y.ts", ""],
    ["store/worker/a.test.ts", `import { openStore } from "../open.ts";`],
    ["store/sync/a.ts", `import { x } from "../incidents/a.ts";\nimport { y } from "../database/rows.ts";`],
    ["appliance/cli/a.ts", `import { start } from "../serve.ts";\nimport { y } from "../runtime/a.ts";`],
    [
      "core/x.ts",
      `import { createHash } from "node:crypto";\n// Date.now() and fetch() are not for core\nnew Date(at);`,
    ],
    [
      "core/x.test.ts",
      `import fc from "fast-check";\nimport { test } from "bun:test";\nimport "../test/harness/clock.ts";`,
    ],
    ["test/harness/clock.ts", `import { x } from "../../core/x.ts";\nBun.sleep(Date.now());`],
    ["test/scenarios/a.test.ts", "\n".repeat(400)],
  ]);
  expect(violations(sources)).toEqual([]);
});

test("imports in comments do not count, imports over several lines do", () => {
  const text = `/* import { a } from "./a.ts"; */\n// import "./b.ts";\nimport {\n  c,\n  type D,\n} from "./c.ts";\n`;
  expect(importsOf(text).map((entry) => entry.specifier)).toEqual(["./c.ts"]);
});
