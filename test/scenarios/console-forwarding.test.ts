/** The syslog feeds set up in the console: destinations, their files, what is pinned, what is wrong, and two people at once. */
import { afterEach, describe, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../../appliance/cli/program.ts";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance, type TestApplianceOptions, until } from "../harness/appliance.ts";
import { ConsoleClient, type ConsolePage } from "../harness/console-client.ts";
import { freePort } from "../harness/free-port.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";
import { pem, serverPair } from "../harness/test-certificates.ts";

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

const alerts = "/settings/integrations/alert-syslog";
const add = `/console${alerts}/add`;
const siem = `/console${alerts}/destinations/siem`;

async function started(options: TestApplianceOptions = {}): Promise<{ edge: TestAppliance; admin: ConsoleClient }> {
  const edge = await TestAppliance.start({
    ...options,
    env: { RHYTHMX_ADMIN_PASSWORD: password, ...options.env },
  });
  cleanUp.push(() => edge.dispose());
  return { edge, admin: await ConsoleClient.signedIn(edge, "admin") };
}

async function receiving(tls?: Parameters<typeof SyslogReceiver.started>[0]): Promise<SyslogReceiver> {
  const receiver = await SyslogReceiver.started(tls);
  cleanUp.push(() => receiver.stop());
  return receiver;
}

/** Adds a destination by its form. */
async function added(admin: ConsoleClient, fields: Record<string, string | null>): Promise<ConsolePage> {
  return admin.fill(await admin.get(`${alerts}/add`), `${add}/save`, fields);
}

/** What `rhythmx check` prints. */
async function checked(edge: TestAppliance): Promise<string> {
  const said: string[] = [];
  const terminal = {
    out: (text: string) => void said.push(text),
    err: () => {},
    stdin: process.stdin,
    interactive: false,
    columns: null,
  };
  const env = { RHYTHMX_DATA_DIR: edge.dataDir, RHYTHMX_CONFIG_DIR: edge.dataDir, RHYTHMX_LISTEN: "127.0.0.1:0" };
  await runProgram({ args: ["check"], env, fromCheckout: false, terminal, unitFolders: [] });
  return said.join("");
}

async function audited(edge: TestAppliance): Promise<{ action: string; subject: string; detail: string }[]> {
  const api = await ApiClient.asUser(edge, `reader${Math.random()}`.replace(".", ""), "admin");
  const { body } = await api.get("/api/audit?limit=50");
  return body.entries.map((entry: { detail: unknown }) => ({ ...entry, detail: JSON.stringify(entry.detail) }));
}

describe("destinations", () => {
  test("one is added, told, changed, and gets what comes from then on, also after a restart", async () => {
    const receiver = await receiving();
    const { edge, admin } = await started();
    const empty = await admin.get(alerts);
    expect(empty.text).toContain("There is none yet");
    const saved = await added(admin, {
      name: "siem",
      preset: "rsyslog",
      host: "127.0.0.1",
      port: String(receiver.port),
    });
    expect([saved.at, saved.text]).toEqual([alerts, expect.stringContaining("siem: saved and in force.")]);
    expect(saved.text).toMatch(/Configured 1 destination Enabled Yes Last Test never/);
    expect(saved.text).toContain("TCP, counted frames · preset rsyslog");
    await edge.ingest([detection()]);
    await until(() => receiver.messages.length === 1);
    // Only what differs from the defaults is saved.
    const api = await ApiClient.asUser(edge, "boss", "admin");
    const options = { name: "siem", preset: "rsyslog", protocol: "tcp", host: "127.0.0.1", port: receiver.port };
    expect((await api.get("/api/settings/alert_syslog")).body.fields.syslog.saved).toEqual([options]);
    const page = await admin.get(`${alerts}/destinations/siem`);
    const changed = await admin.fill(page, `${siem}/save`, {
      app_name: "Edge",
      rule_info: null,
      entities: "Primary Site\nNorth",
    });
    expect(changed.text).toContain("siem: saved and in force.");
    expect((await api.get("/api/settings/alert_syslog")).body.fields.syslog.saved).toEqual([
      { ...options, app_name: "Edge", rule_info: false, entities: ["Primary Site", "North"] },
    ]);
    const next = await edge.restarted();
    cleanUp.push(() => next.dispose());
    await next.ingest([detection({ rule_id: "b" })]);
    await until(() => receiver.messages.length === 2);
    expect(receiver.messages[1]).toContain(" Edge ");
    expect(receiver.messages[1]).not.toContain("rule@");
    const entries = await audited(next);
    expect(entries.filter(({ action }) => action === "settings.save").map(({ detail }) => detail)).toEqual([
      expect.stringContaining("syslog.siem.app_name"),
      expect.stringContaining('"syslog.siem"'),
    ]);
  });

  test("what is wrong stands at its field, with what was typed, and nothing is saved", async () => {
    const { edge, admin } = await started();
    const wrong = await added(admin, {
      name: "a b",
      host: "tcp://x",
      port: "70000",
      max_bytes: "lots",
      min_risk: "101",
    });
    expect(wrong.status).toBe(422);
    for (const [name, words] of [
      ["name", "1 to 64 letters"],
      ["host", "a host name or IP address"],
      ["port", "a whole number from 1 to 65535"],
      ["max_bytes", "a whole number from 480 to 262144"],
      ["min_risk", "a whole number from 0 to 100"],
    ])
      expect([name, new RegExp(`<span class="hint bad" id="${name}-hint"[^>]*>([^<]*)`).exec(wrong.html)?.[1]]).toEqual(
        [name, expect.stringContaining(words ?? "")],
      );
    expect(wrong.html).toContain('value="tcp://x"');
    // The same while one types.
    const checked = await admin.fill(await admin.get(`${alerts}/add`), `${add}/save`, { host: "x y" }, `${add}/check`);
    expect([checked.status, checked.text]).toEqual([
      200,
      expect.stringContaining("found &quot;x y&quot;".replaceAll("&quot;", '"')),
    ]);
    expect((await admin.get(alerts)).text).toContain("There is none yet");
    expect((await audited(edge)).filter(({ action }) => action === "settings.save")).toEqual([]);
  });

  test("hostile names and hosts are text, in every answer", async () => {
    const { admin } = await started();
    const evil = '"><script>alert(1)</script>';
    const page = await added(admin, { name: evil, host: evil, app_name: evil, entities: `${evil}\n` });
    expect(page.status).toBe(422);
    expect(page.html).not.toContain("<script>alert");
    await added(admin, { name: "siem", host: "h.example", entities: evil });
    const set = await admin.get(`${alerts}/destinations/siem`);
    expect(set.html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(set.html).not.toContain("<script>alert");
    for (const name of ["nosuch", "..%2F..", "%22%3E%3Cscript%3E", "a%00b"]) {
      const other = await admin.get(`${alerts}/destinations/${name}`);
      expect([name, other.status]).toEqual([name, 404]);
      expect(other.html).not.toContain("<script>");
    }
  });

  test("a file pins the list: read-only with its place, and still tested; the pace stays free", async () => {
    const receiver = await receiving();
    const { admin } = await started({
      config: { syslog: { name: "siem", host: "127.0.0.1", port: receiver.port }, daemon: { batch_size: 9 } },
    });
    const page = await admin.get(alerts);
    expect(page.text).toMatch(/1 setting is read-only here\. syslog stands in config\.json : take it out/);
    expect(page.html).not.toContain(`${alerts}/add`);
    expect(page.text).toMatch(/daemon\.batch_size stands in config\.json/);
    // The tests' environment has the port of the health endpoint.
    expect(page.text).toMatch(/RHYTHMX_ALERT_HEALTH stands in the environment of the service/);
    const one = await admin.get(`${alerts}/destinations/siem`);
    expect(one.html).toMatch(/<input class="field mono"[^>]*value="127\.0\.0\.1"[^>]*readonly/);
    expect(one.html).not.toMatch(/<button class="btn primary">Save/);
    expect((await admin.fill(one, `${siem}/save`, { host: "other" })).text).toMatch(
      /it is set in config\.json; change it there/i,
    );
    expect((await admin.get(`${alerts}/add`)).text).toMatch(/set in config\.json/);
    expect((await admin.get(`${alerts}/destinations/siem/remove`)).status).toBe(409);
    const tested = await admin.fill(one, `${siem}/save`, {}, `${siem}/test`);
    expect(tested.text).toMatch(/The test has passed , with the settings in force\./);
    const pace = await admin.fill(page, `/console${alerts}/save`, { poll_interval_seconds: "5" });
    expect(pace.text).toContain("Alert Syslog Forwarding: saved and in force: Look for work every … seconds.");
  });
});

describe("trying", () => {
  test("a test and a message with values that are not saved, and the exact bytes for a real alert", async () => {
    const receiver = await receiving();
    const { edge, admin } = await started();
    const page = await admin.get(`${alerts}/add`);
    const fields = { name: "siem", host: "127.0.0.1", port: String(receiver.port), framing: "octet" };
    const first = await admin.fill(page, `${add}/save`, fields, `${add}/sample`);
    expect(first.text).toContain("Nothing has come in yet, so this is the test message.");
    await edge.ingest([detection({ rule_title: "A <b> rule", raw: { CommandLine: "x".repeat(900) } })]);
    const tested = await admin.fill(page, `${add}/save`, fields, `${add}/test`);
    expect(tested.text).toMatch(/The test has passed , with \d+ values that are not saved\./);
    expect(tested.text).toMatch(/Resolve \(passed\) 127\.0\.0\.1 is an address Connect \(passed\)/);
    // What was typed is still there.
    expect(admin.fieldsOf(tested, `${add}/save`).get("port")).toBe(String(receiver.port));
    const sent = await admin.fill(tested, `${add}/save`, {}, `${add}/send`);
    expect(sent.text).toContain("The test message is out");
    await until(() => receiver.messages.some((message) => message.includes(" TEST [test@32473 ")));
    const shown = await admin.fill(sent, `${add}/save`, { max_bytes: "480" }, `${add}/sample`);
    expect(shown.text).toMatch(
      /Of the newest alert, .* \d+ of at most 480 bytes, shortened by meaning to fit; 4 bytes of framing/,
    );
    const filtered = await admin.fill(sent, `${add}/save`, { min_risk: "100" }, `${add}/sample`);
    expect(filtered.text).toContain("This destination would not get it");
    // The bytes are those that arrive.
    const full = await admin.fill(sent, `${add}/save`, {}, `${add}/sample`);
    const log = /<pre class="log mono"[^>]*>([\s\S]*?)<\/pre>/.exec(full.html)?.[1] ?? "";
    const text = log
      .replace(/<[^>]*>/g, "")
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&amp;", "&");
    await admin.fill(full, `${add}/save`);
    await edge.appliance.operations.replay({ destination: "siem", from: 0, to: null });
    await until(() => receiver.messages.some((message) => message.includes(" FIRST ")));
    const message = receiver.messages.find((one) => one.includes(" FIRST ")) ?? "";
    expect(text).toBe(`${message.length} ${message}`);
    expect((await audited(edge)).map(({ action }) => action)).toEqual(
      expect.arrayContaining(["settings.test", "feed.test_message", "settings.save"]),
    );
  });

  test("a receiver that is away fails at its step, with what to mend", async () => {
    const { admin } = await started();
    const port = String(await freePort());
    const page = await admin.get(`${alerts}/add`);
    const dead = await admin.fill(page, `${add}/save`, { name: "siem", host: "127.0.0.1", port }, `${add}/test`);
    expect(dead.text).toMatch(/The test has failed.*Connect \(failed\) nothing listens on/);
    const sent = await admin.fill(page, `${add}/save`, { name: "siem", host: "127.0.0.1", port }, `${add}/send`);
    expect(sent.text).toMatch(/The test message was not sent : nothing listens on/);
  });

  test("TLS: certificates and keys by upload, explained, kept encrypted, never given out; the chain is shown", async () => {
    const receiver = await receiving({ tls: { ...serverPair("server"), clientCa: pem("ca.pem") } });
    const { edge, admin } = await started();
    const page = await admin.get(`${alerts}/add`);
    const fields = { name: "siem", protocol: "tls", host: "localhost", port: String(receiver.port) };
    const untrusted = await admin.fill(page, `${add}/save`, fields, `${add}/test`);
    expect(untrusted.text).toMatch(
      /TLS handshake \(failed\) the certificate of localhost:\d+ is signed by a CA that is not trusted/,
    );
    expect(untrusted.text).toMatch(/Its certificate.* localhost for localhost.*, by RhythmX test CA/);
    // A file that is no text comes as a browser reads it into the field.
    const binary = new TextDecoder().decode(new X509Certificate(pem("ca.pem")).raw);
    const der = { ...fields, "tls.ca_file.pem": binary };
    for (const button of ["check", "save"]) {
      const { text } = await admin.fill(page, `${add}/save`, der, `${add}/${button}`);
      expect([binary.includes("\0"), text]).toEqual([true, expect.stringContaining("A DER file becomes PEM by")]);
    }
    const key = pem("client.key").toString();
    const wrong = await admin.fill(
      page,
      `${add}/save`,
      {
        ...fields,
        "tls.ca_file.pem": key,
        "tls.cert_file.pem": pem("client.pem").toString(),
        "tls.key_file.pem": pem("server.key").toString(),
      },
      `${add}/test`,
    );
    expect(wrong.status).toBe(422);
    expect(wrong.text).toContain("is a private key, and a certificate is wanted here");
    expect(wrong.text).toContain("is the key of another certificate");
    const order = { "tls.cert_file.pem": `${pem("ca.pem")}${pem("client.pem")}`, "tls.key_file.pem": key };
    const turned = await admin.fill(page, `${add}/save`, { ...fields, ...order }, `${add}/test`);
    expect([turned.status, turned.text]).toEqual([
      422,
      expect.stringContaining("has the certificate of the key in place 2: put it first"),
    ]);
    // The good certificate is kept for the next try, and no key comes back.
    expect(wrong.html).not.toContain("PRIVATE KEY-----\n");
    const good = await admin.fill(
      wrong,
      `${add}/save`,
      { "tls.ca_file.pem": pem("ca.pem").toString().replaceAll("\n", "\r\n"), "tls.key_file.pem": key },
      `${add}/test`,
    );
    expect(good.text).toMatch(
      /TLS handshake \(passed\) TLS 1\.3.*the certificate is trusted.*our certificate was not refused/,
    );
    expect(good.text).toMatch(/a private key, (EC|RSA)/);
    await admin.fill(good, `${add}/save`);
    await edge.ingest([detection()]);
    await until(() => receiver.messages.some((message) => message.includes(" FIRST ")));
    // The command reads them too, from the same database.
    expect(await checked(edge)).toMatch(/^ok: alerts\/siem: tls to localhost:\d+: reached/m);
    const secret = key.split("\n")[1] ?? "";
    const api = await ApiClient.asUser(edge, "boss", "admin");
    const section = JSON.stringify((await api.get("/api/settings/alert_syslog")).body);
    expect(section).toContain("uploaded:");
    for (const text of [
      section,
      (await admin.get(`${alerts}/destinations/siem`)).html,
      JSON.stringify(await audited(edge)),
      edge.logLines.join("\n"),
      readFileSync(join(edge.dataDir, "rhythmx.db")).toString("latin1"),
      readFileSync(join(edge.dataDir, "rhythmx.db-wal")).toString("latin1"),
    ])
      expect(text.includes(secret)).toBe(false);
    const metrics = await (await fetch(`${edge.appliance.apiUrl}/metrics`)).text();
    for (const usage of ["destination_client", "destination_ca"])
      expect(metrics).toMatch(
        new RegExp(`rhythmx_certificate_expiry_timestamp_seconds\\{[^}]*usage="${usage}"[^}]*\\} [1-9]`),
      );
    // Taken away again: nothing of it stays.
    const set = await admin.get(`${alerts}/destinations/siem`);
    await admin.fill(set, `${siem}/save`, { "remove.tls.cert_file": "on", "remove.tls.key_file": "on" });
    const left = JSON.stringify((await api.get("/api/settings/alert_syslog")).body.fields.syslog.saved);
    expect(left.match(/uploaded:/g)).toHaveLength(1);
  });
});

test("a destination's row says how messages travel: RELP over TLS where it is that", async () => {
  const { edge, admin } = await started();
  const at = { host: "127.0.0.1", port: 1 };
  await edge.reload({
    syslog: [
      { name: "plain", protocol: "relp", ...at },
      { name: "safe", protocol: "relp", tls: {}, ...at },
    ],
  });
  for (const path of [alerts, "/settings/integrations"]) {
    const { text } = await admin.get(path);
    expect([path, text]).toEqual([path, expect.stringMatching(/plain 127\.0\.0\.1:1 RELP (?!over)/)]);
    expect([path, text]).toEqual([path, expect.stringMatching(/safe 127\.0\.0\.1:1 RELP over TLS /)]);
  }
});

test("an uploaded key is read after the master key was changed, and after a restart", async () => {
  const receiver = await receiving({ tls: { ...serverPair("server"), clientCa: pem("ca.pem") } });
  const { edge, admin } = await started();
  await added(admin, {
    ...{ name: "siem", protocol: "tls", host: "localhost", port: String(receiver.port) },
    "tls.ca_file.pem": pem("ca.pem").toString(),
    "tls.cert_file.pem": pem("client.pem").toString(),
    "tls.key_file.pem": pem("client.key").toString(),
  });
  expect((await edge.appliance.operations.rotateSecrets(null)).secrets).toBeGreaterThan(0);
  const next = await edge.restarted();
  cleanUp.push(() => next.dispose());
  await next.ingest([detection()]);
  await until(() => receiver.messages.length === 1);
  const again = await ConsoleClient.signedIn(next, "admin");
  const row = await again.fill(await again.get(alerts), `${siem}/test`);
  expect(row.text).toMatch(/The test has passed , with the settings in force\./);
  expect((await again.get(alerts)).text).toMatch(/Last Test \d\d:\d\d:\d\d , passed/);
});

describe("two people at once", () => {
  test("the same destination: both values are shown, nothing is lost, and what only one changed is taken over", async () => {
    const { edge, admin } = await started();
    await added(admin, { name: "siem", host: "one.example" });
    await ApiClient.asUser(edge, "anna", "admin");
    const anna = await ConsoleClient.signedIn(edge, "anna");
    const page = `${alerts}/destinations/siem`;
    const [mine, hers] = [await admin.get(page), await anna.get(page)];
    await anna.fill(hers, `${siem}/save`, { host: "two.example", port: "601" });
    const conflict = await admin.fill(mine, `${siem}/save`, { host: "three.example", min_risk: "70" });
    expect(conflict.status).toBe(412);
    expect(conflict.text).toContain("anna saved here meanwhile");
    expect(conflict.text).toContain("Saved now: two.example");
    const typed = admin.fieldsOf(conflict, `${siem}/save`);
    expect(["host", "port", "min_risk"].map((name) => typed.get(name))).toEqual(["three.example", "601", "70"]);
    const api = await ApiClient.asUser(edge, "boss", "admin");
    const saved = async () => (await api.get("/api/settings/alert_syslog")).body.fields.syslog.saved;
    expect(await saved()).toMatchObject([{ host: "two.example", port: 601 }]);
    await admin.fill(conflict, `${siem}/save`);
    expect(await saved()).toMatchObject([{ host: "three.example", port: 601, min_risk: 70 }]);
    const [her, my] = [await anna.get(page), await admin.get(page)];
    await anna.fill(her, `${siem}/save`, { port: "602" });
    expect((await admin.fill(my, `${siem}/save`, { min_risk: "80" })).at).toBe(alerts);
    expect(await saved()).toMatchObject([{ host: "three.example", port: 602, min_risk: 80 }]);
  });

  test("a look at the message in between neither takes back nor passes over what the other has saved", async () => {
    const { edge, admin } = await started();
    await added(admin, { name: "siem", host: "one.example" });
    await ApiClient.asUser(edge, "anna", "admin");
    const anna = await ConsoleClient.signedIn(edge, "anna");
    const page = `${alerts}/destinations/siem`;
    const [mine, hers] = [await admin.get(page), await anna.get(page)];
    await anna.fill(hers, `${siem}/save`, { host: "two.example", port: "601" });
    const looked = await admin.fill(mine, `${siem}/save`, { host: "three.example" }, `${siem}/sample`);
    expect(admin.fieldsOf(looked, `${siem}/save`).get("port")).toBe("601");
    const late = await admin.fill(looked, `${siem}/save`);
    expect([late.status, late.text]).toEqual([412, expect.stringContaining("Saved now: two.example")]);
    await admin.fill(late, `${siem}/save`);
    const api = await ApiClient.asUser(edge, "boss", "admin");
    const { saved } = (await api.get("/api/settings/alert_syslog")).body.fields.syslog;
    expect(saved).toMatchObject([{ host: "three.example", port: 601 }]);
  });

  test("two destinations: both are saved", async () => {
    const { edge, admin } = await started();
    await added(admin, { name: "siem", host: "one.example" });
    const [one, other] = [await admin.get(`${alerts}/destinations/siem`), await admin.get(`${alerts}/add`)];
    await admin.fill(other, `${add}/save`, { name: "soc", host: "soc.example" });
    await admin.fill(one, `${siem}/save`, { port: "601" });
    const api = await ApiClient.asUser(edge, "boss", "admin");
    expect((await api.get("/api/settings/alert_syslog")).body.fields.syslog.saved).toMatchObject([
      { name: "siem", port: 601 },
      { name: "soc" },
    ]);
  });

  test("the pace of the feed, and the API by If-Match", async () => {
    const { edge, admin } = await started();
    const api = await ApiClient.asUser(edge, "boss", "admin");
    const page = await admin.get(alerts);
    const before = await api.get("/api/settings/alert_syslog");
    const tag = before.headers.get("etag") ?? "";
    expect(tag).toBe(`"${before.body.version}"`);
    await api.send("PUT", "/api/settings/alert_syslog", { batch_size: 7, poll_interval_seconds: 9 });
    const conflict = await admin.fill(page, `/console${alerts}/save`, { batch_size: "8" });
    expect([conflict.status, conflict.text]).toEqual([412, expect.stringContaining("Saved now: 7")]);
    expect(admin.fieldsOf(conflict, `/console${alerts}/save`).get("poll_interval_seconds")).toBe("9");
    const put = (headers: Record<string, string>, body: unknown) =>
      fetch(`${edge.appliance.apiUrl}/api/settings/alert_syslog`, {
        method: "PUT",
        headers: { ...api.headers, "Content-Type": "application/json", ...headers },
        body: JSON.stringify(body),
      });
    const refused = await put({ "If-Match": tag }, { batch_size: 8 });
    expect(refused.status).toBe(412);
    expect(await refused.json()).toMatchObject({
      errors: [{ name: "batch_size", reason: "saved now: 7; in this request: 8" }],
    });
    const now = (await api.get("/api/settings/alert_syslog")).headers.get("etag") ?? "";
    expect((await put({ "If-Match": now }, { batch_size: 8 })).status).toBe(200);
  });
});

describe("places in the log", () => {
  test("another name: it is asked, and goes on where the first one stood", async () => {
    const { edge, admin } = await started();
    await added(admin, { name: "siem", host: "127.0.0.1", port: String(await freePort()) });
    await edge.ingest([detection(), detection({ rule_id: "b" })]);
    const page = await admin.get(`${alerts}/destinations/siem`);
    const receiver = await receiving();
    const fields = { name: "soc", port: String(receiver.port) };
    const question = await admin.fill(page, `${siem}/save`, fields);
    expect([question.status, question.text]).toEqual([422, expect.stringContaining("Where does soc begin?")]);
    expect(question.text).toContain("siem stands at its own, and 2 messages wait there.");
    const saved = await admin.fill(question, `${siem}/save`);
    expect(saved.text).toContain("soc: saved and in force.");
    await until(() => receiver.messages.length === 2);
    expect(saved.text).not.toContain("Places that are kept");
  });

  test("removed, its place kept; added again it goes on from there; removed and forgotten nothing is left", async () => {
    const { edge, admin } = await started();
    const port = String(await freePort());
    await added(admin, { name: "siem", host: "127.0.0.1", port });
    await edge.ingest([detection()]);
    const removal = await admin.get(`${alerts}/destinations/siem/remove`);
    expect(removal.text).toContain("1 message waits for it");
    const removed = await admin.fill(removal, `${siem}/remove`);
    expect(removed.text).toMatch(/siem is removed; its place is kept\./);
    expect(removed.text).toMatch(/Places that are kept.*siem 1 Forget/);
    await edge.ingest([detection({ rule_id: "b" })]);
    const receiver = await receiving();
    const asked = await added(admin, { name: "siem", host: "127.0.0.1", port: String(receiver.port) });
    expect(asked.text).toContain("An earlier destination of this name has left its place, and 2 messages wait there.");
    await admin.fill(asked, `${add}/save`, { place: "go_on" });
    await until(() => receiver.messages.length === 2);
    const again = await admin.get(`${alerts}/destinations/siem/remove`);
    const gone = await admin.fill(again, `${siem}/remove`, { place: "forget" });
    expect(gone.text).toMatch(/siem is removed, and 0 messages that waited with it/);
    expect(gone.text).not.toContain("Places that are kept");
    expect((await audited(edge)).map(({ action }) => action)).toContain("feed.forget");
  });

  test("what is not saved, because somebody else has saved meanwhile, moves and forgets no place", async () => {
    const { edge, admin } = await started();
    await added(admin, { name: "old", host: "127.0.0.1", port: String(await freePort()) });
    await added(admin, { name: "siem", host: "127.0.0.1", port: String(await freePort()) });
    await edge.ingest([detection(), detection({ rule_id: "b" })]);
    await admin.fill(await admin.get(`${alerts}/destinations/old/remove`), `/console${alerts}/destinations/old/remove`);
    const places = async () => /Places that are kept.*/.exec((await admin.get(alerts)).text)?.[0];
    const kept = await places();
    expect(kept).toMatch(/old 2 Forget/);
    await ApiClient.asUser(edge, "anna", "admin");
    const anna = await ConsoleClient.signedIn(edge, "anna");
    const page = `${alerts}/destinations/siem`;
    for (const [round, [name, place]] of [
      ["old", "now"],
      ["soc", "go_on"],
    ].entries()) {
      const question = await admin.fill(await admin.get(page), `${siem}/save`, {
        name: name ?? "",
        host: "mine.example",
      });
      expect(question.text).toContain(`Where does ${name} begin?`);
      await anna.fill(await anna.get(page), `${siem}/save`, { host: `hers${round}.example` });
      const late = await admin.fill(question, `${siem}/save`, { place: place ?? "" });
      expect([late.status, late.text]).toEqual([412, expect.stringContaining(`Saved now: hers${round}.example`)]);
      expect(await places()).toBe(kept);
    }
    const noted = (await audited(edge)).map(({ action }) => action);
    expect(noted).not.toContain("feed.forget");
    expect(noted).not.toContain("feed.place");
    // Decided once more, it begins with what comes from now on.
    const receiver = await receiving();
    const fields = { name: "old", host: "127.0.0.1", port: String(receiver.port) };
    const question = await admin.fill(await admin.get(page), `${siem}/save`, fields);
    await admin.fill(question, `${siem}/save`, { place: "now" });
    await edge.ingest([detection({ rule_id: "c" })]);
    await until(() => receiver.messages.length === 1);
    expect(receiver.messages[0]).toContain('[rule@32473 id="c"');
    expect(await places()).toMatch(/siem 3 Forget/);
    const [, , , { action, detail } = { action: "", detail: "" }] = (await audited(edge))
      .toReversed()
      .filter((entry) => /^feed|settings.save/.test(entry.action))
      .slice(-4);
    expect([action, detail]).toEqual(["feed.forget", '{"messages":2}']);
  });

  test("a feed that is turned off sends nothing and keeps every place", async () => {
    const receiver = await receiving();
    const { edge, admin } = await started();
    await added(admin, { name: "siem", host: "127.0.0.1", port: String(receiver.port) });
    const off = await admin.fill(await admin.get(alerts), `/console${alerts}/save`, { enabled: null });
    expect(off.text).toMatch(/Configured 1 destination Enabled No/);
    await edge.ingest([detection()]);
    expect((await edge.health()).body.destinations).toEqual([]);
    const on = await admin.fill(await admin.get(alerts), `/console${alerts}/save`, { enabled: "true" });
    expect(on.text).toMatch(/Configured 1 destination Enabled Yes/);
    await until(() => receiver.messages.length === 1);
  });
});

describe("every setting", () => {
  /** By its form's field: what is typed, what is then in force, and what is refused. */
  const options: Readonly<Record<string, [typed: string | null, inForce: unknown, refused: string | null]>> = {
    name: ["siem-2", "siem-2", "a/b"],
    preset: ["qradar", "qradar", "arcsight"],
    protocol: ["relp", "relp", "http"],
    host: ["h.example", "h.example", "http://h"],
    port: ["1514", 1514, "0"],
    facility: ["20", 20, "24"],
    app_name: ["Edge_1", "Edge_1", "a-b"],
    hostname: ["edge-1", "edge-1", "edge_1"],
    enterprise_id: ["9", 9, "0"],
    max_bytes: ["16384", 16384, "479"],
    timestamp_precision: ["6", 6, "2"],
    msgid: ["nil", "nil", "none"],
    sequence_id: ["true", true, null],
    rule_info: [null, false, null],
    severity: ["by_risk", "by_risk", "high"],
    min_risk: ["70", 70, "101"],
    entities: ["North\nSouth", ["North", "South"], "x".repeat(201)],
    heartbeat_minutes: ["0.5", 0.5, "-1"],
  };
  const pace: Readonly<Record<string, [typed: string | null, inForce: unknown, refused: string | null]>> = {
    enabled: [null, false, null],
    poll_interval_seconds: ["0.5", 0.5, "0"],
    hourly_interval_minutes: ["0.25", 0.25, "10081"],
    batch_size: ["7", 7, "1001"],
  };

  test("is saved by its form, in force at once, there after a restart, and in the audit log", async () => {
    const { edge, admin } = await started();
    const typed = (table: typeof options) =>
      Object.fromEntries(Object.entries(table).map(([name, [text]]) => [name, text]));
    const inForce = (table: typeof options) =>
      Object.fromEntries(Object.entries(table).map(([name, [, value]]) => [name, value]));
    const saved = await added(admin, typed(options));
    expect(saved.text).toContain("siem-2: saved and in force.");
    const done = await admin.fill(await admin.get(alerts), `/console${alerts}/save`, typed(pace));
    expect(done.text).toMatch(
      /saved and in force: Enabled, Look for work .*, Tell a repeated .*, Messages handed over/,
    );
    const expectAll = async (it: TestAppliance, name: string) => {
      const api = await ApiClient.asUser(it, name, "admin");
      const { fields } = (await api.get("/api/settings/alert_syslog")).body;
      expect(fields.syslog.value).toEqual([expect.objectContaining(inForce(options))]);
      for (const [field, value] of Object.entries(inForce(pace)))
        expect([field, fields[field]]).toEqual([
          field,
          expect.objectContaining({ value, source: "saved in the console" }),
        ]);
    };
    await expectAll(edge, "one");
    const entries = JSON.stringify(await audited(edge));
    for (const name of Object.keys(pace)) expect(entries).toContain(name);
    const next = await edge.restarted();
    cleanUp.push(() => next.dispose());
    await expectAll(next, "two");
    // The form shows them again.
    const again = await ConsoleClient.signedIn(next, "admin");
    const fields = again.fieldsOf(
      await again.get(`${alerts}/destinations/siem-2`),
      `/console${alerts}/destinations/siem-2/save`,
    );
    for (const [name, [text]] of Object.entries(options)) expect([name, fields.get(name)]).toEqual([name, text]);
  });

  test("is refused with the accepted form where it is wrong, and nothing of the rest is saved", async () => {
    const { edge, admin } = await started();
    const form = await admin.get(`${alerts}/add`);
    for (const [name, [, , refused]] of Object.entries(options)) {
      if (refused === null) continue;
      const answer = await admin.fill(form, `${add}/save`, { name: "siem", host: "h.example", [name]: refused });
      const hint = new RegExp(`<span class="hint bad" id="${name}-hint"[^>]*>([^<]*)`).exec(answer.html)?.[1];
      expect([name, answer.status, hint]).toEqual([name, 422, expect.stringContaining("accepted: ")]);
    }
    const page = await admin.get(alerts);
    for (const [name, [, , refused]] of Object.entries(pace)) {
      if (refused === null) continue;
      const answer = await admin.fill(page, `/console${alerts}/save`, { enabled: null, [name]: refused });
      const hint = new RegExp(`<span class="hint bad" id="${name}-hint"[^>]*>([^<]*)`).exec(answer.html)?.[1];
      expect([name, answer.status, hint]).toEqual([name, 422, expect.stringContaining("accepted: ")]);
    }
    const api = await ApiClient.asUser(edge, "boss", "admin");
    expect((await api.get("/api/settings/alert_syslog")).body.saved).toBeNull();
  });

  test("is shown as pinned with its file where one says it, whatever was saved", async () => {
    const file = {
      enabled: true,
      poll_interval_seconds: 3,
      hourly_interval_minutes: 30,
      batch_size: 9,
      health_port: 8888,
    };
    const { edge, admin } = await started();
    await admin.fill(await admin.get(alerts), `/console${alerts}/save`, {
      batch_size: "7",
      poll_interval_seconds: "5",
    });
    await edge.reload({ syslog: { name: "siem", host: "h.example" }, daemon: file });
    const page = await admin.get(alerts);
    for (const name of ["enabled", "poll_interval_seconds", "hourly_interval_minutes", "batch_size"]) {
      expect(page.text).toContain(`daemon.${name}`);
      expect([name, page.html.includes(`name="${name}"`)]).toEqual([name, false]);
    }
    const forced = await admin.post(`/console${alerts}/save`, {
      ...Object.fromEntries(admin.fieldsOf(page, `/console${alerts}/save`)),
      "shown.batch_size": "9",
      batch_size: "8",
    });
    expect([forced.status, forced.text]).toEqual([
      422,
      expect.stringContaining("it is set in config.json; change it there"),
    ]);
    // A mistake in the file is told where its settings are read.
    await edge.reload({ syslog: { name: "siem", host: "h.example", port: 0 } });
    expect((await admin.get(alerts)).text).toMatch(
      /config\.json line 1: syslog\.port: found 0; accepted: a whole number/,
    );
    // Taken out of the file, what was saved counts again.
    await edge.reload({});
    expect(admin.fieldsOf(await admin.get(alerts), `/console${alerts}/save`).get("batch_size")).toBe("7");
  });
});
