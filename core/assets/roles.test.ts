import { expect, test } from "bun:test";
import type { AssetSource, ListedAsset } from "./asset.ts";
import { assetKey, RoleTable } from "./roles.ts";

const site = "Primary Site";

function host(name: string, rest: Partial<ListedAsset> = {}): ListedAsset {
  return {
    kind: "host",
    name,
    role: null,
    criticality: null,
    aliases: [],
    entity: site,
    from: "api",
    ...rest,
  } as ListedAsset;
}

function account(name: string, rest: Partial<ListedAsset> = {}): ListedAsset {
  return { ...host(name), kind: "account", ...rest } as ListedAsset;
}

test("a host is found in every spelling that detections have, and only in its entity", () => {
  const roles = new RoleTable([
    host("DC01.corp.example", { role: "domain_controller", aliases: ["10.0.0.5", "fe80::1"] }),
  ]);
  const known = { role: "domain_controller", criticality: "critical", from: "api" } as const;
  const spellings = [
    "dc01.corp.example",
    "DC01.CORP.EXAMPLE.",
    " dc01 ",
    "\\\\DC01",
    "CORP\\dc01",
    "DC01$",
    "10.0.0.5",
    "[FE80::0:1]",
  ];
  for (const name of spellings) expect([name, roles.ofHost(" primary SITE ", name)]).toEqual([name, known]);
  for (const name of ["dc01.other.example", "dc0", "10.0.0.50", "10", "", "-"])
    expect(roles.ofHost(site, name)).toBeNull();
  expect(roles.ofHost("Other Site", "dc01")).toBeNull();
  expect(roles.ofAccount(site, "dc01")).toBeNull();
});

test("a name without domain stands for those with it; of two with the same label the more careful reading counts", () => {
  const roles = new RoleTable([
    host("scan", { role: "scanner" }),
    host("a.one.example", { role: "scanner" }),
    host("a.two.example", { role: "server", criticality: "high" }),
  ]);
  expect(roles.ofHost(site, "scan.corp.example")?.role).toBe("scanner");
  expect(roles.ofHost(site, "a.one.example")).toEqual({ role: "scanner", criticality: "normal", from: "api" });
  expect(roles.ofHost(site, "a")).toEqual({ role: "server", criticality: "high", from: "api" });
  expect(roles.ofHost(site, "a.three.example")).toBeNull();
});

test("the file comes before the API, the API before what logs show: for role and criticality each by itself", () => {
  const of = (...rows: [AssetSource, Partial<ListedAsset>][]) =>
    new RoleTable(rows.map(([from, rest]) => host("x", { from, ...rest }))).ofHost(site, "x");
  const inferred: [AssetSource, Partial<ListedAsset>] = ["inferred", { role: "domain_controller" }];
  expect(of(inferred)).toEqual({ role: "domain_controller", criticality: "critical", from: "inferred" });
  expect(of(inferred, ["api", { criticality: "low" }])).toEqual({
    role: "domain_controller",
    criticality: "low",
    from: "inferred",
  });
  expect(of(inferred, ["api", { role: "server" }], ["file", { criticality: "high" }])).toEqual({
    role: "server",
    criticality: "high",
    from: "api",
  });
  expect(of(["api", { role: "server" }], ["file", { role: "workstation" }])?.from).toBe("file");
  expect(of(["api", {}])).toBeNull();
});

test("rows of the file without an entity hold for all; a row of the entity itself comes first", () => {
  const roles = new RoleTable([
    host("x", { from: "file", entity: null, role: "server" }),
    host("x", { from: "file", entity: "B", role: "backup" }),
  ]);
  expect(roles.ofHost("A", "x")?.role).toBe("server");
  expect(roles.ofHost("b", "X")).toEqual({ role: "backup", criticality: "high", from: "file" });
});

test("an account is found with or without domain; rows of two domains are told apart where a domain is given", () => {
  const roles = new RoleTable([
    account("CORPA\\deploy", { role: "deployment" }),
    account("CORPB\\deploy", { role: "administrator", criticality: "critical" }),
    account("svc-sql", { role: "service", aliases: ["S-1-5-21-1-2-3-1105"] }),
  ]);
  expect(roles.ofAccount(site, "corpa\\Deploy")).toEqual({ role: "deployment", criticality: "high", from: "api" });
  expect(roles.ofAccount(site, "deploy")).toEqual({ role: "administrator", criticality: "critical", from: "api" });
  for (const name of ["SVC-SQL", "corp\\svc-sql", "svc-sql@corp.example", "s-1-5-21-1-2-3-1105"])
    expect(roles.ofAccount(site, name)?.role).toBe("service");
  expect(roles.ofHost(site, "svc-sql")).toBeNull();
});

test("names that every object has are names like others", () => {
  const roles = new RoleTable([host("__proto__", { role: "server" })]);
  expect(roles.ofHost(site, "__proto__")?.role).toBe("server");
  expect(roles.ofHost("constructor", "constructor")).toBeNull();
});

test("a name in the spelling by which assets are found", () => {
  expect(["\\\\FS01.corp.", "CORP\\fs01", "FS01$", "-", " "].map((name) => assetKey("host", name))).toEqual([
    "fs01.corp",
    "fs01",
    "fs01",
    "",
    "",
  ]);
  expect(["CORP\\J", "j@corp.example", "arn:aws:iam::1:user/J", "-"].map((name) => assetKey("account", name))).toEqual([
    "j",
    "j",
    "arn:aws:iam::1:user/j",
    "",
  ]);
});

test("senders of invented entities and hosts fill no memory, and answers stay right", () => {
  const roles = new RoleTable([host("dc01", { role: "domain_controller" })]);
  for (let n = 0; n < 50_000; n++) {
    expect(roles.ofHost(`entity ${n % 300}`, `invented-${n}`)).toBeNull();
    expect(roles.askedHosts).toBeLessThanOrEqual(10_000);
  }
  expect(roles.ofHost(site, "dc01")?.role).toBe("domain_controller");
  expect(roles.ofHost(site, "DC01")?.role).toBe("domain_controller");
});
