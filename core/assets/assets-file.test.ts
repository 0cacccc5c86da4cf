import { expect, test } from "bun:test";
import { formatProblem, type Report } from "../settings/problem.ts";
import type { SettingsFile } from "../settings/sources.ts";
import { readAssetsFile } from "./assets-file.ts";

function read(content: SettingsFile["content"] | string) {
  const report: Report = { problems: [], warnings: [] };
  const file = {
    source: "assets.json",
    folder: "/",
    content: typeof content === "string" ? { text: content } : content,
  };
  const assets = readAssetsFile(file, report);
  return { assets, problems: report.problems.map(formatProblem), warnings: report.warnings.map(formatProblem) };
}

test("hosts and accounts, of one entity or of all", () => {
  const { assets, problems, warnings } = read(`{
    "assets": [
      {"host": "dc01", "role": "domain controller"},
      {"account": "svc-backup", "entity": "Site A", "role": "backup", "criticality": "critical", "aliases": ["S-1-5-21-7-7-7-1105"]}
    ],
    "hosts": [{"name": "scan01", "role": "scanner"}]
  }`);
  expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
  const rest = { criticality: null, aliases: [], entity: null, from: "file" } as const;
  expect(assets).toEqual([
    { kind: "host", name: "dc01", role: "domain_controller", ...rest },
    {
      ...{ kind: "account", name: "svc-backup", role: "backup", criticality: "critical" },
      ...{ aliases: ["S-1-5-21-7-7-7-1105"], entity: "Site A", from: "file" },
    } as never,
    { kind: "host", name: "scan01", role: "scanner", ...rest },
  ]);
});

test("a wrong row is left out and named with its line; the others count", () => {
  const { assets, problems, warnings } = read(
    [
      '{"assets": [',
      '{"host": "a", "role": "king"},',
      '{"host": "b", "role": "server", "rôle": 1},',
      "7,",
      '{"host": "B."',
      ', "role": "server"}]}',
    ].join("\n"),
  );
  expect(assets.map(({ name }) => name)).toEqual(["b"]);
  expect(problems).toEqual([
    'assets.json line 2: assets[0].role: found "king"; accepted: domain_controller, server, jump_host, workstation, backup, deployment, scanner; this asset is left out',
    "assets.json line 4: assets[2].kind: found nothing; accepted: one name: host, or account, or name together with kind; this asset is left out",
    'assets.json line 5: assets[3].name: found "B."; accepted: each name in one row: another row has it already; this asset is left out',
  ]);
  expect(warnings).toEqual([
    'assets.json line 3: assets[1]."r\\u00f4le": found an unknown key; accepted: role (the nearest known key); it is ignored',
  ]);
});

test("the same name in two entities is two assets", () => {
  const { assets, problems } = read(
    '{"assets": [{"host": "a", "role": "server"}, {"host": "a", "entity": "B", "role": "backup"}]}',
  );
  expect({ count: assets.length, problems }).toEqual({ count: 2, problems: [] });
});

test("a file that cannot be read, or is something else", () => {
  const nothing = "none of its assets count";
  expect(read({ fault: { found: "a folder", accepted: "a file" } }).problems).toEqual([
    `assets.json: found a folder; accepted: a file; ${nothing}`,
  ]);
  expect(read("[]").problems).toEqual([
    `assets.json: found a list; accepted: a JSON object such as {"assets": [{"host": "dc01.corp.example", "role": "domain_controller"}]}; ${nothing}`,
  ]);
  expect(read('{"assets": 3}').problems).toHaveLength(1);
  expect(read("{").problems).toEqual([
    expect.stringMatching(/^assets\.json line 1 column 2: found .*; none of its assets count$/),
  ]);
  expect(read("{}")).toEqual({ assets: [], problems: [], warnings: [] });
});
