/** TICKET_INTEGRATION=proactive: enriched cases, cadence, and polling back (seed 001 "Proactive Case API"). */

import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { dayMs, hourMs } from "../../core/time.ts";
import { ApiClient, password } from "../harness/api-client.ts";
import { TestAppliance, until } from "../harness/appliance.ts";
import { DatabaseFile, queryDatabase } from "../harness/database-file.ts";
import { critical, medium } from "../harness/ticket-scene.ts";
import { type ProactiveCase, type ProactiveOptions, ProactiveStandIn } from "../standins/proactive.ts";
import { ServiceNowStandIn } from "../standins/servicenow.ts";

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

interface Site {
  appliance: TestAppliance;
  api: ProactiveStandIn;
}

async function site(
  env: Record<string, string | undefined> = {},
  options: ProactiveOptions = {},
  before: readonly ProactiveCase[] = [],
): Promise<Site> {
  const api = await new ProactiveStandIn(options).start();
  api.cases.push(...before);
  cleanUp.push(() => api.stop());
  const all = {
    RHYTHMX_ADMIN_PASSWORD: password,
    RHYTHMX_BASE_URL: "https://edge.example:8443",
    TICKET_INTEGRATION: "proactive",
    PROACTIVE_SNOW_BASE_URL: `${api.url}/api`,
    PROACTIVE_SNOW_APP_ID: "app-1",
    PROACTIVE_SNOW_SECRET: "proactive-secret-1",
    PROACTIVE_SNOW_SERVICE_IDENTIFIER: "ACME-EDGE",
    AUTO_PUSH_ENABLED: "true",
    AUTO_PUSH_CAMPAIGNS: "each",
    AUTO_PUSH_MIN_SEVERITY: "MEDIUM",
    AUTO_PUSH_SYSTEMS: "servicenow",
    ...env,
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  const appliance = await TestAppliance.start({ env: given as Record<string, string> });
  cleanUp.push(() => appliance.dispose());
  return { appliance, api };
}

const login = ({ appliance }: Site) => ApiClient.loggedIn(appliance, "admin");
const turn = ({ appliance }: Site, milliseconds: number) => appliance.clock.advance(milliseconds);
/** The schedule comes round once. */
const cycle = async (it: Site) => {
  it.appliance.clock.skip(5 * 60_000);
  await turn(it, 3_000);
};
const lines = ({ appliance }: Site) => appliance.logLines.map((line) => JSON.parse(line) as Record<string, string>);
const incidentOf = async (it: Site) => {
  const admin = await login(it);
  const { incidents } = (await admin.get("/api/incidents")).body;
  return (await admin.get(`/api/incidents/${incidents[0].incident_id}`)).body;
};
const columns = ({ appliance }: Site) => {
  const sql = "select last_snow_update_at, snow_last_priority, snow_ticket_state, snow_last_polled_at from incidents";
  return queryDatabase(appliance, sql) as Record<string, string | null>;
};

async function withCase(env: Record<string, string | undefined> = {}, detections = [critical("jsmith")]) {
  const it = await site(env);
  await it.appliance.ingest(detections);
  await until(() => it.api.cases.length === 1);
  await until(async () => (await incidentOf(it)).external_ticket_id !== null);
  const [made] = it.api.cases;
  return { ...it, made: made ?? it.api.case("none") };
}

describe("a case", () => {
  test("is made once, with every section filled, as HTML and as text", async () => {
    const it = await withCase();
    const { made } = it;
    const incident = await incidentOf(it);
    expect({ ...made }).toMatchObject({
      serviceIdentifier: "ACME-EDGE",
      correlationId: incident.incident_id,
      priority: "P2",
      shortDescription: "HIGH: Suspicious Logon on ws-101 by jsmith",
    });
    const titles = [...made.description.matchAll(/<h3>(.*?)<\/h3>/g)].map(([, title]) => title);
    expect(titles).toEqual([
      ...["Threat Summary", "Threat Analysis", "Incident Overview", "Blast Radius", "Detected Threats"],
      ...["Sample Events per Rule", "Contributed SIEM Triggers", "MITRE ATT&#38;CK"],
      ...["Containment", "Eradication", "Prevention", "Best Practices"].map((one) => `Recommended Actions: ${one}`),
      ...["Timeline", "Deep Dive"],
    ]);
    expect(made.description).toContain(`https://edge.example:8443/incidents/${incident.incident_id}`);
    expect(made.workNotes[0]).toStartWith("THREAT SUMMARY\n");
    expect([incident.external_ticket_id, incident.external_system]).toEqual([made.ticketNumber, "proactive"]);
    // Creation is not an update.
    expect(columns(it)).toEqual({
      last_snow_update_at: null,
      snow_last_priority: "P2",
      snow_ticket_state: "New",
      snow_last_polled_at: null,
    });
    // By its other name too: there is one.
    const again = await (await login(it)).post(`/api/incidents/${incident.incident_id}/tickets`, {
      system: "servicenow",
    });
    expect(again.status).toBe(200);
  });

  test("takes text of detections and alarms as text, never as markup", async () => {
    const it = await site();
    const evil = `<img src=x onerror=alert(1)>"'&</td></table><script>`;
    await it.appliance.ingest(
      [{ alarm_id: "A-<b>1", name: evil, rbp: 80, timestamp: "2026-03-13T04:00:00Z", user: "jsmith" }],
      {
        kind: "alarms",
      },
    );
    const raw = { EventID: 1, CommandLine: `cmd /c echo ${evil} --password hunter2`, Image: `C:\\${evil}\\cmd.exe` };
    await it.appliance.ingest([critical("jsmith", { rule_title: evil, host: "WS<1>", raw })]);
    await until(() => it.api.cases.length === 1);
    const { description, workNotes, shortDescription } = it.api.cases[0] ?? it.api.case("none");
    expect(description).not.toMatch(/<(?!\/?(h3|p|table|tr|th|td|ol|li|a|br)\b)/);
    expect(description.match(/<table /g)?.length).toBe(description.match(/<\/table>/g)?.length ?? -1);
    expect(description).toContain("&#60;img src=x onerror=alert(1)&#62;");
    expect(description).toContain("A-&#60;b&#62;1");
    expect([description, ...workNotes, shortDescription].join()).not.toContain("hunter2");
  });

  test("whose answer was lost is found by its correlation, and not made again", async () => {
    const it = await site();
    let lost = 0;
    it.api.faults = ({ method }) => (method === "POST" && lost++ === 0 ? { when: "after", what: "reset" } : null);
    await it.appliance.ingest([critical("jsmith")]);
    await until(() => lost === 1);
    await turn(it, 70_000);
    await until(async () => (await incidentOf(it)).external_ticket_id !== null);
    expect(it.api.cases.length).toBe(1);
  });

  describe("whose request broke is looked up in an API", () => {
    const foreign: ProactiveCase = {
      ticketNumber: "CS9000001",
      ticketStatus: "New",
      serviceIdentifier: "OTHER",
      correlationId: "somebody-else",
      shortDescription: "",
      description: "",
      priority: "P4",
      workNotes: [],
    };
    const loseFirst = async (it: Site, when: "before" | "after") => {
      let lost = 0;
      it.api.faults = ({ method }) => (method === "POST" && lost++ === 0 ? { when, what: "reset" } : null);
      await it.appliance.ingest([critical("jsmith")]);
      await until(() => lost === 1);
    };
    const afterLoss = async (it: Site) => {
      await loseFirst(it, "after");
      await turn(it, 70_000);
      await until(async () => (await incidentOf(it)).external_ticket_id !== null);
      return (await incidentOf(it)).external_ticket_id;
    };

    test("that gives a case without its correlation: it is ours", async () => {
      const it = await site({}, { lookUp: "anonymous" });
      expect(await afterLoss(it)).toBe(it.api.cases[0]?.ticketNumber);
      expect(it.api.cases).toHaveLength(1);
    });

    test("that gives every case, among them ours: that one", async () => {
      const it = await site({}, { lookUp: "unfiltered" }, [foreign]);
      expect(await afterLoss(it)).toBe(it.api.cases[1]?.ticketNumber);
      expect(it.api.cases).toHaveLength(2);
    });

    test("that gives somebody else's alone: that is not ours, and one is made when an analyst says so", async () => {
      const it = await site({}, { lookUp: "unfiltered" }, [foreign]);
      await loseFirst(it, "before");
      await turn(it, 70_000);
      const admin = await login(it);
      const [create] = (await admin.get("/api/deliveries")).body.deliveries;
      expect(create).toMatchObject({ kind: "create", state: "parked", cause: "unknown_outcome" });
      expect((await incidentOf(it)).external_ticket_id).toBeNull();
      expect((await admin.post(`/api/deliveries/${create.id}/retry`, {})).status).toBe(200);
      await until(async () => (await incidentOf(it)).external_ticket_id !== null);
      expect((await incidentOf(it)).external_ticket_id).not.toBe(foreign.ticketNumber);
      expect(it.api.cases).toHaveLength(2);
    });
  });

  test("is made instead of an incident record, also where ServiceNow is enabled besides", async () => {
    const snow = await new ServiceNowStandIn().start();
    cleanUp.push(() => snow.stop());
    const it = await withCase({
      SERVICENOW_INSTANCE: snow.url,
      SERVICENOW_USERNAME: "rhythmx",
      SERVICENOW_PASSWORD: "snow-password-1",
      SERVICENOW_ENABLED: "true",
    });
    await cycle(it);
    const { integrations } = (await (await login(it)).get("/api/integrations/status")).body;
    const enabled = integrations.map(({ system, enabled: is }: { system: string; enabled: boolean }) => [system, is]);
    expect(enabled).toContainEqual(["servicenow", false]);
    expect(enabled).toContainEqual(["proactive", true]);
    expect(it.api.cases).toHaveLength(1);
    expect(snow.log).toEqual([]);
    const tickets = (await incidentOf(it)).tickets.map(({ system }: { system: string }) => system);
    expect(tickets).toEqual(["proactive"]);
  });

  test("of a service identifier that is not registered is parked with whom to ask; goes when it is right", async () => {
    const it = await site({ PROACTIVE_SNOW_SERVICE_IDENTIFIER: undefined });
    const admin = await login(it);
    const { body } = await admin.send("PUT", "/api/settings/proactive", { snow_service_identifier: "WRONG" });
    expect(body.fields.snow_service_identifier.value).toBe("WRONG");
    await it.appliance.ingest([critical("jsmith")]);
    await until(async () => (await admin.get("/api/dead-letters")).body.dead_letters.length === 1);
    const [letter] = (await admin.get("/api/dead-letters")).body.dead_letters;
    expect(letter).toMatchObject({ system: "proactive", state: "parked", cause: "service_identifier" });
    expect(letter.detail).toContain("serviceIdentifier is not available");
    expect(letter.detail).toContain("Ask the ServiceNow administrator");
    expect(letter.detail).toContain('"WRONG"');
    await admin.send("PUT", "/api/settings/proactive", { service_identifier: "ACME-EDGE" });
    await until(() => it.api.cases.length === 1);
  });

  test("without a service identifier this integration alone is out of order, and says so", async () => {
    const it = await site({ PROACTIVE_SNOW_SERVICE_IDENTIFIER: undefined });
    const admin = await login(it);
    const { integrations } = (await admin.get("/api/integrations/status")).body;
    expect(integrations.find(({ system }: { system: string }) => system === "proactive")).toMatchObject({
      configured: false,
      enabled: true,
      warnings: ["PROACTIVE_SNOW_SERVICE_IDENTIFIER is missing: nothing is sent to proactive"],
    });
    const tested = (await admin.post("/api/settings/proactive/test", {})).body;
    expect(tested.steps[0].detail).toContain("PROACTIVE_SNOW_SERVICE_IDENTIFIER must be set");
    const { status } = await it.appliance.ingest([critical("jsmith")]);
    expect(status).toBe(200);
  });

  test("VERIFY_SSL=false is warned of at the start and in the status; secrets stay inside", async () => {
    const it = await withCase({ PROACTIVE_SNOW_VERIFY_SSL: "false" });
    const warned = lines(it).filter(({ level, msg }) => level === "warn" && msg?.includes("PROACTIVE_SNOW_VERIFY_SSL"));
    expect(warned.length).toBeGreaterThan(0);
    const admin = await login(it);
    const { integrations } = (await admin.get("/api/integrations/status")).body;
    expect(JSON.stringify(integrations)).toContain("certificates are not checked");
    const section = (await admin.get("/api/settings/proactive")).body;
    expect(section.fields.snow_secret).toMatchObject({
      ...{ configured: true, source: "environment", pinned: true },
      setting: "PROACTIVE_SNOW_SECRET",
    });
    expect(JSON.stringify([section, it.appliance.logLines])).not.toContain("proactive-secret-1");
  });
});

describe("polling over simulated days", () => {
  const rows: [state: string, status: string, history: string | null][] = [
    ["Pending", "OPEN", "snow_ticket_state New > Pending"],
    ["Suspended", "OPEN", "snow_ticket_state New > Suspended"],
    ["Work in Progress", "IN_PROGRESS", "status OPEN > IN_PROGRESS"],
    ["Work In Progress", "IN_PROGRESS", "status OPEN > IN_PROGRESS"],
    ["Resolved", "CLOSED", "status OPEN > CLOSED"],
    ["Closed", "CLOSED", "status OPEN > CLOSED"],
    ["Cancelled", "FALSE_POSITIVE", "status OPEN > FALSE_POSITIVE"],
    ["Canceled", "FALSE_POSITIVE", "status OPEN > FALSE_POSITIVE"],
    ["New", "OPEN", null],
    ["Awaiting Vendor", "OPEN", "snow_ticket_state New > Awaiting Vendor"],
  ];
  const synced = async (it: Site) =>
    (await incidentOf(it)).history
      .filter(({ action }: { action: string }) => action === "EXTERNAL_SYNC")
      .map((one: Record<string, string>) => {
        expect(one.source).toBe("proactive-snow-sync");
        return `${one.field} ${one.old} > ${one.new}`;
      });

  for (const [state, status, history] of rows)
    test(`${state} makes it ${status}`, async () => {
      const it = await withCase();
      it.made.ticketStatus = state;
      for (let times = 0; times < 3; times++) await cycle(it);
      expect((await incidentOf(it)).status).toBe(status);
      // Written once, however often it is polled.
      expect(await synced(it)).toEqual(history === null ? [] : [history]);
      expect(columns(it).snow_ticket_state).toBe(state);
      const strange = lines(it).filter(({ msg }) => msg?.includes("nobody knows"));
      expect(strange.length).toBe(state === "Awaiting Vendor" ? 1 : 0);
    });

  test("stamps the time of each poll, also where nothing changed; reopened, cancelled and flapping", async () => {
    const it = await withCase();
    await cycle(it);
    const first = columns(it).snow_last_polled_at ?? "";
    const before = (await incidentOf(it)).updated_at;
    await cycle(it);
    expect((columns(it).snow_last_polled_at ?? "") > first).toBe(true);
    expect((await incidentOf(it)).updated_at).toBe(before);
    for (const [state, status] of [
      ["Resolved", "CLOSED"],
      ["New", "CLOSED"],
      ["Work in Progress", "IN_PROGRESS"],
      ["Pending", "IN_PROGRESS"],
      ["Resolved", "CLOSED"],
      ["Work in Progress", "IN_PROGRESS"],
      ["Cancelled", "FALSE_POSITIVE"],
    ] as const) {
      it.made.ticketStatus = state;
      await cycle(it);
      expect([state, (await incidentOf(it)).status]).toEqual([state, status]);
    }
    expect((await synced(it)).length).toBe(7);
    // Cancelled is the end: it is not read any more.
    const asked = it.api.log.length;
    await cycle(it);
    await cycle(it);
    expect(it.api.log.length).toBe(asked);
  });

  test("a case that is missing is shown as gone; half an answer and a page of HTML change nothing", async () => {
    const it = await withCase();
    for (const what of ["garbage", "html200", { status: 500 }] as const) {
      it.api.faults = ({ method }) => (method === "GET" ? { when: "before", what } : null);
      it.made.ticketStatus = "Resolved";
      await cycle(it);
      expect((await incidentOf(it)).status).toBe("OPEN");
    }
    it.api.faults = () => null;
    it.appliance.clock.skip(60 * 60_000);
    await cycle(it);
    await cycle(it);
    expect((await incidentOf(it)).status).toBe("CLOSED");
    const polled = columns(it).snow_last_polled_at ?? "";
    it.api.remove(it.made.ticketNumber);
    await cycle(it);
    await cycle(it);
    const [ticket] = (await incidentOf(it)).tickets;
    expect(ticket).toMatchObject({ system: "proactive", state: "gone" });
    // It answered, that there is none.
    expect((columns(it).snow_last_polled_at ?? "") > polled).toBe(true);
  });

  test("what analysts do here is said in a work note; a case a week after its end is polled no more", async () => {
    const it = await withCase();
    const { incident_id: id } = await incidentOf(it);
    await (await login(it)).patch(`/api/incidents/${id}/status`, { status: "IN_PROGRESS", notes: "called the user" });
    await (await login(it)).patch(`/api/incidents/${id}`, { assigned_analyst: "jane" });
    await turn(it, 3_000);
    await until(() => it.made.workNotes.length >= 4, 180_000);
    const notes = it.made.workNotes.slice(1).join("\n");
    expect(notes).toContain("Status in RhythmX Edge: IN_PROGRESS");
    expect(notes).toContain("called the user");
    expect(notes).toContain("Assigned to jane");
    it.made.ticketStatus = "Closed";
    await cycle(it);
    expect((await incidentOf(it)).status).toBe("CLOSED");
    it.appliance.clock.skip(8 * dayMs);
    await cycle(it);
    const asked = it.api.log.length;
    for (let times = 0; times < 3; times++) await cycle(it);
    expect(it.api.log.length).toBe(asked);
  });
});

test("a level that changes: priority and text of the case are brought up to date, with what made the risk rise", async () => {
  const it = await withCase({ SNOW_UPDATE_CADENCE_HOURS: "1000" }, medium("jsmith"));
  const tactics = ["credential-access", "lateral-movement", "persistence", "discovery", "impact", "collection"];
  for (let n = 0; (await incidentOf(it)).risk_level === "medium" && n < 40; n++)
    await it.appliance.ingest([
      critical("jsmith", {
        level: "medium",
        rule_id: `more-${n}`,
        rule_title: `More of it ${n}`,
        host: `WS-${n}`,
        tags: [`attack.${tactics[n % tactics.length]}`, "attack.t1003.001"],
        timestamp: new Date(it.appliance.clock.now() - 1000).toISOString(),
      }),
    ]);
  await turn(it, 3_000);
  await until(() => it.made.priority === "P2");
  const gate = lines(it)
    .map(({ msg }) => msg ?? "")
    .filter((msg) => msg.startsWith("SNOW cadence gate"));
  expect(gate).toHaveLength(1);
  expect(gate[0]).toMatch(/^SNOW cadence gate: PUSH incident=INC-[0-9a-f]{8} reason=first-push$/);
  expect(it.made.description).toContain("<h3>Cause of Risk Increment</h3>");
  expect(it.made.description).toMatch(/The score rose from \d+ to \d+\. The newest rule is &#34;More of it \d+&#34;/);
  expect(it.made.description).toContain("escalating");
  await until(() => it.made.workNotes.length === 2);
  const id = (await incidentOf(it)).incident_id;
  const preview = async () =>
    (await (await login(it)).post(`/api/incidents/${id}/tickets/preview`, { system: "proactive" })).body.risk_update;
  expect(await preview()).toMatchObject({ push: false, reason: "unchanged", told_level: "high", next_at: null });
  expect(it.made.workNotes[1]).toContain("Risk has gone from medium to high");
  expect(columns(it)).toMatchObject({ snow_last_priority: "P2", last_snow_update_at: expect.stringMatching(/^2026-/) });
  // Quiet takes points away: within the cadence it is not told, and when it will be is said.
  it.appliance.clock.skip(10 * dayMs);
  await turn(it, 70_000);
  expect((await incidentOf(it)).risk_level).not.toBe("high");
  const skip = lines(it).find(({ msg }) => msg?.includes("SKIP"));
  expect(skip?.msg).toMatch(/SKIP incident=INC-[0-9a-f]{8} reason=within-cadence next=2026-04-\d\dT/);
  const { next_at: next } = (await preview()) ?? {};
  expect(skip?.msg).toEndWith(`next=${next}`);
  expect((await incidentOf(it)).tickets[0].risk_update).toMatchObject({ push: false, reason: "within-cadence" });
  expect(it.made.priority).toBe("P2");
});

test("the gate counts from last_snow_update_at and snow_last_priority", async () => {
  const first = await withCase();
  await first.appliance.stop();
  const it = { ...first };
  const database = new DatabaseFile(join(it.appliance.dataDir, "rhythmx.db"));
  const ago = (hours: number) => new Date(it.appliance.clock.now() - hours * hourMs).toISOString();
  database.run("update incidents set last_snow_update_at = ?, snow_last_priority = 'P4'", [ago(30)]);
  database.run("update tickets set gate_at = 0");
  database.close();
  it.appliance = await first.appliance.restarted();
  cleanUp.push(() => it.appliance.stop());
  await turn(it, 3_000);
  const gate = lines(it)
    .map(({ msg }) => msg ?? "")
    .filter((msg) => msg.startsWith("SNOW cadence gate"));
  expect(gate.map((msg) => msg.replace(/ incident=\S+/, ""))).toEqual([
    "SNOW cadence gate: PUSH reason=cadence-elapsed-30h",
  ]);
  expect(columns(it).snow_last_priority).toBe("P2");
});
