import { expect, test } from "bun:test";
import type { ListedAsset } from "./asset.ts";
import { assetsAsCsv, mostAssets, readCsvList, readJsonList, shownAsset } from "./asset-list.ts";

const json = (value: unknown) => readJsonList(JSON.stringify(value));
const rows = (list: ReturnType<typeof readJsonList>) =>
  "rows" in list ? list.rows.map(({ asset }) => asset) : list.errors;
const errors = (list: ReturnType<typeof readJsonList>) =>
  "errors" in list ? list.errors.map(({ name, reason }) => `${name}: ${reason}`) : [];

const dc = {
  kind: "host",
  name: "DC01.corp.example",
  role: "domain_controller",
  criticality: null,
  aliases: ["10.0.0.5"],
};
const deploy = { kind: "account", name: "CORP\\svc-deploy", role: "deployment", criticality: "normal", aliases: [] };

test("JSON: rows name a host, an account, or a kind and a name; lists of hosts and accounts name the kind for all", () => {
  const expected = [dc, deploy];
  const host = { host: "DC01.corp.example", role: "Domain Controller", aliases: ["10.0.0.5"] };
  const account = { account: "CORP\\svc-deploy", role: "deployment account", criticality: "Medium", aliases: null };
  expect(rows(json({ assets: [host, account] }))).toEqual(expected as never);
  expect(rows(json([host, account]))).toEqual(expected as never);
  const { host: name, ...rest } = host;
  expect(rows(json({ hosts: [{ name, ...rest }], accounts: [account] }))).toEqual(expected as never);
  expect(rows(json({ assets: [{ kind: "Host", name, role: "DC", aliases: "10.0.0.5" }] }))).toEqual([dc] as never);
  expect(rows(json({ assets: [{ type: "host", name, role: "dc", aliases: ["10.0.0.5"] }] }))).toEqual([dc] as never);
  const named = { hostname: name, role: "dc", aliases: ["10.0.0.5"] };
  expect(rows(json([named, { user: "CORP\\svc-deploy", role: "deployment", criticality: "normal" }]))).toEqual(
    expected as never,
  );
  expect(json({ entity: " Site A ", assets: [] })).toEqual({ entity: "Site A", rows: [] });
});

test("CSV: what spreadsheets write", () => {
  const text = (separator: string) =>
    [
      ["Kind", "Name", "Role", "Criticality", "Aliases", ""],
      ["host", '"DC01.corp.example"', "domain controller", "", '"10.0.0.5"', ""],
      [],
      ["ACCOUNT", "CORP\\svc-deploy", "Deployment", "medium"],
    ]
      .map((cells) => cells.join(separator))
      .join("\r\n");
  for (const separator of [",", ";", "\t"])
    expect([separator, rows(readCsvList(`\uFEFF${text(separator)}`))]).toEqual([separator, [dc, deploy] as never]);
  expect(rows(readCsvList("host,criticality\nx,critical"))).toEqual([
    { kind: "host", name: "x", role: null, criticality: "critical", aliases: [] },
  ] as never);
});

test("every wrong value is named with its place and the accepted form", () => {
  expect(
    errors(
      json({
        assets: [
          { host: "a", role: "king", criticality: "urgent" },
          { host: "b", account: "c", role: "server" },
          { name: "d", role: "server" },
          { kind: "printer", name: "e", role: "server" },
          { host: "ws-*", role: "workstation" },
          { host: "f" },
          { host: "g", role: "server", aliases: ["x", 5, {}] },
          { host: "\u202etxt.exe", role: "server" },
          { host: "h", rol: "server" },
          "i",
          { account: "j", role: "domain_controller" },
          { host: "k", role: "server", entity: "A", entity_name: "B" },
        ],
        colour: 1,
      }),
    ),
  ).toEqual([
    "colour: is no field of this request: entity, entity_name, total, assets, hosts, accounts",
    "assets[8].rol: found an unknown key; accepted: role (the nearest known one)",
    'assets[0].role: found "king"; accepted: domain_controller, server, jump_host, workstation, backup, deployment, scanner',
    'assets[0].criticality: found "urgent"; accepted: low, normal, high, critical',
    'assets[1].account: found "c"; accepted: one name: host, or account, or name together with kind',
    "assets[2].kind: found nothing; accepted: one name: host, or account, or name together with kind",
    'assets[3].kind: found "printer"; accepted: host, account',
    expect.stringContaining('assets[4].host: found "ws-*"; accepted: a whole name of 1 to 256 characters'),
    "assets[5].role: found nothing; accepted: a role, a criticality or aliases: without any of them the row says nothing",
    expect.stringContaining("assets[6].aliases: found a list; accepted: up to 20 other names"),
    expect.stringContaining('assets[7].host: found "\\u202etxt.exe"; accepted: a whole name'),
    "assets[8].role: found nothing; accepted: a role, a criticality or aliases: without any of them the row says nothing",
    "assets[9].kind: found nothing; accepted: one name: host, or account, or name together with kind",
    'assets[10].role: found "domain_controller"; accepted: administrator, service, user, backup, deployment, scanner',
    'assets[11].entity_name: found "B"; accepted: "A", as entity says',
  ]);
  expect(errors(readJsonList("{"))).toEqual([
    "body: is not JSON: send a JSON object, or CSV with Content-Type text/csv",
  ]);
  expect(errors(json(5))).toEqual(["body: is no JSON object"]);
  expect(errors(json({ entity: "A" }))).toEqual(["assets: a list of assets; an empty one removes all"]);
  expect(errors(json({ assets: {} }))).toEqual(["assets: a list of assets"]);
});

test("CSV: the same by line, and what is wrong with the form", () => {
  expect(errors(readCsvList("kind,name,critticality\nhost,a,high"))).toEqual([
    'line 1, column 3: found "critticality"; accepted: criticality (the nearest known one)',
  ]);
  expect(errors(readCsvList('kind,name,role\nhost,"a\nb",server\nhost,c,server,d,e'))).toEqual([
    "line 4: found 5 cells; accepted: as many as the first row has, 3",
    expect.stringContaining('line 2, name: found "a\\nb"; accepted: a whole name'),
  ]);
  expect(errors(readCsvList('kind,name\nhost,"a'))).toEqual([
    'line 2: found a cell without a closing "; accepted: a " at its end',
  ]);
  expect(errors(readCsvList(" \n"))).toEqual([expect.stringContaining("line 1: found nothing; accepted: a first row")]);
  expect(errors(readCsvList("name,name\na,b"))).toEqual([
    'line 1, column 2: found "name" once more; accepted: each column once',
  ]);
});

test("a name stands in one row, whatever its spelling; accounts of two domains are two", () => {
  const server = { role: "server" };
  const list = [
    { host: "\\\\FS01", ...server },
    { host: "fs01.", ...server },
    { host: "x", aliases: ["CORP\\FS01"] },
  ];
  expect(errors(json(list))).toEqual([
    'assets[1].name: found "fs01."; accepted: each name in one row: another row has it already',
    'assets[2].aliases: found "CORP\\\\FS01"; accepted: each name in one row: another row has it already',
  ]);
  const accounts = ["A\\j", "B\\j"].map((account) => ({ account, role: "user" }));
  expect(errors(json(accounts))).toEqual([]);
  expect(errors(json([...accounts, { account: "a\\J", role: "user" }]))).toHaveLength(1);
});

test("one row more than a list may have", () => {
  const many = Array.from({ length: mostAssets + 1 }, (_, n) => ({ host: `h${n}`, role: "server" }));
  expect(errors(json(many))).toEqual([
    `assets: found ${mostAssets + 1} rows; accepted: at most ${mostAssets} in the list of one entity`,
  ]);
  expect(rows(json(many.slice(1)))).toHaveLength(mostAssets);
});

test("what an answer shows can be sent back, in JSON and in CSV, whatever the names are", () => {
  const shared = { entity: 'S"i,t;e', from: "api" } as const;
  const assets = [
    { ...dc, ...shared },
    { ...deploy, ...shared },
    { kind: "host", name: "=1+1", role: null, criticality: "high", aliases: ["@x", "'=y"], ...shared },
    { kind: "account", name: '-cmd,"x" ü', role: "administrator", criticality: null, aliases: [], ...shared },
  ] as ListedAsset[];
  const expected = assets.map(({ entity: _, from: __, ...asset }) => asset);
  expect(rows(json({ assets: assets.map(shownAsset) }))).toEqual(expected as never);
  const csv = assetsAsCsv(assets);
  expect(csv.split("\r\n")[0]).toBe("kind,name,role,criticality,aliases,entity_name,from");
  expect(csv).not.toMatch(/(?:^|,|"|\n)[=@+-]/);
  expect(rows(readCsvList(csv))).toEqual(expected as never);
});

test("a table that is wide and long costs its size, not width times length", () => {
  const rows = Array.from({ length: 10_000 }, (_, n) => `h${n},server\n`).join("");
  const costOf = (more: number) => {
    const text = `host,role${",".repeat(more)}\n${rows}`;
    const before = process.cpuUsage();
    const list = readCsvList(text);
    const { user, system } = process.cpuUsage(before);
    expect("rows" in list && list.rows.length).toBe(10_000);
    return user + system;
  };
  costOf(0);
  expect(costOf(16_000)).toBeLessThan(20 * costOf(0));
  const wider = readCsvList(`host,role${",".repeat(20_000)}\na,server\n`);
  expect("errors" in wider && wider.errors[0]?.reason).toContain("found 20002 columns; accepted: at most 16384");
});
