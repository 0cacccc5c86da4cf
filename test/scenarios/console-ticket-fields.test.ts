/** Fields that a ticket system itself offers, picked in the console, and a real ticket held against them. */
import { afterEach, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { ApiClient } from "../harness/api-client.ts";
import { until } from "../harness/appliance.ts";
import { ConnectProxy, TlsFront } from "../harness/connect-proxy.ts";
import { hostileWords } from "../harness/hostile-words.ts";
import { pem, serverPair } from "../harness/test-certificates.ts";
import { filled, jiraFor, pages, started } from "../harness/ticket-console.ts";
import { cleanUp, cleanUpScenes, critical } from "../harness/ticket-scene.ts";
import { ServiceNowStandIn } from "../standins/servicenow.ts";

afterEach(cleanUpScenes);

/** The object that a form's rows make: a value is JSON where it is, else a text. */
function rowsIn(fields: URLSearchParams, setting: string): Record<string, unknown> {
  const found: [string, unknown][] = [];
  for (let row = 0; fields.has(`${setting}.${row}`); row++) {
    const [id, value] = [fields.get(`${setting}.${row}`) ?? "", fields.get(`${setting}.${row}.value`) ?? ""];
    if (id !== "") found.push([id, /^(?:[[{"]|-?\d+$)/.test(value) ? JSON.parse(value) : value]);
  }
  return Object.fromEntries(found);
}

for (const deployment of ["Cloud", "Server"] as const)
  test(`its own fields are picked, checked and sent (${deployment})`, async () => {
    const { edge, admin } = await started();
    const options = ["SOC", hostileWords.markup].map((value, at) => ({ id: String(100 + at), value }));
    const jira = await jiraFor(edge, {
      deployment,
      ...(deployment === "Server" ? { credentials: "pat-1" } : {}),
      required: [
        { fieldId: "customfield_10010", name: "Cost centre", schema: { type: "option" }, allowedValues: options },
      ],
      offered: [
        { fieldId: "customfield_10011", name: "Effort", schema: { type: "number" } },
        {
          fieldId: "customfield_10012",
          name: "Background",
          schema: { type: "string", custom: "com.atlassian.jira.plugin.system.customfieldtypes:textarea" },
        },
        { fieldId: "customfield_10013", name: "Due", schema: { type: "date" } },
      ],
      transitionRequired: [
        {
          fieldId: "customfield_10020",
          name: "Root cause",
          schema: { type: "array", items: "option" },
          allowedValues: [{ id: "7", value: "Phishing" }],
        },
      ],
    });
    const form = `/console${pages.jira}/save`;
    const account = deployment === "Server" ? { email: "", api_token: "pat-1" } : {};
    const page = await admin.get(pages.jira);
    const given = { ...filled(jira.url), ...account, extra_fields: '{"customfield_10011":1}' };
    const asked = await admin.fill(page, form, given, `/console${pages.jira}/fields`);
    expect(asked.text).toContain("Required and not filled: Cost centre.");
    expect(asked.text).toContain("SEC has no ticket yet whose transitions could be looked at");
    expect(asked.html).not.toContain(hostileWords.markup);
    const name = (id: string) => `pick.extra_fields.customfield_${id}`;
    expect(admin.fieldsOf(asked, form).get(name("10011"))).toBe("1");

    const picked = {
      ...account,
      api_token: given.api_token,
      [name("10010")]: "100",
      [name("10011")]: "much",
      [name("10012")]: "One line",
      [name("10013")]: "2026-02-30",
      "hand.extra_fields.name": "customfield_10099",
      "hand.extra_fields.value": "7",
    };
    const pick = await admin.fill(asked, form, picked, `/console${pages.jira}/pick`);
    expect(pick.text).toContain("Put into the settings above: Cost centre, Background, customfield_10099.");
    expect(pick.text).toContain("a number such as 7 or 2.5");
    expect(pick.text).toContain("a day such as 2026-03-13");
    const background = { type: "paragraph", content: [{ type: "text", text: "One line" }] };
    expect(rowsIn(admin.fieldsOf(pick, form), "extra_fields")).toEqual({
      customfield_10011: 1,
      customfield_10010: { id: "100" },
      customfield_10012: deployment === "Cloud" ? { type: "doc", version: 1, content: [background] } : "One line",
      customfield_10099: 7,
    });

    // By hand it is checked against the same description, and the real ticket against the screen.
    const wrong = {
      api_token: given.api_token,
      extra_fields: '{"customfield_10010":{"value":"HR"},"customfield_10099":7}',
    };
    const refused = await admin.fill(pick, form, { ...wrong, ...account });
    expect([refused.status, refused.text]).toEqual([
      422,
      expect.stringContaining("Cost centre (customfield_10010): one of SOC"),
    ]);
    const fine = '{"customfield_10010":{"value":"SOC"},"customfield_10099":7}';
    const held = await admin.fill(pick, form, { ...wrong, ...account, extra_fields: fine });
    expect(held.text).toContain("customfield_10099 is not on the screen for new tickets");
    const saved = await admin.fill(held, form, {
      ...account,
      api_token: given.api_token,
      extra_fields: '{"customfield_10010":{"id":"100"},"labels":["soc"]}',
    });
    expect(saved.at).toBe(pages.jira);
    const push = await admin.get(pages.auto_push);
    await admin.fill(push, `/console${pages.auto_push}/save`, {
      enabled: "true",
      min_severity: "HIGH",
      campaigns: "each",
    });
    await edge.ingest([critical("jsmith")]);
    await until(() => jira.issues.length === 1);
    expect(jira.issues[0]?.fields).toMatchObject({
      customfield_10010: { id: "100" },
      labels: ["rhythmx", expect.stringContaining("rhythmx-inc-"), expect.stringContaining("risk-"), "soc"],
    });

    const again = await admin.fill(await admin.get(pages.jira), form, {}, `/console${pages.jira}/fields`);
    expect(again.text).toContain("SEC-1 in To Do");
    expect(again.text).toContain("Required and not filled: Root cause.");
    const cause = { "pick.transition_fields.customfield_10020": "7" };
    const both = await admin.fill(again, form, cause, `/console${pages.jira}/pick`);
    await admin.fill(both, form);
    const api = await ApiClient.asUser(edge, "boss", "admin");
    expect((await api.get("/api/settings/jira")).body.fields.transition_fields.value).toBe(
      '{"customfield_10020":[{"id":"7"}]}',
    );
  });

test("ServiceNow: columns are picked from dictionary, choices and policies, for new records and closed ones", async () => {
  const { edge, admin } = await started();
  const snow = await new ServiceNowStandIn({
    now: () => edge.clock.now(),
    dictionary: [
      { element: "u_soc", label: "SOC", mandatory: true, choices: { "1": "North", "2": "South" } },
      { element: "u_cause", label: "Root cause" },
    ],
    policies: [
      { field: "u_cause", states: ["6", "7"] },
      { field: "parent_incident", states: ["6"], isUi: true },
    ],
  }).start();
  cleanUp.push(() => snow.stop());
  const form = `/console${pages.servicenow}/save`;
  const account = { instance: snow.url, username: "rhythmx", password: "snow-password-1", enabled: "true" };
  const page = await admin.get(pages.servicenow);
  const held = await admin.fill(page, form, { ...account, close_code: "Fixed" });
  expect(held.status).toBe(422);
  expect(held.text).toContain("forms will ask for SOC (u_soc) by the dictionary");
  expect(held.text).toContain(
    "the instance refuses it without Root cause (u_cause) by the data policy u_cause is mandatory",
  );
  const tested = await admin.fill(page, form, { ...account, close_code: "Fixed", close_fields: '{"u_cause":"x"}' });
  expect([tested.status, tested.text]).toEqual([422, expect.stringContaining("It was not enabled")]);
  expect(tested.text).toContain('Resolution code (close_code) has no choice "Fixed": Solution provided');
  expect(tested.text).toContain("parent incident (parent_incident) by the UI policy");

  const asked = await admin.fill(page, form, account, `/console${pages.servicenow}/fields`);
  expect(asked.text).toContain("Required and not filled: SOC.");
  const picks = {
    "pick.extra_fields.u_soc": "2",
    "pick.close_fields.u_cause": "Mail",
    "pick.close_fields.parent_incident": "INC1",
  };
  const pick = await admin.fill(
    asked,
    form,
    { ...picks, password: account.password },
    `/console${pages.servicenow}/pick`,
  );
  const fields = admin.fieldsOf(pick, form);
  expect([rowsIn(fields, "extra_fields"), rowsIn(fields, "close_fields")]).toEqual([
    { u_soc: "2" },
    { u_cause: "Mail", parent_incident: "INC1" },
  ]);
  expect((await admin.fill(pick, form, { password: account.password, all_the_same: "on" })).at).toBe(pages.servicenow);

  const api = await ApiClient.asUser(edge, "boss", "admin");
  Object.assign(snow.options, { unreadable: ["sys_dictionary"] });
  const { body } = await api.post("/api/settings/servicenow/fields", {});
  expect(body).toEqual({
    screens: [],
    unread: [{ what: "sys_dictionary", why: expect.stringContaining("User Not Authorized") }],
  });
  expect((await api.post("/api/settings/proactive/fields", {})).status).toBe(409);
});

test("what is picked and not put into the settings is put there by Save and by the test, and never dropped", async () => {
  const { edge, admin } = await started();
  const jira = await jiraFor(edge, {
    offered: [{ fieldId: "customfield_10011", name: "Effort", schema: { type: "number" } }],
  });
  const form = `/console${pages.jira}/save`;
  const given = filled(jira.url);
  const asked = await admin.fill(await admin.get(pages.jira), form, given, `/console${pages.jira}/fields`);
  const typed = { api_token: given.api_token, "pick.extra_fields.customfield_10011": "7" };
  for (const button of ["save", "test"]) {
    const answer = await admin.fill(asked, form, typed, `/console${pages.jira}/${button}`);
    expect([button, answer.status]).toEqual([button, 422]);
    expect(answer.text).toContain("Put into the settings above: Effort. Save, and it counts.");
    expect(rowsIn(admin.fieldsOf(answer, form), "extra_fields")).toEqual({ customfield_10011: 7 });
  }
  const byHand = { api_token: given.api_token, "hand.extra_fields.name": "customfield_10011" };
  const put = await admin.fill(asked, form, { ...byHand, "hand.extra_fields.value": "8" });
  expect(put.text).toContain("Put into the settings above: customfield_10011.");
  expect((await admin.fill(put, form, { api_token: given.api_token })).at).toBe(pages.jira);
  const api = await ApiClient.asUser(edge, "boss", "admin");
  expect((await api.get("/api/settings/jira")).body.fields.extra_fields.value).toBe('{"customfield_10011":8}');
});

test("fields are rows with a value each, texts and JSON; a whole object takes their place", async () => {
  const { edge, admin } = await started();
  const api = await ApiClient.asUser(edge, "boss", "admin");
  const form = `/console${pages.jira}/save`;
  const saved = async () => (await api.get("/api/settings/jira")).body.fields.extra_fields.value;
  const typed = {
    "extra_fields.0": "customfield_1",
    "extra_fields.0.value": `SOC ${hostileWords.markup}`,
    "extra_fields.1": "customfield_2",
    "extra_fields.1.value": '{"value": "North"}',
    "extra_fields.2": "customfield_3",
    "extra_fields.2.value": '"7"',
  };
  const first = await admin.fill(await admin.get(pages.jira), form, typed);
  expect(first.at).toBe(pages.jira);
  const object = { customfield_1: `SOC ${hostileWords.markup}`, customfield_2: { value: "North" }, customfield_3: "7" };
  expect(JSON.parse(await saved())).toEqual(object);
  expect(first.html).not.toContain(hostileWords.markup);
  // Shown as it was typed, and unchanged it is no change.
  expect(rowsIn(admin.fieldsOf(first, form), "extra_fields")).toEqual(object);
  expect((await admin.fill(first, form)).text).toContain("nothing was changed");
  // More digits than a number keeps are a text.
  const digits = { "extra_fields.3": "customfield_5", "extra_fields.3.value": "12345678901234567890" };
  const long = await admin.fill(first, form, digits);
  expect(JSON.parse(await saved()).customfield_5).toBe("12345678901234567890");
  expect((await admin.fill(long, form)).text).toContain("nothing was changed");
  const back = await admin.fill(long, form, { "extra_fields.3": "", "extra_fields.3.value": "" });
  // A row less, and a field in the place of another.
  const less = await admin.fill(back, form, {
    "extra_fields.0": "",
    "extra_fields.0.value": "",
    "extra_fields.2.value": "7",
  });
  expect(await saved()).toBe('{"customfield_2":{"value":"North"},"customfield_3":7}');
  for (const [wrong, words] of [
    [{ "extra_fields.2": "", "extra_fields.2.value": "x" }, "a row has a value, but no field"],
    [{ "extra_fields.2": "customfield_3", "extra_fields.2.value": "x" }, '"customfield_3" is there twice'],
  ] as const)
    expect((await admin.fill(less, form, wrong)).text).toContain(words);
  // As JSON; what is none stays in its place and is told.
  const none = await admin.fill(less, form, { extra_fields: "{customfield_4}" });
  expect([none.status, none.text]).toEqual([422, expect.stringContaining("a JSON object such as")]);
  expect(admin.fieldsOf(none, form).get("extra_fields")).toBe("{customfield_4}");
  const whole = await admin.fill(none, form, { extra_fields: '{"customfield_4": ["a"]}' });
  expect([whole.at, await saved()]).toEqual([pages.jira, '{"customfield_4": ["a"]}']);
  expect(rowsIn(admin.fieldsOf(whole, form), "extra_fields")).toEqual({ customfield_4: ["a"] });
  await admin.fill(whole, form, { "extra_fields.0": "", "extra_fields.0.value": "" });
  expect(await saved()).toBe("");
});

test("the certificates that a system shows are told, also where its authority is not trusted", async () => {
  const { edge, admin } = await started();
  const server = createServer(serverPair("server"), (_, response) => response.writeHead(404).end("{}"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUp.push(() => new Promise((resolve) => server.close(resolve)));
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  const page = await admin.get(pages.jira);
  const form = `/console${pages.jira}/save`;
  const tested = await admin.fill(page, form, filled(url), `/console${pages.jira}/test`);
  expect(tested.text).toContain("TLS handshake");
  expect(tested.text).toContain("Its certificate");
  expect(tested.text).toContain("is signed by an authority that is not trusted here");
  // A file that is no text comes as a browser reads it into the field.
  const binary = { ...filled(url), ca_file: new TextDecoder().decode(new X509Certificate(pem("ca.pem")).raw) };
  const checked = await admin.fill(page, form, binary, `/console${pages.jira}/check`);
  expect(checked.text).toContain("the text of certificates in PEM without a private key");
  const api = await ApiClient.asUser(edge, "boss", "admin");
  const ca_file = pem("ca.pem").toString();
  const { body } = await api.post("/api/settings/jira/test", { ...filled(url), enabled: true, ca_file });
  const [chain, reach] = body.steps;
  expect([chain.name, chain.certificates.length > 0, reach.detail]).toEqual([
    "TLS handshake",
    true,
    expect.not.stringContaining("not trusted"),
  ]);
});

test("the certificates are told through a proxy too, and directly where it does not count", async () => {
  const { edge } = await started();
  const api = await ApiClient.asUser(edge, "boss", "admin");
  const front = await TlsFront.started("server", 1);
  const proxy = await ConnectProxy.started(front.port);
  const { url } = proxy;
  const test = async (more: object = {}) => {
    const { body } = await api.post("/api/settings/jira/test", { ...filled("https://jira.example"), ...more });
    return body.steps[0] as { name: string; detail: string; certificates?: { subject: string }[] };
  };
  const shown = await test({ proxy: url });
  expect([shown.name, shown.certificates?.length ?? 0]).toEqual(["TLS handshake", expect.any(Number)]);
  expect(shown.certificates?.[0]?.subject).toMatch(/\w/);
  expect(shown.detail).toContain(`, through ${new URL(url).host}; its certificate holds until`);
  // The chain and the test of the connection itself.
  expect(proxy.asked.filter((one) => one === "jira.example:443").length).toBeGreaterThan(1);
  await api.send("PUT", "/api/settings/network", { no_proxy: "jira.example" });
  proxy.asked.splice(0);
  expect((await test({ proxy: url })).name).not.toBe("TLS handshake");
  expect(proxy.asked).toEqual([]);
  await api.send("PUT", "/api/settings/network", { no_proxy: null });
  // One that refuses: the test says so, and nothing hangs.
  front.stop();
  proxy.stop();
  expect((await test({ proxy: url })).name).not.toBe("TLS handshake");
});
