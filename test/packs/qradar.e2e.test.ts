/** The pack `qradar`: each expression by java.util.regex, which QRadar uses, on every message of its preset. QRadar itself cannot be had. */
import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fieldsOfMessage } from "../../core/feeds/fields.ts";
import { installed } from "../harness/rsyslog.ts";
import { makeCorpus } from "./corpus.ts";
import { enginesHere, looksAtCharacters, matchAll } from "./engines/engines.ts";

const pack = join(import.meta.dirname, "../../appliance/packs/qradar");
const read = (path: string) => readFileSync(join(pack, path), "utf8");

interface Expression {
  regex: string;
  capture: string;
}
interface Parameters {
  system_properties: Record<string, Expression[]>;
  custom_properties: { name: string; type: string; regex: string }[];
  event_mappings: { event_id: string; event_category: string; name: string; severity: number }[];
}
const dsm = JSON.parse(read("dsm-parameters.json")) as Parameters;
const expressions = [
  ...Object.entries(dsm.system_properties).flatMap(([name, all]) => all.map((one) => ({ name, ...one }))),
  ...dsm.custom_properties.map(({ name, regex }) => ({ name, regex, capture: "$1" })),
];

const here = enginesHere("java") && installed("xmllint", "libxml2-utils");
/** As the preset sends them. */
const preset = { maxBytes: 4096, timestampPrecision: 3 } as const;
const corpus = here ? await makeCorpus() : null;
const messages =
  corpus === null
    ? []
    : [...corpus.messages(preset), ...corpus.variants().filter(({ line }) => !/^\S+ \S+ \S+ \S+ \S+ - /.test(line))];
const lines = messages.map(({ line }) => line);

/** For each message, each property that has a value: of several expressions the first that matches. */
function propertiesOf(found: ReturnType<typeof matchAll>[number]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [n, { name, capture }] of expressions.entries()) {
    const groups = found[n]?.[0];
    if (groups === undefined || name in values) continue;
    values[name] = capture === "$1" ? (groups[1] ?? "") : capture;
  }
  return values;
}

/** Properties of the list of fields. */
const known = Object.fromEntries(
  (["alert", "incident", "case", "status"] as const).flatMap((kind) =>
    fieldsOfMessage(kind).map(({ qradar }) => [qradar, true]),
  ),
);

/** QRadar keeps a value as it stands in the message. */
const escaped = (text: string) => text.replace(/["\\\]]/g, "\\$&");

if (here) {
  const found = matchAll(
    "java",
    expressions.map(({ regex }) => regex),
    lines,
  );

  test("every property of every message is what was sent in", () => {
    for (const [n, { kind, line, expected }] of messages.entries()) {
      const given = propertiesOf(found[n] ?? []);
      const wanted = fieldsOfMessage(kind).flatMap(({ name, qradar }) => {
        const value = expected[name];
        return value === undefined || kind === "test" ? [] : [[qradar, escaped(value)] as const];
      });
      const own = Object.entries(given).filter(([name]) => name in known && kind !== "test");
      expect({ line, ...Object.fromEntries(own) }).toEqual({ line, ...Object.fromEntries(wanted) });
    }
  });

  test("every message has a mapping, and a time", () => {
    const mapped = new Set(dsm.event_mappings.map((one) => `${one.event_id} ${one.event_category}`));
    for (const [n, { line }] of messages.entries()) {
      const given = propertiesOf(found[n] ?? []);
      const key = `${given["Event ID"]} ${given["Event Category"]}`;
      expect({ line, key, mapped: mapped.has(key) }).toEqual({ line, key, mapped: true });
      const [, time = ""] = /^\S+ (\S+)/.exec(line) ?? [];
      if (/\.\d{3}Z$/.test(time)) expect(given["Log Source Time"]).toBe(time);
    }
    expect(mapped.size).toBe(dsm.event_mappings.length);
  });

  test("each message with every level has one", () => {
    for (const level of ["informational", "low", "medium", "high", "critical"])
      for (const id of ["FIRST", "HOURLY"])
        expect(dsm.event_mappings).toContainEqual(expect.objectContaining({ event_id: id, event_category: level }));
    for (const level of ["low", "medium", "high", "critical"])
      for (const [id, category] of [
        ["incident_created", level],
        ["incident_updated", level],
        ["case_created", level.toUpperCase()],
        ["case_updated", level.toUpperCase()],
      ] as const)
        expect(dsm.event_mappings).toContainEqual(expect.objectContaining({ event_id: id, event_category: category }));
  });

  test("no message makes an expression slow: the work grows as its length, not as its square", () => {
    const header = "<134>1 2026-03-13T04:30:00.000Z RhythmX SigmaAlert 1 FIRST ";
    const hostile = (length: number) => [
      `${header}[sigma@32473 hash="${"\\\\".repeat(length)}`,
      `${header}[sigma@32473 hash="a" ${'a="\\\\" '.repeat(length)}`,
      `${header}[rule@1 ${"[rule@1 a=".repeat(length)}`,
      `${header}${"[rule@1".repeat(length)}`,
    ];
    const regexes = expressions.map(({ regex }) => regex);
    const [half, whole] = [2000, 4000].map((length) => looksAtCharacters("java", regexes, hostile(length)));
    for (const [n, looks] of (whole ?? []).entries()) expect(looks).toBeLessThan(2.2 * (half?.[n] ?? 0) + 20_000);
    // Real ones: each expression finds its element and is done.
    const usual = looksAtCharacters("java", regexes, lines);
    for (const [n, looks] of usual.entries())
      expect(looks).toBeLessThan(regexes.length * (3 * (lines[n]?.length ?? 0) + 2000));
  });
} else {
  test("java or xmllint is not here: see the lines above", () => {
    expect(process.env.CI).toBeFalsy();
  });
}

describe("the files", () => {
  test("tables and extension have the expressions of the DSM parameters", () => {
    for (const { name, regex } of dsm.custom_properties) {
      expect(name).toStartWith("RhythmX ");
      // Anchored: QRadar's condition for an optimised property.
      expect(regex).toStartWith("^");
      expect(read("custom-properties.csv")).toContain(regex.replaceAll('"', '""'));
    }
    const extension = read("lsx/RhythmXEdge-LSX.xml");
    for (const name of ["Event ID", "Username", "Source IP"])
      for (const { regex } of dsm.system_properties[name] ?? []) expect(extension).toContain(regex);
    for (const [, id] of extension.matchAll(/pattern-id="(\w+)"/g)) expect(extension).toContain(`<pattern id="${id}"`);
    if (here) expect(spawnSync("xmllint", ["--noout", join(pack, "lsx/RhythmXEdge-LSX.xml")]).status).toBe(0);
  });

  test("searches name properties that there are", () => {
    const known = new Set(dsm.custom_properties.map(({ name }) => name));
    for (const file of readdirSync(join(pack, "aql")))
      for (const [name] of read(`aql/${file}`).matchAll(/RhythmX [A-Z][A-Za-z ]*[A-Za-z](?=")/g))
        if (name !== "RhythmX Edge") expect([file, name, known.has(name)]).toEqual([file, name, true]);
  });
});
