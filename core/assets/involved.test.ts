import { expect, test } from "bun:test";
import type { ListedAsset } from "./asset.ts";
import { involvedAssets, rolesOf } from "./involved.ts";
import { RoleTable } from "./roles.ts";

const rest = { criticality: null, aliases: [], entity: "Site", from: "inferred" } as const;
const listed: ListedAsset[] = [
  { kind: "host", name: "dc01", role: "domain_controller", ...rest },
  { kind: "account", name: "svc-backup", role: "backup", ...rest },
];

test("each host and account once, as first written, with what is known of it", () => {
  const names = {
    hosts: ["DC01.corp.example", "dc01.corp.example.", "ws-7", "-"],
    accounts: ["CORP\\svc-backup", "j", "J@corp"],
  };
  const involved = involvedAssets(new RoleTable(listed), "Site", names);
  expect(involved).toEqual({
    hosts: [
      { name: "DC01.corp.example", role: "domain_controller", criticality: "critical", from: "inferred" },
      { name: "ws-7", role: null, criticality: "normal", from: null },
    ],
    accounts: [
      { name: "CORP\\svc-backup", role: "backup", criticality: "high", from: "inferred" },
      { name: "j", role: null, criticality: "normal", from: null },
    ],
  });
  const roles = rolesOf(involved);
  expect(roles.ofHost("dc01.CORP.example")?.role).toBe("domain_controller");
  expect(roles.ofAccount("svc-backup@corp.example")?.role).toBe("backup");
  expect([roles.ofHost("ws-7"), roles.ofHost("other"), roles.ofAccount("j")]).toEqual([null, null, null]);
});
