/** docs/troubleshooting.md names what the program says, and the program says what it names. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { faultGuide, guideOf } from "../../core/fault-guide.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/troubleshooting.md"), "utf8");
const sources = new Map<string, string>();
for (const path of new Bun.Glob("{core,store,transports,integrations,appliance}/**/*.{ts,tsx}").scanSync({ cwd: root }))
  if (!/\.test\.tsx?$/.test(path)) sources.set(path, readFileSync(join(root, path), "utf8").replaceAll("\\`", "`"));
const program = [...sources.values()].join("\n");

/** The rows of the tables below a heading, up to the next one of its rank. */
function rows(heading: string): string[][] {
  const rank = /^#+/.exec(heading)?.[0].length ?? 0;
  const begin = page.indexOf(`${heading}\n`);
  expect(begin).toBeGreaterThan(-1);
  const rest = page.slice(begin + heading.length);
  const end = rest.search(new RegExp(`^#{1,${rank}} `, "m"));
  return (end === -1 ? rest : rest.slice(0, end))
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.slice(2, -2).split(" | "));
}
const nameIn = (cell = "") => cell.replace(/^`|`$/g, "");

test("every fault is there as the guide has it, is set somewhere, and there is no other", () => {
  const expected = Object.entries(faultGuide).map(([name, { means, mend }]) => [`\`${name}\``, means, mend]);
  expect(rows("## Faults")).toEqual(expected);
  const set = [
    ...[...program.matchAll(/faults\.set\(\s*"([a-z_]+)"/g)].map(([, name]) => name ?? ""),
    ...[...program.matchAll(/\{ name: "([a-z_]+)", what: /g)].map(([, name]) => name ?? ""),
    ...[...program.matchAll(/`(store_|positions)[:$]/g)].map(([, name]) =>
      name === "store_" ? "store_write" : "positions",
    ),
  ];
  expect(set.length).toBeGreaterThan(8);
  for (const name of set) expect(guideOf(name), name).not.toBeNull();
  for (const name of Object.keys(faultGuide)) {
    const parts =
      name === "store_read" || name === "store_write"
        ? ["store_"]
        : [name.replace("incidents_health_port", "_health_port")];
    for (const part of parts) expect(program.includes(`"${part}"`) || program.includes(part), name).toBe(true);
  }
});

const messages = rows("## Messages").map(([cell]) => nameIn(cell));
/** The parts of a message that do not vary. */
const partsOf = (message: string) =>
  message
    .split("…")
    .map((part) => part.replace(/^[\s()]+|[\s()]+$/g, ""))
    .filter((part) => part.length > 3);

test.each(messages)("the program says: %s", (message) => {
  const parts = partsOf(message);
  expect(parts.length).toBeGreaterThan(0);
  const says = [...sources.values()].some((text) => parts.every((part) => text.includes(part)));
  expect(says, message).toBe(true);
});

test.each(rows("## Causes of deliveries that stand still").map(([cell]) => nameIn(cell)))("cause %s", (cause) => {
  expect(program).toContain(
    cause === "not_found" || cause === "forbidden" || cause === "too_large" ? `: "${cause}"` : `"${cause}"`,
  );
});

describe("each kind of error that an operator can meet is there", () => {
  /** Answers to callers of the API, whose own words say it, and notes between parts of the program. */
  const refusals = readFileSync(join(root, "transports/http/refusals.ts"), "utf8");
  const ofTheApi = new Set([...refusals.matchAll(/^ {2}([a-z_]+): \{ status/gm)].map(([, code]) => code ?? ""));
  const between = new Set(
    "actor_state_corrupt addon_failed closed console_refused demo_folder demo_refused hidden identify_refused inconclusive internal_error not_found not_written number_form service_identifier stopping unexpected none event_corrupt body_refused login_throttled totp_needed unknown_backup".split(
      " ",
    ),
  );
  const said = new Map<string, string[]>();
  for (const text of sources.values())
    for (const [, code = "", literal = ""] of text.matchAll(
      /new (?:Edge|Store|Delivery)Error\(\s*"([a-z_]+)",\s*(`(?:[^\\]|\\.)*?`(?=[,)\s])|"(?:[^"\\]|\\.)*")/g,
    ))
      said.set(code, [...(said.get(code) ?? []), literal]);
  const kinds = [...said].filter(([code]) => !ofTheApi.has(code) && !between.has(code));
  test("there are many", () => expect(kinds.length).toBeGreaterThan(40));
  test.each(kinds)("%s", (code, literals) => {
    const documented = literals.some((literal) =>
      messages.some((message) => partsOf(message).every((part) => literal.includes(part))),
    );
    expect(documented, `${code}: ${literals[0]?.slice(0, 200)}`).toBe(true);
  });
});

test("commands, settings and pages that it names exist", async () => {
  const { commands } = await import("../../appliance/cli/commands.ts");
  const names = new Set(commands.map(({ name }) => name));
  for (const [, name = ""] of page.matchAll(/`rhythmx ([a-z]+)/g)) expect(names).toContain(name);
  for (const [, file = ""] of page.matchAll(/\]\(([a-z]+\.md)/g))
    expect(Bun.file(join(root, "docs", file)).size, file).toBeGreaterThan(0);
  for (const [, setting = ""] of page.matchAll(
    /`(RHYTHMX_[A-Z_]+|JIRA_[A-Z_]+|SERVICENOW_[A-Z_]+|SNOW_[A-Z_]+|AUTO_PUSH_[A-Z_]+)`/g,
  ))
    expect(program, setting).toContain(setting);
});
