/** Enriched cases of every incident of the sample: nothing is missing, nothing is filler. */
import { beforeAll, describe, expect, test } from "bun:test";
import { fileName } from "../../core/logs/file-kinds.ts";
import { observe } from "../../core/tickets/case/observed.ts";
import { attackPattern } from "../../core/tickets/case/overview.ts";
import { steps } from "../../core/tickets/case/recommendation-table.ts";
import { recommend } from "../../core/tickets/case/recommendations.ts";
import { fitDraft } from "../../core/tickets/fit.ts";
import { titleWithin } from "../../core/tickets/headline/headline.ts";
import { plainText } from "../../integrations/plain-text.ts";
import { htmlBody } from "../../integrations/proactive/html.ts";
import { type CaseExample, everyCase, longestCase } from "./case-examples.ts";

let cases: CaseExample[] = [];
beforeAll(async () => {
  cases = await everyCase();
}, 300_000);

const html = ({ draft }: CaseExample) => htmlBody(fitDraft(draft, longestCase, (one) => htmlBody(one).length));
const text = ({ draft }: CaseExample) => plainText(fitDraft(draft, longestCase, (one) => plainText(one).length));

describe("the cases of the sample", () => {
  test("are many, and every section of each is filled", () => {
    expect(cases.length).toBeGreaterThan(30);
    for (const { name, draft } of cases)
      for (const { title, blocks } of draft.sections) {
        const size = blocks.reduce((sum, block) => {
          if (block.kind === "text" || block.kind === "link") return sum + block.text.length;
          if (block.kind === "list") return sum + block.items.join("").length;
          return sum + block.rows.flat().join("").length;
        }, 0);
        expect([name, title, size > 20]).toEqual([name, title, true]);
      }
  });

  test("say within 120 words what happened, where, who, since when, how sure, and what to do; half of them in 600 words of prose", () => {
    const counts: number[] = [];
    for (const { name, draft, incident } of cases) {
      const first = plainText({ sections: draft.sections.slice(0, 1) })
        .split(/\s+/)
        .slice(0, 120)
        .join(" ");
      const { what, where, who } = draft.headline;
      const [list] = draft.sections.flatMap(({ blocks }) => blocks).filter((block) => block.kind === "list");
      const steps = list?.kind === "list" ? list.items : [];
      expect([name, steps.length > 0]).toEqual([name, true]);
      const named =
        incident.body.actor_type === "user" ? "Users" : incident.body.actor_type === "host" ? "Hosts" : "Since";
      const lacking = [what, where, who, "Sure", named, ...steps].filter(
        (part) => !first.includes(part.replace(/\s+/g, " ")),
      );
      expect([name, lacking]).toEqual([name, []]);
      const prose = draft.sections.filter(({ title }) => /^(Threat|Recommended)/.test(title));
      counts.push(plainText({ sections: prose }).split(/\s+/).length);
    }
    counts.sort((a, b) => a - b);
    expect(counts[Math.floor(counts.length / 2)]).toBeLessThanOrEqual(620);
  });

  test("have a title of one line that fits every system", () => {
    for (const { draft } of cases)
      for (const longest of [160, 255]) {
        const title = titleWithin(draft.level, draft.headline, longest);
        expect(title.length).toBeLessThanOrEqual(longest);
        expect(title).toMatch(/^(CRITICAL|HIGH|MEDIUM|LOW): [^\r\n]{10,}$/);
      }
  });

  test("name every host, user and rule of their incident, and are short enough", () => {
    for (const one of cases) {
      const observed = observe(one.incident);
      const [marked, plain] = [html(one), text(one)];
      expect(marked.length).toBeLessThanOrEqual(longestCase);
      expect(plain.length).toBeLessThanOrEqual(longestCase);
      const names = [...observed.hosts, ...observed.users, ...one.incident.rules.map(({ title }) => title)];
      const lacking = names.filter((name) => !plain.includes(name.replace(/\s+/g, " ")));
      expect([one.name, lacking]).toEqual([one.name, []]);
    }
  });

  test("recommend nothing that does not name something of the incident", () => {
    for (const { incident, name } of cases) {
      const observed = observe(incident);
      const { containment, eradication, prevention, practices } = recommend(
        incident,
        observed,
        attackPattern(incident),
      );
      const named = [
        ...[...observed.hosts, ...observed.users],
        ...observed.rules.flatMap(({ event, sample }) => [
          ...[...(event?.ips ?? []), sample?.ip ?? "", fileName(event?.image ?? "")],
          ...(event?.fileHashes ?? []).map(({ hash }) => hash),
        ]),
        ...[incident.body.entity_name, incident.body.incident_id, incident.body.group_key],
        ...incident.rules.flatMap(({ title, techniques }) => [title, ...techniques]),
      ]
        .filter((one) => one !== "")
        .map((one) => one.toLowerCase());
      for (const list of [containment, eradication, prevention, practices]) {
        expect([name, list.length >= 2]).toEqual([name, true]);
        expect(new Set(list).size).toBe(list.length);
        for (const sentence of list)
          expect([sentence, named.some((one) => sentence.toLowerCase().includes(one))]).toEqual([sentence, true]);
      }
    }
  });
});

describe("the table of recommendations", () => {
  test("has no sentence without a slot, and each says what, how and why", () => {
    for (const { do: what, console: how = "", command = "", why, for: object } of steps) {
      const slots = [...`${what} ${why}`.matchAll(/\{(\w+)\}/g)].map(([, slot = ""]) => slot);
      expect([what, slots.length > 0, how !== "" || command !== "", why !== "", object !== undefined]).toEqual([
        what,
        true,
        true,
        true,
        true,
      ]);
      expect(what).not.toMatch(/[.:]$/);
    }
  });

  test("has steps for every tactic of the sample, in every section", () => {
    const tactics = new Set(cases.flatMap(({ incident }) => incident.chain.map(({ tactic }) => tactic)));
    expect(tactics.size).toBeGreaterThan(8);
    expect(new Set(steps.map(({ section }) => section)).size).toBe(4);
  });
});
