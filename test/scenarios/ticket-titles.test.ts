/** A ticket's title says level, what happened, where and who; it follows the level unless a person has changed it. */

import { afterEach, describe, expect, test } from "bun:test";
import { dayMs } from "../../core/time.ts";
import { until } from "../harness/appliance.ts";
import { changeDatabase, queryDatabase } from "../harness/database-file.ts";
import {
  cleanUp,
  cleanUpScenes,
  critical,
  deliveries,
  detail,
  login,
  scene,
  settled,
  turn,
} from "../harness/ticket-scene.ts";
import type { JiraOptions } from "../standins/jira-model.ts";
import { ProactiveStandIn } from "../standins/proactive.ts";
import type { ServiceNowOptions } from "../standins/servicenow-model.ts";

afterEach(cleanUpScenes);

const segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });
const medium = (fields: object = {}) =>
  critical("jsmith", { level: "medium", rule_id: "m1", rule_title: "LSASS Access From Non System Account", ...fields });

/** An incident of a single detection of level medium, promoted by hand, with a ticket in these systems. */
async function promoted(
  systems: readonly string[],
  options: { jira?: JiraOptions; snow?: ServiceNowOptions } = {},
  env: Record<string, string> = {},
) {
  const it = await scene({ AUTO_PUSH_ENABLED: "false", ...env }, options);
  await it.appliance.ingest([medium({ tags: ["attack.credential-access", "attack.t1003.001"] })]);
  const request = { entity: "Primary Site", actor: "jsmith", reason: "asked for by the help desk" };
  const id: string = (await it.admin.post("/api/incidents", request)).body.incident_id;
  for (const system of systems) await it.admin.post(`/api/incidents/${id}/tickets`, { system });
  await settled(it);
  return { ...it, id };
}
type Promoted = Awaited<ReturnType<typeof promoted>>;

const tactics = ["credential-access", "lateral-movement", "persistence", "discovery", "impact", "collection"];
let ingested = 0;
/** Detections of more and more rules until the incident has another level, or this one; returns that. */
async function raised(it: Promoted, wanted?: string, retryMs = 0): Promise<string> {
  const { risk_level: before } = await detail(it);
  for (let n = 0; n < 60; n++) {
    const { risk_level: level } = await detail(it);
    if (wanted === undefined ? level !== before : level === wanted) break;
    const at = ingested++;
    const level0 = wanted === "critical" || n > 4 ? "critical" : "high";
    const timestamp = new Date(it.appliance.clock.now() - 1000).toISOString();
    const tags = [`attack.${tactics[at % tactics.length]}`, `attack.t1${100 + (at % 800)}`];
    const fields = {
      level: level0,
      rule_id: `more-${at}`,
      rule_title: `More of it ${at}`,
      host: `WS-${n}`,
      tags,
      timestamp,
    };
    await it.appliance.ingest([critical("jsmith", fields)]);
  }
  await turn(it, 3_000);
  if (retryMs > 0) await turn(it, retryMs);
  await settled(it);
  return (await detail(it)).risk_level;
}
const levelOf = (title: unknown) => /^[A-Z]+(?=: )/.exec(String(title))?.[0]?.toLowerCase() ?? "";
const flag = (it: Promoted) => queryDatabase(it.appliance, "select sum(title_theirs) as n from tickets").n;

describe("the opening", () => {
  const sure = async (fields: object) => {
    const it = await scene({ AUTO_PUSH_ENABLED: "false" });
    await it.appliance.ingest([critical("jsmith", fields)]);
    const [{ incident_id: id }] = (await it.admin.get("/api/incidents")).body.incidents;
    const { body } = await it.admin.post(`/api/incidents/${id}/tickets/preview`, { system: "servicenow" });
    return /^Sure: .*$/m.exec(body.payload.description)?.[0];
  };

  test("says what the risk rests on as the end of a sentence", async () => {
    const copied = { rule_id: "n1", rule_title: "NTDS Exfiltration Filename Patterns", tags: ["attack.t1003.003"] };
    expect(await sure(copied)).toEndWith(
      "risk 93 of 100, as the rule reports a copy of the Active Directory database (NTDS.dit)",
    );
    const unknown = { rule_id: "c1", rule_title: "Something of which nobody has heard", tags: [] };
    expect(await sure(unknown)).toEndWith("risk 76 of 100, because of a critical rule");
  });
});

describe("a title", () => {
  test("says level, what happened, where and who, and follows each level that is pushed, in both systems", async () => {
    const it = await promoted(["jira", "servicenow"]);
    const [issue, row] = [it.jira.issues[0], it.snow.rows[0]];
    const { risk_level: level } = await detail(it);
    const first = `${level.toUpperCase()}: LSASS memory read on ws-101 by jsmith`;
    expect([issue?.fields.summary, row?.short_description]).toEqual([first, first]);
    const second = await raised(it);
    expect(second).not.toBe(level);
    expect([levelOf(issue?.fields.summary), levelOf(row?.short_description)]).toEqual([second, second]);
    expect(issue?.fields.summary).toEndWith("by jsmith");
    expect(await raised(it, "critical")).toBe("critical");
    expect([levelOf(issue?.fields.summary), levelOf(row?.short_description)]).toEqual(["critical", "critical"]);
    expect(flag(it)).toBe(0);
    // The same words lead list and detail.
    const heading = String(issue?.fields.summary).replace(/^CRITICAL: /, "");
    const { incidents } = (await (await login(it)).get("/api/incidents")).body;
    expect([incidents[0].headline, (await detail(it)).headline]).toEqual([heading, heading]);
  });

  test("that a person has changed is left alone for good, also where the person takes back our own; the level is still told", async () => {
    const it = await promoted(["jira", "servicenow"]);
    const [issue, row] = [it.jira.issues[0], it.snow.rows[0]];
    if (issue === undefined || row === undefined) throw new Error("no tickets");
    const ours = issue.fields.summary;
    issue.fields.summary = "Jane looks into it";
    it.snow.change(row.number ?? "", { short_description: "Jane looks into it" });
    const second = await raised(it);
    expect([issue.fields.summary, row.short_description]).toEqual(["Jane looks into it", "Jane looks into it"]);
    expect(issue.fields.labels).toContain(`risk-${second}`);
    expect(flag(it)).toBe(2);
    const said = (await deliveries(it)).filter(({ kind }: { kind: string }) => kind === "priority");
    for (const { detail: words } of said) expect(words).toContain("somebody has changed the title");
    issue.fields.summary = ours;
    expect(await raised(it, "critical")).toBe("critical");
    expect(issue.fields.summary).toBe(ours);
    expect(row.short_description).toBe("Jane looks into it");
  });

  test("that was written by a request whose answer was lost is ours, and goes on following", async () => {
    const it = await promoted(["servicenow", "jira"]);
    const [issue, row] = [it.jira.issues[0], it.snow.rows[0]];
    let lost = 0;
    it.snow.faults = ({ method }) => (method === "PATCH" && lost++ === 0 ? { when: "after", what: "reset" } : null);
    let lostToo = 0;
    it.jira.faults = ({ method, path }) =>
      method === "PUT" && /issue\/[^/]+$/.test(path) && lostToo++ === 0
        ? { when: "after", what: { status: 503 } }
        : null;
    const second = await raised(it, undefined, 10 * 60_000);
    expect([lost > 1, lostToo > 1]).toEqual([true, true]);
    expect([levelOf(row?.short_description), levelOf(issue?.fields.summary)]).toEqual([second, second]);
    expect(flag(it)).toBe(0);
    expect(await raised(it, "critical")).toBe("critical");
    expect([levelOf(row?.short_description), levelOf(issue?.fields.summary)]).toEqual(["critical", "critical"]);
  });

  test("that is asked for again and again while a system is down is remembered once", async () => {
    const it = await promoted(["jira"]);
    let asked = 0;
    it.jira.faults = ({ method, path }) => {
      if (method !== "PUT" || !/issue\/[^/]+$/.test(path)) return null;
      asked++;
      return { when: "before", what: { status: 503 } };
    };
    await it.appliance.ingest([critical("jsmith", { rule_id: "more", tags: ["attack.t1003.001"] })]);
    await until(async () => {
      await turn(it, 30 * 60_000);
      return asked > 3;
    });
    it.jira.faults = () => null;
    const titles = queryDatabase(it.appliance, "select json_array_length(asked_titles) as n from tickets").n;
    expect(titles).toBe(1);
  });

  test("that a system does not let us change stays, and the level is told all the same", async () => {
    const it = await promoted(["jira", "servicenow"], { jira: { titleEditable: false } });
    const [issue, row] = [it.jira.issues[0], it.snow.rows[0]];
    const before = issue?.fields.summary;
    it.snow.options.readOnly = ["short_description"];
    const second = await raised(it);
    expect([issue?.fields.summary, row?.short_description]).toEqual([before, before]);
    expect(issue?.fields.labels).toContain(`risk-${second}`);
    const said = (await deliveries(it)).filter(({ kind }: { kind: string }) => kind === "priority");
    expect(said.map(({ state }: { state: string }) => state)).toEqual(["confirmed", "confirmed"]);
    const words = said.map(({ detail: one }: { detail: string }) => one).join("\n");
    expect(words).toContain("the summary is not on the screen for editing");
    expect(words).toContain("the title was not kept");
    // Once it lets us, the title follows again.
    it.snow.options.readOnly = [];
    it.jira.options.titleEditable = true;
    expect(await raised(it, "critical")).toBe("critical");
    expect([levelOf(issue?.fields.summary), levelOf(row?.short_description)]).toEqual(["critical", "critical"]);
  });

  test("that an instance changes when the ticket is made is still ours", async () => {
    const it = await promoted([], {});
    const answered = it.snow;
    await it.admin.post(`/api/incidents/${it.id}/tickets`, { system: "servicenow" });
    await until(() => answered.rows.length === 1);
    await settled(it);
    expect(queryDatabase(it.appliance, "select told_title as t from tickets").t).toBe(
      answered.rows[0]?.short_description ?? "",
    );
  });

  test("that a person gave a refused request by hand is the person's", async () => {
    const required = [{ fieldId: "customfield_10010", name: "Team" }];
    const it = await promoted(["jira"], { jira: { required } });
    const [parked] = (await deliveries(it)).filter(({ state }: { state: string }) => state === "parked");
    const fields = { customfield_10010: { value: "SOC" }, summary: "Named by hand" };
    await (await login(it)).post(`/api/deliveries/${parked.id}/retry`, { fields });
    await until(() => it.jira.issues.length === 1);
    await settled(it);
    await raised(it);
    expect(it.jira.issues[0]?.fields.summary).toBe("Named by hand");
  });

  test("of a ticket from before titles were remembered is known by the request that made it", async () => {
    const it = await promoted(["jira"]);
    await it.appliance.stop();
    changeDatabase(it.appliance, [["update tickets set told_title = null", []]]);
    const again = { ...it, appliance: await it.appliance.restarted() };
    cleanUp.push(() => again.appliance.stop());
    again.admin = await login(again);
    const second = await raised(again);
    expect(levelOf(it.jira.issues[0]?.fields.summary)).toBe(second);
  });
});

describe("limits and hostile text", () => {
  test("one line, within each system's limit, whole characters, nothing that turns or hides text", async () => {
    const family = "👩‍👩‍👧‍👦";
    const it = await scene();
    const rule_title = `Evil\r\nX-Header: 1\u202e\u2066 [code]<b>${family.repeat(60)}`;
    await it.appliance.ingest([critical("jsmith", { rule_title, host: "WS-101" })]);
    await until(() => it.jira.issues.length === 1 && it.snow.rows.length === 1);
    const titles: [string, number][] = [
      [it.jira.issues[0]?.fields.summary ?? "", 255],
      [it.snow.rows[0]?.short_description ?? "", 160],
    ];
    for (const [title, longest] of titles) {
      expect(title.length).toBeLessThanOrEqual(longest);
      expect(title).not.toMatch(/[\r\n\u2028\u2029\u202e\u2066]/);
      expect(title).toMatch(/^[A-Z]+: Evil X-Header: 1 .* on ws-101 by jsmith$/);
      const emoji = [...segmenter.segment(title)]
        .map(({ segment }) => segment)
        .filter((one) => /[^\p{ASCII}…]/u.test(one));
      expect(new Set(emoji)).toEqual(new Set([family]));
    }
    expect(titles[1]?.[0]).not.toContain("[code]");
  });

  for (const deployment of ["Cloud", "Server"] as const)
    test(`Jira ${deployment} that finds a description too long gets a shorter one, with every section`, async () => {
      const jira = {
        longestText: 9_000,
        deployment,
        ...(deployment === "Server" ? { credentials: "pat-123456" } : {}),
      };
      const it = await scene({ AUTO_PUSH_SYSTEMS: "jira" }, { jira });
      const rules = Array.from({ length: 60 }, (_, n) =>
        critical("jsmith", {
          rule_id: `r-${n}`,
          rule_title: `Rule number ${n}`,
          raw: { EventID: 1, Image: "C:\\x.exe", CommandLine: `x.exe ${"argument ".repeat(20)}${n}` },
        }),
      );
      await it.appliance.ingest(rules);
      await until(() => it.jira.issues.length === 1);
      const text = JSON.stringify(it.jira.issues[0]?.fields.description);
      for (const title of ["What Happened", "SLA Status", "Alert Rules", "Sample Events per Rule", "RhythmX"])
        expect([title, text.includes(title)]).toEqual([title, true]);
      expect(text).toContain("and 55 more: see the incident");
    });

  test("names of any length leave room for what happened", async () => {
    const it = await scene();
    await it.appliance.ingest([critical("u".repeat(300), { host: "h".repeat(300), rule_title: "Mimikatz Execution" })]);
    await until(() => it.jira.issues.length === 1 && it.snow.rows.length === 1);
    for (const title of [it.jira.issues[0]?.fields.summary ?? "", it.snow.rows[0]?.short_description ?? ""])
      expect(title).toMatch(/^[A-Z]+: Mimikatz used on h{5,}…? by u{5,}…?/);
  });
});

describe("a Proactive Case", () => {
  for (const showsTitle of [true, false])
    test(`follows its level where the API ${showsTitle ? "shows" : "does not show"} the title`, async () => {
      const api = await new ProactiveStandIn({ showsTitle }).start();
      cleanUp.push(() => api.stop());
      const env = {
        TICKET_INTEGRATION: "proactive",
        PROACTIVE_SNOW_BASE_URL: `${api.url}/api`,
        PROACTIVE_SNOW_APP_ID: "app-1",
        PROACTIVE_SNOW_SECRET: "proactive-secret-1",
        PROACTIVE_SNOW_SERVICE_IDENTIFIER: "ACME-EDGE",
      };
      const it = await promoted(["proactive"], {}, env);
      const [made] = api.cases;
      if (made === undefined) throw new Error("no case");
      expect(made.shortDescription).toEndWith(": LSASS memory read on ws-101 by jsmith");
      const second = await raised(it);
      expect(levelOf(made.shortDescription)).toBe(second);
      if (!showsTitle) return;
      made.shortDescription = "Jane looks into it";
      await raised(it, "critical");
      it.appliance.clock.skip(2 * dayMs);
      await turn(it, 70_000);
      await settled(it);
      expect(made.shortDescription).toBe("Jane looks into it");
    });
});
