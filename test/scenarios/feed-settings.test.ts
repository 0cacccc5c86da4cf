/** The feeds as sections of the settings: read, saved, tested by the API; what a file says is pinned. */
import { afterEach, expect, test } from "bun:test";
import { ApiClient } from "../harness/api-client.ts";
import { detection, TestAppliance, type TestApplianceOptions, until } from "../harness/appliance.ts";
import { freePort } from "../harness/free-port.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function started(options: TestApplianceOptions = {}): Promise<{ edge: TestAppliance; admin: ApiClient }> {
  const edge = await TestAppliance.start(options);
  cleanUp.push(() => edge.dispose());
  return { edge, admin: await ApiClient.asUser(edge, "boss", "admin") };
}

async function receiving(): Promise<SyslogReceiver> {
  const receiver = await SyslogReceiver.started();
  cleanUp.push(() => receiver.stop());
  return receiver;
}

test("a destination that is saved gets what comes from then on, also after a restart, and what is read can be saved", async () => {
  const receiver = await receiving();
  const { edge, admin } = await started();
  const before = await admin.get("/api/settings/alert_syslog");
  expect(before.body).toMatchObject({
    section: "alert_syslog",
    fields: {
      syslog: { value: [], source: "default", pinned: false },
      poll_interval_seconds: { value: 30 },
      hourly_interval_minutes: { value: 60 },
      batch_size: { value: 100 },
    },
  });
  const destination = { name: "siem", host: "127.0.0.1", port: receiver.port };
  const saved = await admin.send("PUT", "/api/settings/alert_syslog", { syslog: [destination], batch_size: 7 });
  expect(saved.status).toBe(200);
  expect(saved.body.fields).toMatchObject({
    syslog: {
      value: [{ ...destination, protocol: "tcp", framing: "lf" }],
      source: "saved in the console",
      pinned: false,
    },
    batch_size: { value: 7 },
  });
  await edge.ingest([detection()]);
  await until(() => receiver.messages.length === 1);

  // A reload of the files keeps it, and what was read goes in again.
  await edge.reload(undefined);
  const again = await admin.send("PUT", "/api/settings/alert_syslog", { syslog: saved.body.fields.syslog.value });
  expect([again.status, again.body.fields.syslog.value]).toEqual([200, saved.body.fields.syslog.value]);
  await edge.ingest([detection({ rule_id: "b" })]);
  await until(() => receiver.messages.length === 2);
  const audit = await admin.get("/api/audit?limit=10");
  expect(JSON.stringify(audit.body)).toContain("alert_syslog");

  const { dataDir, clock } = edge;
  await edge.stop();
  const next = await TestAppliance.start({ dataDir, clock });
  cleanUp.push(() => next.stop());
  await next.ingest([detection({ rule_id: "c" })]);
  await until(() => receiver.messages.length === 3);
  // Back to the default.
  const client = await ApiClient.asUser(next, "boss2", "admin");
  const cleared = await client.send("PUT", "/api/settings/alert_syslog", { syslog: null, batch_size: null });
  expect(cleared.body.fields).toMatchObject({ syslog: { value: [], source: "default" }, batch_size: { value: 100 } });
  expect((await next.health()).body.destinations).toEqual([]);
});

test("the incident feed has a section of its own", async () => {
  const receiver = await receiving();
  const { edge, admin } = await started();
  const destination = { name: "soc", host: "127.0.0.1", port: receiver.port, min_risk: 50 };
  const saved = await admin.send("PUT", "/api/settings/incident_syslog", { syslog: destination });
  expect(saved.body.fields.syslog.value).toMatchObject([{ ...destination, risk_level_events: true, facility: 17 }]);
  expect(saved.body.fields.hourly_interval_minutes).toBeUndefined();
  expect((await edge.health("incidents")).body.destinations).toMatchObject([{ name: "soc" }]);
  expect((await edge.health("alerts")).body.destinations).toEqual([]);
});

test("what a file says is pinned, key by key", async () => {
  const { admin } = await started({ config: { syslog: { name: "file", host: "127.0.0.1", port: 9 } } });
  const read = await admin.get("/api/settings/alert_syslog");
  expect(read.body.fields.syslog).toMatchObject({ source: "config.json", pinned: true, value: [{ name: "file" }] });
  const refused = await admin.send("PUT", "/api/settings/alert_syslog", { syslog: [] });
  expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining("config.json")]);
  expect((await admin.send("PUT", "/api/settings/alert_syslog", { poll_interval_seconds: 5 })).status).toBe(200);
});

test("what is wrong is refused with its key and the accepted form, and nothing of it is saved", async () => {
  const { admin } = await started();
  const wrong: [unknown, string][] = [
    [{ syslog: [{ host: "" }] }, "syslog[0].host"],
    [{ syslog: [{ host: "a", port: 70_000 }] }, "syslog[0].port"],
    [{ syslog: [{ host: "a", framming: "lf" }] }, "framing"],
    [{ syslog: "a" }, "syslog"],
    [{ batch_size: 0 }, "daemon.batch_size"],
    [{ syslog: [{ host: "a" }, { host: "b" }] }, "name"],
    [{ speed: 9 }, "is no field of alert_syslog"],
  ];
  for (const [body, words] of wrong) {
    const { status, body: answer } = await admin.send("PUT", "/api/settings/alert_syslog", body);
    expect([body, status]).toEqual([body, 400]);
    expect(JSON.stringify(answer)).toContain(words);
  }
  expect((await admin.get("/api/settings/alert_syslog")).body.fields.syslog.value).toEqual([]);
});

test("a test reaches every destination, saved or about to be, sends nothing, and says which one fails", async () => {
  const receiver = await receiving();
  const { edge, admin } = await started();
  const good = { name: "siem", host: "127.0.0.1", port: receiver.port };
  const dead = { name: "dead", host: "127.0.0.1", port: await freePort() };
  const tried = await admin.post("/api/settings/alert_syslog/test", { syslog: [good, dead] });
  expect(tried.body).toMatchObject({
    ok: false,
    steps: [
      { of: "alerts/siem", name: "Resolve", ok: true, detail: "127.0.0.1 is an address" },
      { of: "alerts/siem", name: "Connect", ok: true },
      { of: "alerts/siem", name: "Stay connected", ok: true },
      { of: "alerts/dead", name: "Resolve", ok: true },
      { of: "alerts/dead", name: "Connect", ok: false, detail: expect.stringMatching(/refused|listens/) },
    ],
  });
  expect((await admin.get("/api/settings/alert_syslog")).body.fields.syslog.value).toEqual([]);
  expect((await admin.post("/api/settings/alert_syslog/test", {})).body).toMatchObject({ ok: false });
  await admin.send("PUT", "/api/settings/alert_syslog", { syslog: [good] });
  expect((await admin.post("/api/settings/alert_syslog/test", {})).body).toMatchObject({ ok: true });
  expect(receiver.messages).toEqual([]);
  const viewer = await ApiClient.asUser(edge, "looks", "viewer");
  for (const call of [viewer.get("/api/settings/alert_syslog"), viewer.send("PUT", "/api/settings/alert_syslog", {})])
    expect((await call).status).toBe(403);
});

test("a port for health that was saved holds after a restart", async () => {
  const { edge, admin } = await started({ env: { RHYTHMX_ALERT_HEALTH: "" } });
  const port = await freePort();
  const saved = await admin.send("PUT", "/api/settings/alert_syslog", { health_port: port });
  const answers = async () => (await fetch(`http://127.0.0.1:${port}/health`)).status;
  expect([saved.status, await answers()]).toEqual([200, 200]);
  const next = await edge.restarted();
  cleanUp.push(() => next.stop());
  expect(await answers()).toBe(200);
});
