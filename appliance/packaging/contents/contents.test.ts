/** What a binary holds is named with its licence, and what is not known stops a release. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import manifest from "../../../package.json" with { type: "json" };
import { root } from "../source.ts";
import { licencesIn, objections } from "./component.ts";
import { componentsOf } from "./components.ts";
import { noticesOf } from "./notices.ts";
import { npmComponents } from "./npm-components.ts";
import { sbomOf } from "./sbom.ts";

/** A file of each package that the product depends on, as the bundler would name them. */
const packages = Object.keys(manifest.dependencies).filter((name) => name !== "bun");
const inputs = [
  "main.ts",
  "core/attack/attack-enterprise.json",
  ...packages.map((name) => `node_modules/${name}/index.js`),
  "node_modules/promise-limit/index.js",
];
const binary = { target: "linux-x64" as const, inputs, addonCrates: ["tokio-1.40.0", "ring-0.17.8"] };
const components = componentsOf(binary);
const source = { commit: "0123456789ab", time: 1_700_000_000 };
const bill = () => sbomOf(components, { sha256: "0".repeat(64), target: "linux-x64" }, source);

test("the bill of materials is CycloneDX 1.6 by the specification's own schema, and the same each time", async () => {
  const strict = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  expect(await strict.validate(bill())).toBeNull();
  expect(await strict.validate(bill().replace('"type": "framework"', '"type": "frame"'))).not.toBeNull();
  expect(bill()).toBe(bill());
});

test("it lists packages, runtime, database, fonts, icons and data, with licences, and what is part of what", () => {
  const parsed = JSON.parse(bill());
  const named = new Map<string, { version?: string; licenses: object[] }>(
    parsed.components.map((part: { "bom-ref": string }) => [part["bom-ref"], part]),
  );
  const refs = [...named.keys()];
  for (const name of packages)
    expect(refs.some((ref) => ref.startsWith(`pkg:npm/${name.replace("@", "%40")}@`))).toBe(true);
  expect(named.get("pkg:npm/bun@1.4.5")?.licenses).toEqual([{ license: { id: "MIT" } }]);
  for (const ref of [
    "data:inter",
    "data:jetbrains-mono",
    "data:lucide-static",
    "data:mitre-att-ck",
    "data:sigma-rules",
  ])
    expect(refs).toContain(ref);
  expect(named.get("data:mitre-att-ck")?.licenses).toEqual([{ expression: "LicenseRef-MITRE-ATTACK" }]);
  expect(named.get("data:lucide-static")?.version).toBe(manifest.devDependencies["lucide-static"]);
  const needs = new Map<string, string[]>(
    parsed.dependencies.map(({ ref, dependsOn }: { ref: string; dependsOn: string[] }) => [ref, dependsOn]),
  );
  const addon = refs.find((ref) => ref.startsWith("pkg:npm/%40libsql/linux-x64-gnu@") && !ref.includes("#")) ?? "";
  expect(needs.get(addon)).toEqual(["pkg:cargo/ring@0.17.8", "pkg:cargo/tokio@1.40.0", `${addon}#sqlite`]);
  expect(needs.get("pkg:npm/bun@1.4.5")).toContain("pkg:npm/bun@1.4.5#sqlite");
  // Every reference leads to something.
  const known = new Set(["rhythmx-edge", ...refs]);
  expect([...needs].flat(2).filter((ref) => !known.has(ref))).toEqual([]);
});

test("the notices hold the packages' own texts, and a standard one where a package has none", () => {
  const notices = noticesOf(components);
  for (const { name, licence } of components) {
    expect(notices).toContain(`\n${name}`);
    expect(notices).toContain(`Licence: ${licence}`);
  }
  expect(notices).toContain(readFileSync(join(root, "node_modules/hono/LICENSE"), "utf8").trim());
  expect(notices).toContain(readFileSync(join(root, "core/attack/LICENSE.txt"), "utf8").trim());
  expect(notices).toContain("\nAuthor: Tim Macfarlane\n");
  expect(notices).toContain("ISC: ISC License");
  expect(notices).toContain("GNU LESSER GENERAL PUBLIC LICENSE");
});

test("what is not known stops it, and is named", () => {
  // The fields of a package that came without a text; @libsql/linux-x64-gnu is not one of those that were looked into.
  expect(() => npmComponents(["node_modules/@libsql/linux-x64-gnu/index.node"])).toThrow(
    /^@libsql\/linux-x64-gnu .*: no licence text in the package; see withoutText/,
  );
  expect(() => componentsOf({ ...binary, inputs: [...inputs, "core/attack/stolen.json"] })).toThrow(
    "core/attack/stolen.json: whose?",
  );
  expect(() => componentsOf({ ...binary, addonCrates: ["left-pad-1.0.0"] })).toThrow(
    "pkg:cargo/left-pad@1.0.0 does not say its licence",
  );
  const one = { ref: "a", type: "library" as const, name: "a", licence: "MIT OR (GPL-3.0-only AND ISC)" };
  expect(objections([one, { ...one, licence: "MIT" }])).toEqual([
    'a has the licence "GPL-3.0-only", which acceptedLicences does not have (packaging/contents/component.ts)',
    "a is there twice",
  ]);
  expect(licencesIn("Apache-2.0 WITH LLVM-exception")).toEqual(["Apache-2.0", "LLVM-exception"]);
  expect(() => noticesOf([{ ...one, licence: "LicenseRef-ours" }])).toThrow("no text of the licence LicenseRef-ours");
});

test("every licence file beside embedded files is in the notices", () => {
  const folder = "transports/http/console/assets";
  const notices = noticesOf(components);
  const texts = readdirSync(join(root, folder)).filter((file) => /OFL|LICENSE/.test(file));
  expect(texts.length).toBe(3);
  for (const file of texts) expect(notices).toContain(readFileSync(join(root, folder, file), "utf8").trim());
});
