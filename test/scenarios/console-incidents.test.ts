/** The list of incidents by HTTP: views, filters, order, what people change of several at once, and who may. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance } from "../harness/appliance.ts";
import { ConsoleClient, type ConsolePage } from "../harness/console-client.ts";

const nasty = `"><script>alert(1)</script>'`;
let appliance: TestAppliance;
let admin: ApiClient;
let console: ConsoleClient;
/** By actor. */
const ids = new Map<string, string>();

const levels = { critical: "LSASS Memory Dump Via Comsvcs", high: "Suspicious Logon" } as const;

function evidence(user: string, level: keyof typeof levels, fields: Record<string, unknown> = {}) {
  const one = (n: number) =>
    detection({
      user,
      level,
      rule_title: n === 0 ? levels[level] : `${levels[level]} ${n}`,
      rule_id: `${level}-${n}`,
      host: `host-${user}`,
      timestamp: new Date(appliance.clock.now() - 60_000 - n * 1000).toISOString(),
      tags: ["attack.credential_access", "attack.t1003.001"],
      ...fields,
    });
  return level === "critical" ? [one(0)] : [0, 1, 2, 3].map(one);
}

beforeAll(async () => {
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  await appliance.ingest([
    ...evidence("anna", "critical", { entity: "North" }),
    ...evidence("bert", "critical", { entity: "North" }),
    ...evidence("carl", "high", { entity: "South", tags: [] }),
    ...evidence("dora", "critical", { entity: "South" }),
  ]);
  admin = await ApiClient.loggedIn(appliance, "admin");
  await ApiClient.asUser(appliance, "vera", "viewer");
  await ApiClient.asUser(appliance, "nora", "analyst", ["North"]);
  console = await ConsoleClient.signedIn(appliance, "admin");
  for (const row of (await admin.get("/api/incidents")).body.incidents) ids.set(row.group_key, row.incident_id);
  expect([...ids.keys()].sort()).toEqual(["anna", "bert", "carl", "dora"]);
  await admin.patch(`/api/incidents/${id("anna")}`, { assigned_analyst: "admin" });
});
afterAll(() => appliance.dispose());

function id(actor: string): string {
  return ids.get(actor) ?? `no incident of ${actor}`;
}

/** Whose incidents the list shows, in order. */
function shown({ html }: ConsolePage): string[] {
  const names = new Map([...ids].map(([actor, one]) => [one, actor]));
  return [...html.matchAll(/<tr id="(INC-[0-9a-f]{8})"/g)].map(([, one = ""]) => names.get(one) ?? one);
}

async function list(query: string, client = console): Promise<string[]> {
  return shown(await client.get(`/incidents${query}`)).sort();
}

/** Numbers beside the names of views. */
function counts({ html }: ConsolePage): Record<string, number> {
  const tabs = /<nav class="tabs"[\s\S]*?<\/nav>/.exec(html)?.[0] ?? "";
  return Object.fromEntries(
    [...tabs.matchAll(/>([^<>]+)<span class="n">(\d+)</g)].map(([, name = "", n]) => [name, Number(n)]),
  );
}

/** Sends a form of the list with these boxes ticked. */
async function send(client: ConsoleClient, action: string, fields: Record<string, string | readonly string[]>) {
  const { html } = await client.get("/account");
  const body = new URLSearchParams({ form_token: /name="form_token" value="([^"]+)"/.exec(html)?.[1] ?? "" });
  for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) body.append(name, one);
  return client.post(`/console/incidents/${action}`, body);
}

const rowOf = async (actor: string) => (await admin.get(`/api/incidents/${id(actor)}`)).body;

describe("what is shown", () => {
  test("rows lead with what happened, and say who, where, what is due and whose it is", async () => {
    const page = await console.get("/incidents");
    expect(page.text).toContain(`LSASS memory dumped on host-anna by anna`);
    expect(page.text).toContain(`anna · North · ${id("anna")}`);
    expect(page.text).toContain("4 h 00 left");
    expect(page.html).toContain(`href="/incidents/${id("anna")}"`);
  });

  test("each view has its rows and its number", async () => {
    const page = await console.get("/incidents");
    const expected = { Mine: 1, Unassigned: 3, Open: 4, "Critical and high": 4, Breached: 0, Finished: 0, All: 4 };
    const levelOf = async (actor: string) => (await admin.get(`/api/incidents/${id(actor)}`)).body.risk_level;
    const severe = await Promise.all([...ids.keys()].map(levelOf));
    expected["Critical and high"] = severe.filter((level) => level === "critical" || level === "high").length;
    expect(counts(page)).toEqual(expected);
    expect(await list("?view=mine")).toEqual(["anna"]);
    expect(await list("?view=unassigned")).toEqual(["bert", "carl", "dora"]);
    expect(await list("?view=severe")).toHaveLength(expected["Critical and high"]);
    expect(await list("?view=breached")).toEqual([]);
    expect(await list("?view=finished")).toEqual([]);
    expect(await list("?view=all")).toEqual(["anna", "bert", "carl", "dora"]);
    expect(counts(await console.get("/incidents?entity=North"))).toMatchObject({ Open: 2, Unassigned: 1, All: 2 });
  });

  test("each filter narrows, alone and with others; what means nothing is left out", async () => {
    const critical = ["anna", "bert", "dora"];
    for (const [query, expected] of [
      ["?level=critical", critical],
      ["?level=critical&owner=none", ["bert", "dora"]],
      ["?owner=me", ["anna"]],
      ["?owner=admin", ["anna"]],
      ["?owner=nora", []],
      ["?entity=north", ["anna", "bert"]],
      ["?entity=South&level=critical", ["dora"]],
      ["?status=OPEN", ["anna", "bert", "carl", "dora"]],
      ["?status=CLOSED", []],
      ["?ticket=none", ["anna", "bert", "carl", "dora"]],
      ["?ticket=has", []],
      ["?sla=on_track", ["anna", "bert", "carl", "dora"]],
      ["?sla=breached", []],
      ["?campaign=CMP-00000000", []],
      ["?q=lsass", critical],
      ["?q=host-be", ["bert"]],
      [`?q=${id("carl")}`, ["carl"]],
      ["?q=nothing+of+the+kind", []],
      ["?view=mine&owner=none", ["bert", "carl", "dora"]],
      ["?level=terrible&sort=up&dir=sideways&page=-3&view=nowhere&sla=%00", ["anna", "bert", "carl", "dora"]],
    ] as const)
      expect([query, await list(query)]).toEqual([query, [...expected]]);
  });

  test("the order is that of the address", async () => {
    const risks = async (query: string) => {
      const { html } = await console.get(`/incidents${query}`);
      return [...html.matchAll(/class="score"><span>(\d+)</g)].map(([, score]) => Number(score));
    };
    const up = await risks("?dir=asc");
    expect(up).toEqual([...up].sort((a, b) => a - b));
    expect(await risks("")).toEqual([...up].reverse());
    const newest = shown(await console.get("/incidents?sort=newest"));
    expect(shown(await console.get("/incidents?sort=newest&dir=asc"))).toEqual([...newest].reverse());
    expect(shown(await console.get("/incidents?sort=due")).at(-1)).toBe("carl");
  });

  test("columns that somebody leaves out stay out", async () => {
    const client = await ConsoleClient.signedIn(appliance, "vera");
    const before = await client.get("/incidents?view=all");
    expect(before.text).toContain("Service level");
    const after = await client.submit(before, "/console/incidents/columns", { column: "ticket" });
    expect(after.at).toBe("/incidents?view=all");
    const heads = /<thead>[\s\S]*?<\/thead>/.exec(after.html)?.[0] ?? "";
    expect(heads).toContain("Ticket");
    expect(heads).not.toContain("Service level");
  });

  test("people see their entities alone, in rows, numbers, choices and searches", async () => {
    const nora = await ConsoleClient.signedIn(appliance, "nora");
    const page = await nora.get("/incidents?view=all");
    expect(shown(page).sort()).toEqual(["anna", "bert"]);
    expect(counts(page)).toMatchObject({ Open: 2, All: 2, Unassigned: 1 });
    expect(page.text).not.toContain("South");
    for (const query of ["?entity=South", "?q=dora", `?q=${id("dora")}`]) expect(await list(query, nora)).toEqual([]);
    expect(counts(await nora.get("/incidents?entity=South"))).toMatchObject({ Open: 0, All: 0 });
    const search = await nora.get("/search?q=lsass");
    expect(search.text).toContain("anna");
    expect(search.text).not.toMatch(/dora|South/);
  });
});

describe("what is found everywhere", () => {
  test("what is named by its id is opened", async () => {
    for (const [text, to] of [
      [id("anna").toLowerCase(), `/incidents/${id("anna")}`],
      ["case-0123abcd", "/cases/CASE-0123abcd"],
      ["CMP-0123ABCD", "/campaigns/CMP-0123abcd"],
      ["0123456789ABCDEF", "/alerts/0123456789abcdef"],
    ] as const)
      expect((await console.get(`/search?q=${text}`)).at).toBe(to);
  });

  test("words lead to a few of each kind and links to all of them", async () => {
    const page = await console.get("/search?q=host-d");
    expect(page.text).toContain("LSASS memory dumped on host-dora by dora");
    expect(page.html).toContain('href="/incidents?view=all&amp;q=host-d"');
    expect(page.html).toContain('href="/alerts?host=host-dora"');
    expect(page.html).toContain('href="/alerts?q=host-d"');
    expect((await console.get("/search?q=zebra")).text).toContain("Nothing is found.");
    expect((await console.get("/search")).text).toContain("What are you looking for?");
  });
});

test("hostile names are text, and so is what the address says", async () => {
  await appliance.ingest(
    evidence(nasty, "critical", { entity: nasty, host: nasty, rule_title: `LSASS Dump ${nasty}` }),
  );
  const query = encodeURIComponent(nasty);
  for (const path of [
    "/incidents",
    `/incidents?q=${query}&owner=${query}&entity=${query}&campaign=${query}&view=${query}&sort=${query}`,
    `/search?q=${query}`,
    "/search?q=script",
    `/incidents/new?actor=${query}&entity=${query}`,
  ]) {
    const { html, status } = await console.get(path);
    expect([path, status]).toEqual([path, 200]);
    expect(html).not.toContain("<script>alert");
  }
  expect((await console.get("/search?q=script")).text).toContain(nasty);
  const [row] = (await admin.get(`/api/incidents?entity=${query}`)).body.incidents;
  const choice = await send(console, "exception", { id: [row.incident_id, id("anna")] });
  expect(choice.text).toContain(nasty.toLowerCase());
  expect(choice.html).not.toContain("<script>alert");
  await admin.patch(`/api/incidents/${row.incident_id}/status`, { status: "CLOSED" });
});

describe("several at once", () => {
  const to = "/incidents?view=all&sort=newest";

  test("assigned to me and to others, back on the same list, with a word of what was done", async () => {
    const mine = await send(console, "change", { do: "mine", id: [id("anna"), id("bert")], to });
    expect([mine.status, mine.at]).toEqual([200, to]);
    expect(mine.text).toContain("2 incidents are yours.");
    expect((await rowOf("bert")).assigned_analyst).toBe("admin");
    const hers = await send(console, "change", { do: "assign", owner: "nora", id: id("bert"), to });
    expect(hers.text).toContain(`${id("bert")} is assigned to nora.`);
    const nobody = await send(console, "change", { do: "assign", owner: "", id: [id("anna"), id("bert")], to });
    expect(nobody.text).toContain("2 incidents are without an owner.");
    expect((await rowOf("bert")).assigned_analyst).toBeNull();
  });

  test("who cannot work on an incident's entity does not get it, and which was refused is told", async () => {
    const page = await send(console, "change", { do: "assign", owner: "nora", id: [id("anna"), id("dora")], to });
    expect(page.text).toContain(`${id("anna")} is assigned to nora.`);
    expect(page.text).toContain(`${id("dora")} Nora cannot work on incidents of South.`);
    expect((await rowOf("dora")).assigned_analyst).toBeNull();
    for (const owner of ["vera", "nobody-of-that-name", nasty]) {
      const refused = await send(console, "change", { do: "assign", owner, id: id("dora"), to });
      expect(refused.status).toBe(400);
      expect(refused.html).not.toContain("<script>alert");
    }
    expect((await rowOf("dora")).assigned_analyst).toBeNull();
  });

  test("what somebody else has taken or decided since the list was shown is left as it is, and told", async () => {
    const { html } = await console.get("/incidents");
    const seen = [...html.matchAll(/name="seen" value="([^"]+)"/g)].map(([, text = ""]) => text);
    expect(seen).toContain(`${id("dora")} OPEN `);
    const api = `/api/incidents/${id("dora")}`;
    await admin.patch(api, { assigned_analyst: "somebody.else" });
    await admin.patch(`${api}/status`, { status: "IN_PROGRESS" });
    const page = await send(console, "change", { do: "mine", id: [id("dora"), id("bert")], seen, to });
    expect(page.text).toContain(`${id("dora")} Meanwhile somebody has set the owner to somebody.else`);
    expect([(await rowOf("dora")).assigned_analyst, (await rowOf("bert")).assigned_analyst]).toEqual([
      "somebody.else",
      "admin",
    ]);
    const closing = await send(console, "change", { do: "status", status: "CLOSED", id: id("dora"), seen, to });
    expect([closing.status, closing.text]).toEqual([
      400,
      expect.stringContaining("Meanwhile somebody has set the status to In progress"),
    ]);
    // What they want is what it is.
    const same = { do: "status", status: "IN_PROGRESS", id: id("dora"), seen, to };
    expect((await send(console, "change", same)).status).toBe(200);
    await admin.patch(`${api}/status`, { status: "OPEN" });
    for (const actor of ["dora", "bert"]) await admin.patch(`/api/incidents/${id(actor)}`, { assigned_analyst: null });
  });

  test("what is foreign, unknown or gone is told for each, and holds up no other", async () => {
    const nora = await ConsoleClient.signedIn(appliance, "nora");
    const ask = { do: "status", status: "IN_PROGRESS", notes: "Looked at", to };
    const page = await send(nora, "change", { ...ask, id: [id("carl"), id("anna"), "INC-00000000", nasty] });
    expect(page.text).toContain(`${id("anna")} is in progress.`);
    for (const one of [id("carl"), "INC-00000000"]) expect(page.text).toContain(`${one} There is no incident ${one}.`);
    expect(page.html).toContain(`href="${to.replace("&", "&amp;")}"`);
    expect(await rowOf("anna")).toMatchObject({ status: "IN_PROGRESS", investigation_notes: "Looked at" });
    expect((await rowOf("carl")).status).toBe("OPEN");
    expect((await send(nora, "change", { ...ask, id: [] })).text).toContain("Select at least one incident");
    expect((await send(nora, "change", { ...ask, id: id("anna"), status: "GONE" })).status).toBe(400);
  });

  test("exceptions from the selected ones: actors and rules to choose from, kept within one's entities", async () => {
    const alone = await send(console, "exception", { id: [id("anna"), "INC-00000000"], to });
    expect(alone.at).toBe(`/incidents/${id("anna")}/exception`);
    const choice = await send(console, "exception", { id: [id("anna"), id("bert")], to });
    expect(choice.text).toContain(
      "LSASS Memory Dump Via Comsvcs North · critical-0 · 2 detections in 2 of the selected",
    );
    const scope = [
      JSON.stringify({ entity: "North", rule: "", actor: "anna" }),
      JSON.stringify({ entity: "North", rule: "critical-0", actor: "" }),
    ];
    const fields = { reason: "Red team", days: "30", to };
    const made = await send(console, "exceptions", { ...fields, scope });
    expect([made.at, made.status]).toEqual([to, 200]);
    expect(made.text).toContain("2 exceptions hold");
    const once = /name="once" value="([^"]+)"/.exec(choice.html)?.[1] ?? "";
    const twice = { ...fields, reason: "Pressed twice", once, scope };
    await Promise.all([send(console, "exceptions", twice), send(console, "exceptions", twice)]);
    const all = (await admin.get("/api/exceptions")).body.exceptions as { reason: string }[];
    expect(all.filter(({ reason }) => reason === "Pressed twice")).toHaveLength(2);
    const { exceptions } = (await admin.get("/api/exceptions")).body;
    expect(exceptions).toContainEqual(expect.objectContaining({ actor: "anna", rule: null, entity_name: "North" }));
    expect(exceptions).toContainEqual(expect.objectContaining({ rule: "critical-0", reason: "Red team" }));
    const nora = await ConsoleClient.signedIn(appliance, "nora");
    const foreign = JSON.stringify({ entity: "South", rule: "", actor: "carl" });
    const refused = await send(nora, "exceptions", { ...fields, scope: [foreign] });
    expect(refused.text).toContain("Not all exceptions were made");
    for (const broken of ["{}", "[", nasty])
      expect((await send(nora, "exceptions", { ...fields, scope: broken })).status).toBe(400);
    expect((await admin.get("/api/exceptions")).body.exceptions).toHaveLength(exceptions.length);
  });

  test("a viewer is offered none of it", async () => {
    const { html } = await (await ConsoleClient.signedIn(appliance, "vera")).get("/incidents");
    expect(html).not.toMatch(/console\/incidents\/change|incidents\/new|name="id"/);
  });
});

test("an incident by hand, with its reason; refused where one is open or nothing is known", async () => {
  await appliance.ingest(evidence("erik", "high", { entity: "North", tags: [] }).slice(0, 1));
  const nora = await ConsoleClient.signedIn(appliance, "nora");
  const form = await nora.get("/incidents/new");
  expect(form.text).not.toContain("South");
  const ask = (fields: Record<string, string>) => nora.submit(form, "/console/incidents/new", fields);
  const made = await ask({ entity: "North", actor: "ERIK", reason: "Seen on a phishing list" });
  expect(made.at).toMatch(/INC-/);
  const [, one = ""] = /^\/incidents\/(INC-[0-9a-f]{8})$/.exec(made.at) ?? [];
  const { history } = (await admin.get(`/api/incidents/${one}`)).body;
  expect(JSON.stringify(history)).toContain("Seen on a phishing list");
  for (const [fields, status] of [
    [{ entity: "North", actor: "erik", reason: "Again" }, 409],
    [{ entity: "South", actor: "carl", reason: "Not mine" }, 404],
    [{ entity: "North", actor: "nobody", reason: "A guess" }, 404],
    [{ entity: "North", actor: "erik", reason: " " }, 400],
  ] as const)
    expect((await ask(fields)).status).toBe(status);
});
