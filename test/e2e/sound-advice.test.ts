/**
 * Every body that the sample's attacks give, for all three systems: nothing dangerous is advised, nothing private is blocked, nothing is made up.
 * The rules are written down here once more, in other words than the product's, and know its logs only as text.
 */
import { beforeAll, expect, test } from "bun:test";
import { composeCase } from "../../core/tickets/case/compose-case.ts";
import { composeTicket } from "../../core/tickets/compose.ts";
import type { Draft } from "../../core/tickets/draft.ts";
import { type CaseExample, everyCase } from "./case-examples.ts";

interface Body {
  name: string;
  incident: CaseExample["incident"];
  draft: Draft;
  /** Recommended actions, and the three things to do now. */
  steps: string[];
  /** What is told in prose. */
  prose: string[];
}

let bodies: Body[] = [];
beforeAll(async () => {
  const sla = { critical: 240, high: 480, medium: 1440, low: 4320 };
  const baseUrl = "https://edge.example:8443";
  bodies = (await everyCase()).flatMap(({ name, incident }) => {
    const now = Date.parse(incident.body.timeline.last_alarm ?? "") + 60_000;
    const drafts = [true, false].flatMap((isFirst) => [
      composeCase(incident, { baseUrl, isFirst }, now),
      composeTicket(incident, { baseUrl, sla, isFirst }, now),
    ]);
    return drafts.map((draft) => {
      const blocks = draft.sections.flatMap(({ title, blocks }) => blocks.map((block) => ({ title, block })));
      const items = blocks.flatMap(({ block }) => (block.kind === "list" ? block.items : []));
      const texts = blocks.flatMap(({ block }) => (block.kind === "text" ? [block.text] : []));
      return { name: `${name} ${incident.body.group_key}`, incident, draft, steps: items, prose: texts };
    });
  });
}, 300_000);

/** The steps that break a rule, with the body they are of. */
function offending(breaks: (step: string, body: Body) => boolean): string[] {
  return bodies.flatMap((body) =>
    body.steps.filter((step) => breaks(step, body)).map((step) => `${body.name}: ${step}`),
  );
}

/** What a step does to what, without way and reason, and without the titles of rules. */
const order = (step: string) => step.replace(/"[^"]+"/g, "it").split(/ \(|: /)[0] ?? step;
const cuts =
  /\b(?:isolate|re-?image|rebuild|disconnect|segment|restore|cut off|shut down|reboot|restart|block (?:smb|rdp|winrm|rpc|wmi|dcom|ldap|kerberos))\b/i;
const destroys = /\b(?:terminate|kill|end|stop|suspend|delete|remove|quarantine|uninstall|disable|block|deny|wipe)\b/i;

test("there are many bodies with steps in every section", () => {
  expect(bodies.length).toBeGreaterThan(120);
  for (const { name, draft, steps } of bodies) {
    const sections = draft.sections.filter(({ title }) => title.startsWith("Recommended Actions"));
    expect([name, sections.length, steps.length > 9]).toEqual([name, 4, true]);
  }
});

test("no domain controller is cut off", () => {
  // Those of the sample are called so.
  expect(
    offending(
      (step) => cuts.test(order(step)) && /\b[a-z]*dc\d*\b(?:\.[a-z]+)*/i.test(order(step).replace(/^\w+/, "")),
    ),
  ).toEqual([]);
});

test("no part of Windows, of administration or of a sensor is ended, deleted or blocked", () => {
  const names =
    /\b(?:lsass|services|svchost|dfsrs|csrss|smss|wininit|winlogon|explorer|dllhost|conhost|spoolsv|wmiprvse|scrcons|wsmprovhost|powershell|pwsh|cmd|wmic|rundll32|regsvr32|mshta|wscript|cscript|certutil|bitsadmin|reg|net1?|netsh|sc|schtasks|psexec\w*|msbuild|installutil|msmpeng|mssense|csfalconservice|sentinelagent|elastic-\w+|sysmon\w*|wazuh\w*|cb|taskmgr|notepad|bginfo|procdump\w*)\.exe\b|\bkrbtgt\b/i;
  const places = /[a-z]:\\(?:windows|program files)|\\admin\$\\|\/usr\/s?bin\//i;
  const isHarmful = (step: string) =>
    destroys.test(order(step)) && (names.test(order(step)) || places.test(order(step)));
  expect(offending(isHarmful)).toEqual([]);
});

test("only what a log names as executed or dropped outside of Windows is blocked by its hash", () => {
  const isUnproven = (step: string, { incident }: Body) => {
    const hashes = /\bblock\b/i.test(step) ? (step.match(/\b[0-9a-f]{32,64}\b/gi) ?? []) : [];
    return hashes.some(
      (hash) =>
        !incident.samples.some(({ log }) => {
          const text = log?.toLowerCase() ?? "";
          const place = /"(?:image|targetfilename)":"((?:[^"\\]|\\.)*)"/i.exec(log ?? "")?.[1] ?? "";
          return text.includes(hash.toLowerCase()) && !/windows\\\\|program files|zone\.identifier/i.test(place);
        }),
    );
  };
  expect(offending(isUnproven)).toEqual([]);
});

test("no address that is not public is blocked", () => {
  const isOwn = (address: string) => {
    const [a = 0, b = 0] = address.split(".").map(Number);
    return (
      a === 10 ||
      a === 127 ||
      a === 0 ||
      a >= 224 ||
      (a === 172 && b >= 16 && b < 32) ||
      (a === 192 && b === 168) ||
      (a === 169 && b === 254) ||
      (a === 100 && b >= 64 && b < 128)
    );
  };
  expect(
    offending(
      (step) =>
        /^block\b/i.test(step) &&
        ((order(step).match(/\b\d{1,3}(?:\.\d{1,3}){3}\b/g) ?? []).some(isOwn) ||
          /(?:^|\s)(?:::1|fe80:|f[cd][0-9a-f]{2}:)/i.test(order(step))),
    ),
  ).toEqual([]);
});

test("krbtgt and backups only where something calls for them", () => {
  const titles = ({ incident }: Body) => incident.rules.map(({ title }) => title).join("\n");
  expect(
    offending(
      (step, body) =>
        /reset krbtgt/i.test(order(step)) && !/dc ?sync|replication|golden|silver|forged/i.test(titles(body)),
    ),
  ).toEqual([]);
  expect(
    offending(
      (step, body) => /\brestore\b/i.test(order(step)) && !/ransom|wip|encrypt|destr|overwrit/i.test(titles(body)),
    ),
  ).toEqual([]);
});

test("no account of a system is acted on or counted as a user", () => {
  const system =
    /\b(?:NT AUTHORITY|LOCAL SERVICE|NETWORK SERVICE|ANONYMOUS LOGON|LocalSystem|DWM-\d|UMFD-\d|Font Driver Host)\b|(?:^|[\s\\])SYSTEM\b|\w\$(?=[\s,.]|$)/;
  expect(
    offending((step) => /^(?:disable|reset|ask|require|verify|agree|give)\b/i.test(step) && system.test(order(step))),
  ).toEqual([]);
  for (const { name, draft } of bodies)
    for (const { blocks } of draft.sections)
      for (const block of blocks)
        if (block.kind === "facts")
          for (const [label, value] of block.rows)
            if (/users$/i.test(label))
              expect([name, value, system.test(value) || /\bNone\b/.test(value)]).toEqual([name, value, false]);
});

test("no placeholder, nothing undefined, no empty bracket", () => {
  const broken =
    /\bundefined\b|\bNaN\b|\[object|\{\w+'?\}|<(?:host|user|name|ip|path|domain|hash)>|\(\s*\)|\[\s*\]|:\s*\.$|\s[,.;](?:\s|$)|\bnull\b|""/;
  // What is quoted is a rule's title or the log's own text.
  const own = (text: string) => text.replace(/"[^"]+"/g, "it");
  expect(offending((step) => broken.test(own(order(step))))).toEqual([]);
  for (const { name, prose } of bodies) {
    const [sentence = ""] = prose.filter((text) => / shows signs of /.test(text));
    expect([name, sentence, broken.test(own(sentence))]).toEqual([name, sentence, false]);
  }
});

test("what is said holds: stages, arrows, a single moment, and no rise in a ticket that is made", () => {
  for (const { name, incident, prose, draft } of bodies) {
    const text = prose.join("\n");
    const rules = incident.rules.filter(({ level }) => level !== "informational");
    if (text.includes("several stages"))
      expect([name, rules.length > 1, incident.chain.length > 1]).toEqual([name, true, true]);
    const arrows = /in order of time: (.*?)\./.exec(text)?.[1]?.split(" → ") ?? [];
    const firsts = arrows.map((titles) =>
      Math.min(...incident.chain.filter(({ title }) => titles.includes(title)).map(({ first }) => first)),
    );
    expect([name, firsts]).toEqual([name, [...firsts].sort((a, b) => a - b)]);
    expect(text).not.toMatch(/between (\d{4}-\d\d-\d\d \d\d:\d\d) and \1 UTC/);
    expect(text).not.toMatch(/trusts were listed|shows that they were listed|\b1 (?:times|rules|hosts|detections)\b/);
    const isUpdate = draft.sections.some(({ title }) => title === "Cause of Risk Increment");
    const risk = draft.sections
      .flatMap(({ blocks }) => blocks)
      .flatMap((block) => (block.kind === "facts" ? block.rows : []));
    if (!isUpdate && draft.sections.some(({ title }) => title === "Threat Summary"))
      expect(risk.filter(([label, value]) => label === "Risk score" && /↑|↓/.test(value))).toEqual([]);
  }
});

test("at most seven steps of a section for a case, the same first three for tickets", () => {
  for (const { name, draft } of bodies)
    for (const { title, blocks } of draft.sections)
      for (const block of blocks)
        if (title.startsWith("Recommended Actions") && block.kind === "list") {
          const most = draft.sections.some((one) => one.title === "Threat Summary") ? 7 : 3;
          expect([name, title, block.items.length <= most]).toEqual([name, title, true]);
        }
});
