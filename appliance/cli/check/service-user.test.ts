import { expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { serviceAccount } from "./service-user.ts";

const registers = {
  passwd: "root:x:0:0::/root:/bin/sh\nrhythmx:x:998:997::/:/sbin/nologin\n",
  group: "root:x:0:\nrhythmx:x:997:\nssl-cert:x:110:postgres,rhythmx\nadm:x:4:syslog\n",
};

test("the user of the unit, by name or number, with the groups through which it reads keys and certificates", async () => {
  const account = { name: "rhythmx", uid: 998, gid: 997, groups: [110] };
  expect(await serviceAccount("/nowhere", { user: "rhythmx" }, registers)).toEqual(account);
  expect(await serviceAccount("/nowhere", { user: "998" }, registers)).toEqual(account);
  expect(await serviceAccount("/nowhere", { user: "nobody-knows" }, registers)).toBeNull();
});

test("without a unit the owner of the data folder; nobody for one of root's or one that is not there", async () => {
  expect(await serviceAccount("/nowhere", null, registers)).toBeNull();
  if (process.getuid?.() === 0) expect(await serviceAccount(tmpdir(), null, registers)).toBeNull();
});
