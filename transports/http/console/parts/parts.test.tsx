/** @jsxImportSource hono/jsx */
/** Every part with hostile text: it comes out as text, and nothing that the policy forbids comes with it. */
import { describe, expect, test } from "bun:test";
import type { Child } from "hono/jsx";
import { Step, Steps, Tries } from "./attempts.tsx";
import { Chain, MiniChain } from "./charts/chain.tsx";
import { HourChart, LevelLegend, Spark } from "./charts/chart.tsx";
import { Gauge } from "./charts/gauge.tsx";
import { Timeline } from "./charts/timeline.tsx";
import { Dialog } from "./dialog.tsx";
import { Field, Pin, Select } from "./field.tsx";
import { Form } from "./form.tsx";
import { Person, Who } from "./person.tsx";
import { Bar, levelOf, percent, Sev, words } from "./severity.tsx";
import { State, Status } from "./state.tsx";
import { PageFoot, SortHead, Views, withParameters } from "./table.tsx";
import { dayStart, isZone, lengthOf, longStamp, stamp, Time } from "./time.tsx";
import { ViewingContext } from "./viewing.ts";
import { Empty, Loading, Notice, Outside, Panel, safeAddress } from "./words.tsx";

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>' style="x" \u202e`;
const now = Date.parse("2026-03-29T12:00:00Z");
const viewing = {
  now,
  zone: "Europe/Berlin",
  people: new Map([["m.keller", "Maria Keller"]]),
  formToken: "token",
  user: "m.keller",
};

async function rendered(child: Child, given = viewing): Promise<string> {
  return String(await String(<ViewingContext.Provider value={given}>{child}</ViewingContext.Provider>));
}

const hour = 3_600_000;
const at = new Date(now - hour).toISOString();
const rule = {
  title: hostile,
  level: "high",
  count: 3,
  tactics: ["execution"],
  firstSeen: now - 5 * hour,
  lastSeen: now,
} as const;

const parts: readonly (readonly [string, Child])[] = [
  ["Sev", <Sev level={levelOf(hostile)} chip />],
  ["Status", <Status status={hostile} />],
  ["State", <State kind="bad">{hostile}</State>],
  ["Bar", <Bar of={0} value={5} />],
  ["Person", <Person login={hostile} />],
  ["Who", <Who login={hostile} />],
  ["Time", <Time at={hostile} />],
  ["MiniChain", <MiniChain seen={[hostile, "stealth"]} />],
  ["Chain", <Chain steps={[{ tactic: "impact", count: 2, firstSeen: at }]} />],
  ["Gauge", <Gauge score={88} level="critical" />],
  ["HourChart", <HourChart hours={[{ at: now - hour, counts: { high: 3, low: 1 } }]} />],
  ["LevelLegend", <LevelLegend />],
  ["Spark", <Spark values={[0, 3, 1]} />],
  ["Timeline", <Timeline rules={[rule]} opened={now} />],
  [
    "Steps",
    <Steps>
      <Step kind="wait" what={hostile} at={at}>
        <Tries tries={[{ at, status: null, outcome: hostile, kind: "wait", request: hostile, durationMs: 12 }]} />
      </Step>
    </Steps>,
  ],
  ["Field", <Field label={hostile} name="x" value={hostile} hint={hostile} problem={hostile} />],
  ["Select", <Select label={hostile} name="x" value={hostile} options={[[hostile, hostile]]} />],
  ["Pin", <Pin source="environment" name={hostile} />],
  [
    "Form",
    <Form action="/console/x" optimistic={hostile}>
      {hostile}
    </Form>,
  ],
  [
    "Dialog",
    <Dialog id="d" title={hostile} foot={hostile}>
      {hostile}
    </Dialog>,
  ],
  ["Empty", <Empty title={hostile}>{hostile}</Empty>],
  ["Loading", <Loading rows={3} what={hostile} />],
  ["Notice", <Notice kind="bad">{hostile}</Notice>],
  [
    "Panel",
    <Panel title={hostile} id="p">
      {hostile}
    </Panel>,
  ],
  ["Outside", <Outside href={`javascript:${hostile}`}>{hostile}</Outside>],
  ["Views", <Views views={[{ href: "/x", name: hostile, count: 1, here: true }]} />],
];

test.each(parts as [string, Child][])("%s keeps text as text", async (_, part) => {
  const html = await rendered(part);
  // Tags without the values of their attributes, in which every quote is escaped.
  const tags = (html.match(/<[^>]*>/g) ?? []).map((tag) => tag.replace(/"[^"]*"/g, '""'));
  expect(tags.filter((tag) => /^<\/?(?:script|img)|\s(?:style|on[a-z]+)=/i.test(tag))).toEqual([]);
  expect(html).not.toMatch(/(?:href|src|action)="(?:javascript|data):/i);
});

describe("times", () => {
  test("today by the clock alone, other days with the day, other years with the year, in the viewer's zone", () => {
    expect(stamp(now, viewing)).toBe("14:00");
    expect(stamp(now - 30 * hour, viewing)).toBe("28 Mar 07:00");
    expect(stamp(Date.parse("2025-12-31T23:30:00Z"), viewing)).toBe("1 Jan 00:30");
    expect(stamp(Date.parse("2025-12-31T22:30:15Z"), viewing, true)).toBe("31 Dec 2025 23:30:15");
    expect(longStamp(now, "UTC")).toBe("Sunday 29 March 2026, 12:00");
  });

  test("the title has UTC and the age; what never was says so", async () => {
    expect(await rendered(<Time at={at} />)).toBe(
      '<time datetime="2026-03-29T11:00:00.000Z" title="2026-03-29 11:00:00 UTC, 1 h 00 ago">13:00</time>',
    );
    expect(await rendered(<Time at={now + hour} />)).toContain("in 1 h 00");
    expect(await rendered(<Time at={null} />)).toContain("never");
  });

  test("a day begins at midnight of its zone, also where the clocks change", () => {
    const iso = (day: string, zone: string) => new Date(dayStart(day, zone) ?? Number.NaN).toISOString();
    expect(iso("2026-03-29", "Europe/Berlin")).toBe("2026-03-28T23:00:00.000Z");
    expect(iso("2026-03-30", "Europe/Berlin")).toBe("2026-03-29T22:00:00.000Z");
    expect(iso("2026-07-01", "America/New_York")).toBe("2026-07-01T04:00:00.000Z");
    expect(iso("2026-07-01", "Asia/Kathmandu")).toBe("2026-06-30T18:15:00.000Z");
    expect(["", "yesterday", "2026-13-01"].map((day) => dayStart(day, "UTC"))).toEqual([null, null, null]);
  });

  test("lengths, and zones that are none", () => {
    expect([20_000, 12 * 60_000, 3 * hour, 50 * hour, 400 * 24 * hour].map(lengthOf)).toEqual([
      "now",
      "12 min",
      "3 h 00",
      "2 d 2 h",
      "400 d",
    ]);
    expect(["Europe/Berlin", "UTC", "+02:00", "Nowhere/Land", ""].map(isZone)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

test("people have their names, and their logins in the title", async () => {
  expect(await rendered(<Person login="M.Keller" />)).toBe('<span title="M.Keller">Maria Keller</span>');
  expect(await rendered(<Who login="m.keller" />)).toContain(">MK<");
  expect(await rendered(<Who login={null} />)).toContain("nobody");
});

test("a form carries the token", async () => {
  expect(await rendered(<Form action="/console/x" />)).toContain('name="form_token" value="token"');
});

test("links leave for http and https alone, and tell nothing of where they came from", async () => {
  expect(["https://jira.example/x", "http://x", "javascript:1", "//x", "https://a b"].map(safeAddress)).toEqual([
    "https://jira.example/x",
    "http://x",
    null,
    null,
    null,
  ]);
  expect(await rendered(<Outside href="https://jira.example/SEC-1">SEC-1</Outside>)).toContain(
    'rel="noopener noreferrer"',
  );
});

test("bars stay within their track", () => {
  expect([percent(5, 10), percent(20, 10), percent(-1, 10), percent(1, 0)]).toEqual(["50.0", "100.0", "0.0", "0.0"]);
  expect([levelOf("CRITICAL"), levelOf("constructor"), words("FALSE_POSITIVE")]).toEqual([
    "critical",
    "informational",
    "False positive",
  ]);
});

test("the address keeps what was asked for besides", async () => {
  const url = new URL("http://x/incidents?q=a%26b&page=3&sort=created_at");
  expect(withParameters(url, { page: null, view: "all" })).toBe("/incidents?q=a%26b&sort=created_at&view=all");
  const head = await rendered(
    <SortHead url={url} by="risk_score" current="created_at" direction="desc">
      Risk
    </SortHead>,
  );
  expect(head).toContain('href="/incidents?q=a%26b&amp;sort=risk_score&amp;dir=desc"');
  const foot = await rendered(<PageFoot url={url} page={3} size={25} shown={25} total={100} />);
  expect(foot).toContain("51 to 75 of 100");
  expect(foot).toContain("page=2&amp;");
  expect(foot).toContain("page=4&amp;");
});
