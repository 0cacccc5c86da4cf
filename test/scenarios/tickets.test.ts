import { afterEach, describe, expect, test } from "bun:test";
import { ApiClient } from "../harness/api-client.ts";
import { until } from "../harness/appliance.ts";
import { cleanUp, cleanUpScenes, critical, deliveries, medium, scene, turn } from "../harness/ticket-scene.ts";

afterEach(cleanUpScenes);

describe("auto-push", () => {
  test("an incident becomes a ticket in both systems, at once, once, linked both ways", async () => {
    const it = await scene();
    await it.appliance.ingest([critical("CORP\\jsmith")]);
    await until(() => it.jira.issues.length === 1 && it.snow.rows.length === 1);
    await until(() => it.jira.issues[0]?.remoteLinks.size === 1);
    const { incidents } = (await it.admin.get("/api/incidents")).body;
    const [{ incident_id: id }] = incidents;
    const [issue] = it.jira.issues;
    expect(issue?.fields.summary).toBe("HIGH: Suspicious Logon on ws-101 by jsmith");
    expect(issue?.fields.labels).toEqual(["rhythmx", `rhythmx-${id.toLowerCase()}`, "risk-high"]);
    expect(issue?.fields.priority).toEqual({ id: "2" });
    expect(issue?.properties[0]?.value).toMatchObject({
      incident_id: id,
      url: `https://edge.example:8443/incidents/${id}`,
    });
    const [row] = it.snow.rows;
    expect({ ...row }).toMatchObject({
      correlation_id: id,
      impact: "2",
      urgency: "1",
      priority: "2",
      assignment_group: "a".repeat(32),
    });
    await until(async () => (await it.admin.get(`/api/incidents/${id}`)).body.tickets.length === 2);
    const detail = (await it.admin.get(`/api/incidents/${id}`)).body;
    const ids = detail.tickets.map((ticket: { ticket_id: string }) => ticket.ticket_id).sort();
    expect(ids).toEqual([row?.number ?? "", "SEC-1"].sort());
    expect(ids).toContain(detail.external_ticket_id);
    expect(detail.history.map(({ action }: { action: string }) => action)).toContain("TICKET_LINKED");
    // More evidence, more turns of the loops: no second ticket.
    await it.appliance.ingest([critical("jsmith", { rule_id: "r2" }), critical("jsmith", { rule_id: "r3" })]);
    await turn(it, 5 * 60_000);
    expect([it.jira.issues.length, it.snow.rows.length]).toEqual([1, 1]);
    expect((await deliveries(it)).map((one: { kind: string; state: string }) => [one.kind, one.state]).sort()).toEqual([
      ["create", "confirmed"],
      ["create", "confirmed"],
      ["link", "confirmed"],
    ]);
  });

  test("entities are routed; a priority that the instance made its own way is said", async () => {
    const routes = JSON.stringify({ South: { assignment_group: "South Desk" } });
    const groups = { "SOC Team": "a".repeat(32), "South Desk": "b".repeat(32) };
    const it = await scene(
      { TICKET_ROUTES: routes, AUTO_PUSH_SYSTEMS: "servicenow" },
      { snow: { groups, oddPriorities: true } },
    );
    await it.appliance.ingest([critical("a", { entity: "south" }), critical("b", { entity: "North" })]);
    await until(() => it.snow.rows.length === 2);
    const groupOf = (actor: string) =>
      it.snow.rows.find((row) => row.short_description?.endsWith(` by ${actor}`))?.assignment_group;
    expect([groupOf("a"), groupOf("b")]).toEqual(["b".repeat(32), "a".repeat(32)]);
    await until(async () => (await deliveries(it, "state=confirmed")).length === 2);
    expect((await deliveries(it))[0].detail).toContain("the instance made priority 5 of impact 2 and urgency 1, not 2");
  });

  test("a system that is enabled but lacks something gets none, and nothing waits for it", async () => {
    const it = await scene({ JIRA_PROJECT_KEY: "" });
    await it.appliance.ingest([critical("jsmith")]);
    await until(() => it.snow.rows.length === 1, 180_000);
    const { tickets } = (await it.admin.get("/api/tickets")).body;
    expect(tickets.map(({ system }: { system: string }) => system)).toEqual(["servicenow"]);
    expect((await deliveries(it)).map(({ system }: { system: string }) => system)).toEqual(["servicenow"]);
    expect(it.jira.log).toEqual([]);
  });

  test("below the threshold none; rising to it makes one", async () => {
    const it = await scene({ AUTO_PUSH_MIN_SEVERITY: "HIGH", AUTO_PUSH_SYSTEMS: "jira" });
    await it.appliance.ingest(medium("riser"));
    await turn(it, 10_000);
    expect(it.jira.issues).toEqual([]);
    const more = ["privilege-escalation", "persistence", "lateral-movement", "discovery"].flatMap((tactic, n) =>
      [1, 2, 3].map((m) => critical("riser", { rule_id: `r${n}${m}`, tags: [`attack.${tactic}`] })),
    );
    await it.appliance.ingest(more);
    await until(() => it.jira.issues.length === 1);
    expect(it.snow.rows).toEqual([]);
  });

  test("every section of the body is there, in each form", async () => {
    const it = await scene();
    const rules = Array.from({ length: 14 }, (_, n) =>
      critical("actor", { rule_id: `r${n}`, rule_title: `Rule ${n}`, rule_author: "Jane Doe", host: "WS-9" }),
    );
    await it.appliance.ingest(rules);
    await until(() => it.jira.issues.length === 1 && it.snow.rows.length === 1);
    const text = JSON.stringify(it.jira.issues[0]?.fields.description);
    const whole = `${it.snow.rows[0]?.description}\n${it.snow.rows[0]?.work_notes ?? ""}`;
    for (const rendering of [text, whole])
      for (const words of [
        ...[
          "actor",
          "Primary Site",
          "risk score",
          "detection severity",
          "velocity",
          "SIEM alarms",
          "Threat cases",
          "Primary rule",
        ],
        ...[
          "First activity",
          "Active for",
          "4 h",
          "on track",
          "Execution",
          "T1059.001",
          "Rule 0",
          "and 4 more rules",
          "Jane Doe",
          "https://edge.example:8443/incidents/INC-",
        ],
      ])
        expect([words, rendering.toLowerCase().includes(words.toLowerCase())]).toEqual([words, true]);
    expect((it.snow.rows[0]?.description ?? "").length).toBeLessThanOrEqual(4000);
  });
});

describe("by hand", () => {
  test("preview is what is sent; the same twice is one ticket; an outdated preview is refused", async () => {
    const it = await scene({ AUTO_PUSH_ENABLED: "false" });
    await it.appliance.ingest([critical("hand")]);
    const { incident_id: id } = (await it.admin.get("/api/incidents")).body.incidents[0];
    const preview = await it.admin.post(`/api/incidents/${id}/tickets/preview`, { system: "jira" });
    expect(preview.status).toBe(200);
    expect(it.jira.issues).toEqual([]);
    const { payload_sha256, payload_text } = preview.body;
    const wrong = await it.admin.post(`/api/incidents/${id}/tickets`, {
      system: "jira",
      payload_sha256: "0".repeat(64),
    });
    expect(wrong.status).toBe(409);
    const made = await it.admin.post(`/api/incidents/${id}/tickets`, { system: "JIRA", payload_sha256 });
    expect([made.status, made.body.delivery_id]).toEqual([202, expect.stringMatching(/^dlv-[0-9a-f]{16}$/)]);
    await until(() => it.jira.issues.length === 1);
    expect(it.jira.log.find(({ method, path }) => method === "POST" && path.endsWith("/issue"))?.body).toBe(
      payload_text,
    );
    await until(async () => (await it.admin.get("/api/tickets")).body.tickets[0]?.ticket_id === "SEC-1");
    const again = await it.admin.post(`/api/incidents/${id}/tickets`, { system: "jira" });
    expect([again.status, again.body.ticket.ticket_id]).toEqual([200, "SEC-1"]);
    const many = await Promise.all(
      [1, 2, 3, 4].map(() => it.admin.post(`/api/incidents/${id}/tickets`, { system: "servicenow" })),
    );
    expect(new Set(many.map(({ status }) => status)).size).toBeLessThanOrEqual(2);
    await until(() => it.snow.rows.length > 0);
    await turn(it, 10_000);
    expect([it.jira.issues.length, it.snow.rows.length]).toEqual([1, 1]);
  });
});

describe("what goes wrong", () => {
  for (const when of ["before", "after"] as const)
    for (const what of ["reset", "html200", "garbage", { status: 500 }, { status: 503 }, { status: 408 }] as const)
      test(`create: ${JSON.stringify(what)} ${when} its effect, in both systems: one ticket`, async () => {
        const it = await scene({ UNKNOWN_LOOKUP_DELAYS_SECONDS: "10,20,30" }, { jira: { indexLagMs: 60_000 } });
        // Only who finds one of its own knows that another is not there.
        await it.appliance.ingest([critical("first")]);
        await until(async () => (await deliveries(it, "state=confirmed")).length === 3);
        for (const system of [it.jira, it.snow]) {
          let left = 1;
          system.faults = ({ method, path }) =>
            method === "POST" && /\/(issue|incident)$/.test(path) && left-- > 0 ? { when, what } : null;
        }
        await it.appliance.ingest([critical("one")]);
        await until(() => it.jira.log.length > 3 && it.snow.log.length > 0);
        await turn(it, 300_000);
        await until(
          async () => (await deliveries(it, "state=planned,sending,unknown")).length === 0,
          180_000,
          () => "unfinished",
        );
        expect([it.jira.issues.length, it.snow.rows.length]).toEqual([2, 2]);
        const all = await deliveries(it);
        expect(all.every(({ state }: { state: string }) => state === "confirmed")).toBe(true);
        const lookups = all
          .flatMap((one: { attempt_history: { action: string }[] }) => one.attempt_history)
          .filter((one: { action: string }) => one.action === "lookup");
        expect(lookups.length).toBeGreaterThanOrEqual(2);
      });

  test("labels that are not on the screen: found by the issue's property", async () => {
    const it = await scene(
      { UNKNOWN_LOOKUP_DELAYS_SECONDS: "10,20", AUTO_PUSH_SYSTEMS: "jira" },
      { jira: { labels: false } },
    );
    let left = 1;
    it.jira.faults = ({ method, path }) =>
      method === "POST" && path.endsWith("/issue") && left-- > 0 ? { when: "after", what: "reset" } : null;
    await it.appliance.ingest([critical("unlabelled")]);
    await until(() => it.jira.issues.length === 1);
    await turn(it, 60_000);
    await until(async () => (await deliveries(it, "state=confirmed")).length === 2);
    expect(it.jira.issues.length).toBe(1);
  });

  test("an address that Jira gives itself is a link only where it is one of the web", async () => {
    const it = await scene({ AUTO_PUSH_SYSTEMS: "jira" }, { jira: { baseUrl: "javascript:alert(1)//" } });
    await it.appliance.ingest([critical("linked")]);
    await until(async () => (await it.admin.get("/api/tickets")).body.tickets[0]?.ticket_id === "SEC-1");
    const [{ ticket_url: url }] = (await it.admin.get("/api/tickets")).body.tickets;
    expect(url).toBe(`${it.jira.url}/browse/SEC-1`);
  });

  test("through a proxy of its own", async () => {
    const { createServer, request: ask } = await import("node:http");
    const seen: string[] = [];
    // What goes to 127.0.0.1 never takes a proxy; this one leads 127.0.0.2 there.
    const proxy = createServer((incoming, outgoing) => {
      seen.push(incoming.url ?? "");
      const { method, headers } = incoming;
      const on = ask(
        (incoming.url ?? "").replace("127.0.0.2", "127.0.0.1"),
        { ...(method === undefined ? {} : { method }), headers },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(outgoing);
        },
      );
      incoming.pipe(on);
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    cleanUp.push(() => new Promise((resolve) => proxy.close(resolve)));
    cleanUp.push(async () => proxy.closeAllConnections());
    const { port } = proxy.address() as { port: number };
    const it = await scene({ AUTO_PUSH_SYSTEMS: "" });
    const fields = { instance: `http://127.0.0.2:${it.snow.port}`, username: "rhythmx", password: "snow-password-1" };
    const tested = async (proxied: object) =>
      (await it.admin.post("/api/settings/servicenow/test", { ...fields, ...proxied })).body;
    expect((await tested({})).ok).toBe(false);
    expect((await tested({ proxy: `http://127.0.0.1:${port}` })).ok).toBe(true);
    expect(seen.some((url) => url.startsWith(`http://127.0.0.2:${it.snow.port}/api/now/table/`))).toBe(true);
  });

  test("Retry-After is honoured, in seconds and as a date", async () => {
    const it = await scene({ AUTO_PUSH_SYSTEMS: "servicenow" });
    let left = 2;
    it.snow.faults = ({ method }) => {
      if (method !== "POST" || left-- <= 0) return null;
      const later = new Date(it.appliance.clock.now() + 600_000).toUTCString();
      return { when: "before", what: { status: 429, retryAfter: left === 1 ? "300" : later } };
    };
    await it.appliance.ingest([critical("patient")]);
    await until(() => it.snow.log.some(({ method }) => method === "POST"));
    const posts = () => it.snow.log.filter(({ method }) => method === "POST").length;
    await turn(it, 290_000);
    expect(posts()).toBe(1);
    await turn(it, 130_000);
    expect(posts()).toBe(2);
    await turn(it, 470_000);
    expect(posts()).toBe(2);
    await turn(it, 270_000);
    expect([posts(), it.snow.rows.length]).toEqual([3, 1]);
  });

  test("what a person has to mend is parked with the target's words, blocks no other, and goes when settings change", async () => {
    const it = await scene(
      { AUTO_PUSH_SYSTEMS: "jira" },
      { jira: { required: [{ fieldId: "customfield_1", name: "SOC team" }] } },
    );
    await it.appliance.ingest([critical("parked")]);
    await until(async () => (await deliveries(it, "state=parked")).length === 1);
    const [parked] = await deliveries(it);
    expect({ ...parked }).toMatchObject({
      cause: "rejected",
      detail: expect.stringContaining("customfield_1: SOC team is required."),
    });
    const test1 = (await it.admin.post("/api/settings/jira/test", {})).body;
    expect(test1.steps.find(({ ok }: { ok: boolean }) => !ok)).toMatchObject({
      name: "Issue type Task",
      detail: expect.stringContaining("SOC team (customfield_1)"),
    });
    const saved = await it.admin.send("PUT", "/api/settings/jira", { extra_fields: { customfield_1: "Blue" } });
    expect([saved.status, saved.body.fields.extra_fields.source]).toEqual([200, "saved"]);
    await until(() => it.jira.issues.length === 1);
  });

  test("wrong credentials: parked after one try, no secret anywhere", async () => {
    const it = await scene({ AUTO_PUSH_SYSTEMS: "jira", JIRA_API_TOKEN: "wrong-token-77" });
    await it.appliance.ingest([critical("locked")]);
    await until(async () => (await deliveries(it, "state=parked")).length === 1);
    await turn(it, 130_000);
    const [parked] = await deliveries(it);
    expect(parked.cause).toBe("unauthorized");
    const refused = it.jira.log.filter(
      ({ headers, path }) => headers.authorization !== undefined && !path.endsWith("/serverInfo"),
    );
    expect(refused.length).toBeLessThanOrEqual(2);
    const said =
      JSON.stringify([
        await deliveries(it),
        (await it.admin.get("/api/settings/jira")).body,
        (await it.admin.get("/api/integrations/status")).body,
      ]) + it.appliance.logLines.join("");
    for (const form of ["wrong-token-77", btoa("soc@acme.example:wrong-token-77"), "snow-password-1"])
      expect(said).not.toContain(form);
  });

  test("an outage burns no attempts; afterwards everything is there once", async () => {
    const it = await scene({ AUTO_PUSH_SYSTEMS: "servicenow" });
    let down = true;
    it.snow.faults = () => (down ? { when: "before", what: "reset" } : null);
    for (let n = 0; n < 30; n++) await it.appliance.ingest([critical(`user-${n}`)]);
    await turn(it, 3600_000);
    const asked = it.snow.log.length;
    expect(asked).toBeLessThan(120);
    down = false;
    await turn(it, 600_000);
    await until(
      () => it.snow.rows.length === 30,
      180_000,
      () => `${it.snow.rows.length} of 30`,
    );
    expect(new Set(it.snow.rows.map((row) => row.correlation_id)).size).toBe(30);
    it.admin = await ApiClient.loggedIn(it.appliance, "admin");
    expect((await deliveries(it, "state=dead")).length).toBe(0);
  });
});

describe("untrusted text", () => {
  const evil = [
    "{noformat}{panel:title=x}h1. owned|!http://x/y.png!",
    "[click|javascript:alert(1)] *bold* _it_ {{code}} ~admin @admin",
    '{"type":"doc","version":1,"content":[]}',
    "a^correlation_id!=x^ORDERBYsys_id,b",
    "line1\r\nX-Injected: yes\n\nh1. line",
    "</pre><script>alert(1)</script>&#x27;",
    "x".repeat(100_000),
  ];

  for (const deployment of ["Cloud", "Server"] as const)
    test(`never becomes markup or a query (${deployment})`, async () => {
      const credentials = deployment === "Cloud" ? {} : { credentials: "pat-123456" };
      const it = await scene(
        {},
        { jira: { deployment, ...credentials, contextPath: deployment === "Cloud" ? "" : "/jira" } },
      );
      for (const [n, text] of evil.entries())
        await it.appliance.ingest(
          [1, 2, 3].map((m) =>
            critical(`u${n}`, {
              rule_title: `${m} ${text}`.slice(0, 4000),
              rule_id: `${n}-${m}`,
              rule_author: text.slice(0, 1000),
              host: `h${n}`,
            }),
          ),
        );
      await it.appliance.ingest(evil.slice(0, 6).map((text, n) => critical(`${text} ${n}`.slice(0, 200))));
      const total = (await it.admin.get("/api/incidents")).body.total;
      await until(
        () => it.jira.issues.length === total && it.snow.rows.length === total,
        180_000,
        () => `${it.jira.issues.length} ${it.snow.rows.length} of ${total}`,
      );
      for (const { fields } of it.jira.issues) {
        const { description } = fields;
        if (deployment === "Server")
          expect(String(description)).not.toMatch(/\{(noformat|panel|code)|\[click|!http|javascript:|<script|^h1\. /m);
        else expect(JSON.stringify(description)).not.toMatch(/"type":"(extension|bodiedExtension|mention|media)"/);
        expect(String(fields.summary)).not.toMatch(/[\r\n]/);
      }
      const ids = (await it.admin.get("/api/incidents?limit=500")).body.incidents.map(
        (one: { incident_id: string }) => one.incident_id,
      );
      expect(it.snow.rows.map((row) => row.correlation_id).sort()).toEqual(ids.sort());
    });

  test("passwords and tokens in notes are masked before they leave", async () => {
    const it = await scene({ AUTO_PUSH_ENABLED: "false", MASK_PATTERNS: '["(?<=badge )\\\\d{6}"]' });
    await it.appliance.ingest([critical("masked", { rule_title: "net user bob Hunter2! /add" })]);
    const { incident_id: id } = (await it.admin.get("/api/incidents")).body.incidents[0];
    await it.admin.patch(`/api/incidents/${id}`, {
      investigation_notes:
        "ran psexec -u x -p S3cr3t! and password=Pa55word; Authorization: Bearer abcdefghijkl; badge 123456",
    });
    for (const system of ["jira", "servicenow"]) {
      const { payload_text } = (await it.admin.post(`/api/incidents/${id}/tickets/preview`, { system })).body;
      expect(payload_text).toContain("********");
      expect(payload_text).not.toMatch(/Hunter2|S3cr3t|Pa55word|abcdefghijkl|123456/);
    }
  });
});

describe("settings", () => {
  test("saved by API, encrypted, tested, in force; pinned ones cannot be changed", async () => {
    const it = await scene({
      JIRA_URL: "",
      JIRA_EMAIL: "",
      JIRA_API_TOKEN: "",
      JIRA_PROJECT_KEY: "",
      JIRA_ENABLED: "",
      AUTO_PUSH_SYSTEMS: "jira",
    });
    const status = async () => (await it.admin.get("/api/integrations/status")).body.integrations[0];
    expect({ ...(await status()) }).toMatchObject({
      system: "jira",
      configured: false,
      enabled: false,
      last_test: null,
    });
    const fields = { url: it.jira.url, email: "soc@acme.example", api_token: "jira-token-1", project_key: "SEC" };
    const tried = (await it.admin.post("/api/settings/jira/test", { ...fields, api_token: "nope-token" })).body;
    expect([tried.ok, tried.steps.map(({ name, ok }: { name: string; ok: boolean }) => [name, ok])]).toEqual([
      false,
      [
        ["Reach Jira", true],
        ["Log in", false],
      ],
    ]);
    const bad = await it.admin.send("PUT", "/api/settings/jira", { ...fields, url: "ftp://x" });
    expect([bad.status, bad.body.errors[0].name]).toEqual([400, "url"]);
    const saved = (await it.admin.send("PUT", "/api/settings/jira", { ...fields, enabled: true })).body;
    const here = { source: "saved", pinned: false };
    expect(saved.fields.api_token).toMatchObject({ configured: true, setting: "JIRA_API_TOKEN", ...here });
    expect(saved.fields.api_token.value).toBeUndefined();
    expect(saved.fields.url).toMatchObject({ value: it.jira.url, setting: "JIRA_URL", ...here });
    const tested = (await it.admin.post("/api/settings/jira/test", {})).body;
    expect([tested.ok, tested.steps.length]).toEqual([true, 8]);
    expect(it.jira.issues).toEqual([]);
    expect({ ...(await status()) }).toMatchObject({ configured: true, enabled: true, last_test: { ok: true } });
    await it.appliance.ingest([critical("after")]);
    await until(() => it.jira.issues.length === 1);
    // Nobody learns a secret by naming an address of his own for it.
    const elsewhere = { url: "https://jira.elsewhere.example" };
    for (const stolen of [
      await it.admin.post("/api/settings/jira/test", elsewhere),
      await it.admin.send("PUT", "/api/settings/jira", elsewhere),
      await it.admin.post("/api/settings/servicenow/test", { instance: "https://elsewhere.example" }),
    ])
      expect([stolen.status, JSON.stringify(stolen.body)]).toEqual([
        400,
        expect.stringMatching(/give it again|is set in environment, and so is what it is sent to/),
      ]);
    expect((await it.admin.get("/api/settings/jira")).body.fields.url.value).toBe(it.jira.url);
    // Without an address nothing is sent; the way over that to another address is closed too.
    expect((await it.admin.send("PUT", "/api/settings/jira", { url: null })).status).toBe(200);
    for (const url of [elsewhere.url, it.jira.url])
      expect((await it.admin.send("PUT", "/api/settings/jira", { url })).status).toBe(400);
    expect((await it.admin.send("PUT", "/api/settings/jira", fields)).status).toBe(200);
    const moved = { url: `${it.jira.url}/`, project_key: "SEC" };
    expect((await it.admin.send("PUT", "/api/settings/jira", moved)).status).toBe(200);
    const pinned = await it.admin.send("PUT", "/api/settings/servicenow", { username: "x" });
    expect([pinned.status, pinned.body.detail]).toEqual([
      409,
      expect.stringContaining("SERVICENOW_USERNAME is set in environment"),
    ]);
    const { readFileSync } = await import("node:fs");
    const disk = ["rhythmx.db", "rhythmx.db-wal"]
      .map((name) => readFileSync(`${it.appliance.dataDir}/${name}`, "latin1"))
      .join("");
    for (const form of ["jira-token-1", btoa("soc@acme.example:jira-token-1")]) expect(disk).not.toContain(form);
    for (const none of ["nothing", "__proto__", "constructor", "toString"]) {
      const [path, fields] = [`/api/settings/${none}`, { JIRA_URL: null }];
      const answers = [it.admin.get(path), it.admin.send("PUT", path, fields), it.admin.post(`${path}/test`, fields)];
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([404, 404, 404]);
    }
    expect(JSON.stringify((await it.admin.get("/api/audit")).body)).toContain("JIRA_API_TOKEN");
  });
});
