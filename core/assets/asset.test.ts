import { expect, test } from "bun:test";
import { accountRoles, hostRoles, roleWords } from "./asset.ts";

test("roles in words", () => {
  expect(hostRoles.map((role) => roleWords("host", role))).toEqual([
    "domain controller",
    "server",
    "jump host",
    "workstation",
    "backup server",
    "deployment server",
    "scanner",
  ]);
  expect(accountRoles.map((role) => roleWords("account", role))).toEqual([
    "administrator",
    "service account",
    "user",
    "backup account",
    "deployment account",
    "scanner account",
  ]);
});
