/** Who is who, from the outside: which spellings of a name are one actor, and under which name it goes. */

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { ApiClient } from "../harness/api-client.ts";
import { detection, TestAppliance } from "../harness/appliance.ts";
import { DatabaseFile } from "../harness/database-file.ts";

let appliance: TestAppliance;
let analyst: ApiClient;

beforeEach(async () => {
  appliance = await TestAppliance.start();
  analyst = await ApiClient.asUser(appliance, "analyst", "admin");
});
afterEach(() => appliance.dispose());

let number = 0;
/** Another alert each time, which makes an incident by itself. */
const critical = (fields: object) =>
  detection({ rule_title: `Rule ${number++}`, level: "critical", user: null, host: null, ...fields });
const onHost = (host: string, fields: object = {}) => critical({ host, ...fields });
const byUser = (user: string, fields: object = {}) => critical({ user, ...fields });
const security = (fields: Record<string, string>) => ({ Event: { System: { EventID: 4688 }, EventData: fields } });
const domain = "S-1-5-21-1004336348-1177238915-682003330";

async function actors(query = ""): Promise<string[]> {
  const { body } = await analyst.get(`/api/incidents?limit=500${query}`);
  return body.incidents
    .map(
      (one: { actor_type: string; group_key: string; sigma_alert_count: number }) =>
        `${one.actor_type}:${one.group_key} ${one.sigma_alert_count}`,
    )
    .sort();
}

async function restart(): Promise<void> {
  appliance = await appliance.restarted();
  analyst = await ApiClient.loggedIn(appliance, "analyst");
}

describe("hosts", () => {
  const spellings = [
    "fs01",
    "FS01.corp.example",
    "CORP\\fs01",
    "\\\\FS01",
    "fs01.corp.example.",
    "\\\\fs01.corp.example\\c$",
  ];

  test("six spellings of one host are one actor, in one batch or one after the other, and over a restart", async () => {
    await appliance.ingest(spellings.map((host) => onHost(host)));
    expect(await actors()).toEqual(["host:fs01 6"]);
    await restart();
    for (const host of spellings.toReversed()) await appliance.ingest([onHost(host)]);
    expect(await actors()).toEqual(["host:fs01 12"]);
  });

  test("the name that was there first is the actor's", async () => {
    await appliance.ingest([onHost("FS01.corp.example")]);
    await restart();
    await appliance.ingest([onHost("fs01")]);
    expect(await actors()).toEqual(["host:fs01.corp.example 2"]);
  });

  test("order within a batch does not count", async () => {
    const [first, second] = ["2026-03-01T10:00:00Z", "2026-03-01T10:00:01Z"];
    await appliance.ingest([onHost("fs01", { timestamp: second }), onHost("fs01.corp.example", { timestamp: first })]);
    expect(await actors()).toEqual(["host:fs01.corp.example 2"]);
    await appliance.ingest([
      onHost("fs02.corp.example", { timestamp: first }),
      onHost("fs02", { timestamp: second }),
      onHost("fs02.other.example", { timestamp: second }),
    ]);
    expect(await actors()).toEqual([
      "host:fs01.corp.example 2",
      "host:fs02 1",
      "host:fs02.corp.example 1",
      "host:fs02.other.example 1",
    ]);
  });

  test("two full names with one label stay two machines, and the short name joins neither from then on", async () => {
    await appliance.ingest([onHost("fs01"), onHost("fs01.corp.example")]);
    await appliance.ingest([onHost("fs01.branch.example")]);
    await appliance.ingest([onHost("fs01"), onHost("fs01.corp.example"), onHost("fs01.branch.example")]);
    expect(await actors()).toEqual(["host:fs01 3", "host:fs01.branch.example 2", "host:fs01.corp.example 1"]);
    await restart();
    await appliance.ingest([onHost("fs01"), onHost("fs01.corp.example")]);
    expect(await actors()).toEqual(["host:fs01 4", "host:fs01.branch.example 2", "host:fs01.corp.example 2"]);
  });

  test("another entity's names are others", async () => {
    await appliance.ingest([onHost("fs01", { entity: "A" }), onHost("fs01.corp.example", { entity: "B" })]);
    expect(await actors()).toEqual(["host:fs01 1", "host:fs01.corp.example 1"]);
  });

  test("a machine's account is its machine, by its full name too; addresses are nobody's label", async () => {
    await appliance.ingest([onHost("hr001.corp.example"), byUser("CORP\\HR001$"), onHost("10.1.2.3"), onHost("10")]);
    expect(await actors()).toEqual(["host:10 1", "host:10.1.2.3 1", "host:hr001.corp.example 2"]);
  });

  test("promotion by hand and exceptions find the actor by any spelling", async () => {
    const low = (host: string) => onHost(host, { level: "medium" });
    await appliance.ingest([low("fs01"), low("fs01.corp.example")]);
    expect(await actors()).toEqual([]);
    const promoted = await analyst.post("/api/incidents", {
      ...{ entity: "Primary Site", actor: "\\\\FS01.CORP.example", reason: "looks odd" },
    });
    expect([promoted.status, promoted.body.group_key]).toEqual([201, "fs01"]);
    for (const actor of ["fs01", "FS01.corp.example", "CORP\\FS01", "\\\\fs01.corp.example"])
      expect([actor, await actors(`&actor=${encodeURIComponent(actor)}`)]).toEqual([actor, ["host:fs01 2"]]);
    for (const fields of [{ actor: "FS01.corp.example" }, { host: "\\\\fs01.corp.example" }]) {
      const { body } = await analyst.post("/api/exceptions", { reason: "known", ...fields });
      await appliance.ingest([onHost("fs01"), onHost("CORP\\fs01")]);
      const { exceptions } = (await analyst.get("/api/exceptions")).body;
      expect(exceptions.find(({ id }: { id: string }) => id === body.id)).toMatchObject({ hits: 2 });
      await analyst.delete(`/api/exceptions/${body.id}`);
    }
  });
});

describe("users", () => {
  test("accounts of two domains and of a public mail domain are three; the first domain has the plain name", async () => {
    await appliance.ingest([byUser("CORPA\\jsmith")]);
    await appliance.ingest([byUser("CORPB\\jsmith"), byUser("jsmith@gmail.com"), byUser("jsmith")]);
    expect(await actors()).toEqual(["user:jsmith 2", "user:jsmith@corpb 1", "user:jsmith@gmail.com 1"]);
    await restart();
    await appliance.ingest([byUser("jsmith@CORPB"), byUser("corpa\\JSmith"), byUser("JSmith@Gmail.com")]);
    expect(await actors()).toEqual(["user:jsmith 3", "user:jsmith@corpb 2", "user:jsmith@gmail.com 2"]);
    expect(await actors("&actor=CORPB%5Cjsmith")).toEqual(["user:jsmith@corpb 2"]);
    expect(await actors("&actor=jsmith%40gmail.com")).toEqual(["user:jsmith@gmail.com 2"]);
  });

  test("an account keeps its name when its incident is closed, and one of a second domain that was there first keeps its", async () => {
    await appliance.ingest([byUser("CORPA\\jsmith"), byUser("CORPB\\bob")]);
    const { body } = await analyst.get("/api/incidents?actor=jsmith");
    await analyst.patch(`/api/incidents/${body.incidents[0].incident_id}/status`, { status: "CLOSED" });
    await restart();
    await appliance.ingest([byUser("CORPB\\jsmith")]);
    await appliance.ingest([byUser("CORPA\\jsmith"), byUser("CORPA\\bob"), byUser("bob")]);
    expect(await actors("&status=OPEN")).toEqual([
      "user:bob 2",
      "user:bob@corpa 1",
      "user:jsmith 1",
      "user:jsmith@corpb 1",
    ]);
  });

  test("a name without domain is the account of the domain that it is first seen in", async () => {
    await appliance.ingest([byUser("CORPA\\jsmith"), byUser("bob")]);
    await restart();
    await appliance.ingest([byUser("CORPB\\bob"), byUser("bob")]);
    await appliance.ingest([byUser("CORPA\\bob")]);
    expect(await actors()).toEqual(["user:bob 3", "user:bob@corpa 1", "user:jsmith 1"]);
  });

  test("a public mail account is nobody else, even where it comes first", async () => {
    await appliance.ingest([byUser("jsmith@gmail.com")]);
    await appliance.ingest([byUser("CORP\\jsmith"), byUser("jsmith")]);
    expect(await actors()).toEqual(["user:jsmith 2", "user:jsmith@gmail.com 1"]);
  });

  test("the short and the full name of a domain are one where they fit, and where SIDs say so", async () => {
    await appliance.ingest([
      ...[byUser("CORP\\j"), byUser("j@corp.example"), byUser("corp.example\\J"), byUser("CORP/j"), byUser("j")],
    ]);
    expect(await actors()).toEqual(["user:j 5"]);
    const raw = security({ SubjectUserSid: `${domain}-1105`, SubjectUserName: "k", SubjectDomainName: "AD" });
    const upn = security({ SubjectUserSid: `${domain}-1106`, SubjectUserName: "m@company.example" });
    await appliance.ingest([byUser("AD\\k", { raw }), byUser("m@company.example", { raw: upn })]);
    await appliance.ingest([byUser("k@company.example"), byUser("AD\\m")]);
    expect(await actors()).toEqual(["user:j 5", "user:k 2", "user:m 2"]);
  });

  test("a SID is the user that a log names with it, whichever of the two comes first", async () => {
    const log = (rid: number, name: string) =>
      security({ SubjectUserSid: `${domain}-${rid}`, SubjectUserName: name, SubjectDomainName: "CORP" });
    await appliance.ingest([byUser(`${domain}-1105`, { raw: log(1105, "jane") }), byUser("CORP\\jane")]);
    await appliance.ingest([byUser("bob", { raw: log(1106, "bob") })]);
    await restart();
    await appliance.ingest([byUser(`${domain}-1106`), byUser(`${domain}-1105`.toLowerCase())]);
    expect(await actors()).toEqual(["user:bob 2", "user:jane 3"]);
    // Without a log that names it, a SID is a name like others, until one does.
    await appliance.ingest([byUser(`${domain}-1107`)]);
    await appliance.ingest([byUser("CORP\\eve", { raw: log(1107, "eve") })]);
    await appliance.ingest([byUser(`${domain}-1107`)]);
    expect(await actors()).toEqual(["user:bob 2", "user:eve 2", "user:jane 3", `user:${domain.toLowerCase()}-1107 1`]);
  });

  test("a SID of a machine's or a shared account is that of its host", async () => {
    const raw = security({
      SubjectUserSid: `${domain}-500`,
      SubjectUserName: "Administrator",
      SubjectDomainName: "CORP",
    });
    await appliance.ingest([byUser(`${domain}-500`, { raw, host: "ws-1" })]);
    expect(await actors()).toEqual(["host:ws-1 1"]);
  });

  test("an exception for the account of one domain is not for that of another", async () => {
    await appliance.ingest([byUser("CORPA\\svc"), byUser("CORPB\\svc")]);
    expect(await actors()).toEqual(["user:svc 1", "user:svc@corpb 1"]);
    await analyst.post("/api/exceptions", { reason: "known", actor: "CORPB\\svc" });
    await appliance.ingest([byUser("CORPA\\svc"), byUser("svc@corpb"), byUser("CORPB\\svc")]);
    expect(await actors("&actor=CORPA%5Csvc")).toEqual(["user:svc 2"]);
  });
});

describe("aliases", () => {
  test("of the API's list join names from the PUT on, and no longer when they are gone", async () => {
    const put = (assets: object[]) => analyst.send("PUT", "/api/assets", { assets });
    await put([
      { host: "fs01.corp.example", aliases: ["files", "10.0.0.5"] },
      { account: "CORP\\john.smith", aliases: ["jsmith", "jsmith@gmail.com"] },
    ]);
    await appliance.ingest([onHost("fs01.corp.example")]);
    await appliance.ingest([onHost("files"), onHost("10.0.0.5"), onHost("FS01")]);
    await appliance.ingest([byUser("jsmith@gmail.com"), byUser("JSMITH"), byUser("CORP\\john.smith")]);
    expect(await actors()).toEqual(["host:fs01.corp.example 4", "user:john.smith 3"]);
    expect(await actors("&actor=files")).toEqual(["host:fs01.corp.example 4"]);
    await restart();
    await appliance.ingest([onHost("files"), byUser("jsmith@gmail.com")]);
    expect(await actors()).toEqual(["host:fs01.corp.example 5", "user:john.smith 4"]);
    await put([]);
    await appliance.ingest([onHost("files"), byUser("jsmith@gmail.com")]);
    expect(await actors()).toEqual([
      ...["host:files 1", "host:fs01.corp.example 5", "user:john.smith 4", "user:jsmith@gmail.com 1"],
    ]);
  });
});

test("hashes are those of the names as they were given", async () => {
  const hosts = ["fs01", "FS01.corp.example", "CORP\\fs01", "\\\\FS01"];
  const users = ["CORPA\\jsmith", "CORPB\\jsmith", "jsmith@gmail.com"];
  await appliance.ingest([
    ...hosts.map((host) => detection({ rule_id: "r", user: null, host })),
    ...users.map((user) => detection({ rule_id: "r", user, host: null })),
  ]);
  const hash = (user: string, host: string) =>
    createHash("sha256")
      .update(JSON.stringify(["primary site", "r", user, host, ""]))
      .digest("hex")
      .slice(0, 16);
  const { body } = await analyst.get("/api/v1/feed/alerts?limit=500");
  expect(body.data.map((one: { hash: string }) => one.hash).sort()).toEqual(
    [...hosts.map((host) => hash("", host.toLowerCase())), hash("jsmith", "")].sort(),
  );
});

test("names that anybody may invent: bounded, and harmless", async () => {
  const names = [
    "__proto__",
    "constructor",
    "toString",
    "a".repeat(3_000),
    "\\\\",
    "\\\\\\",
    "//",
    ".",
    "x\\",
    "@",
    "@a",
    "a@",
    "s-1-5-21-",
  ];
  const all = (name: string) => [onHost(name), byUser(name), byUser(`CORP\\${name}`), byUser(`${name}@b`)];
  expect((await appliance.ingest(names.flatMap(all))).status).toBe(200);
  await appliance.ingest(
    Array.from({ length: 1_500 }, (_, n) =>
      detection({ user: `j@domain-${n}.example`, host: `web.d${n}.example`, level: "low" }),
    ),
  );
  expect(await actors("&actor=constructor")).toEqual(["host:constructor 1", "user:constructor 2"]);
  await restart();
  await appliance.ingest([onHost("__proto__")]);
  expect(await actors("&actor=__proto__")).toContain("host:__proto__ 2");
  const file = new DatabaseFile(join(appliance.dataDir, "rhythmx.db"), { readonly: true });
  const { longest } = file.query("select max(length(name)) as longest from name_joins").get() as { longest: number };
  file.close();
  expect(longest).toBeLessThanOrEqual(255);
});
