/** The twelve examples of docs/examples, and what every ticket of any kind promises to its reader. */
import { beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Block, Draft } from "../../core/tickets/draft.ts";
import { type ExampleTicket, exampleTickets } from "./render.ts";

const folder = join(import.meta.dirname, "../../docs/examples");
let tickets: ExampleTicket[] = [];
beforeAll(async () => {
  tickets = await exampleTickets();
}, 300_000);

const words = (text: string) => text.split(/\s+/).filter((word) => word !== "");
const textOf = (block: Block): string => {
  if (block.kind === "list") return block.items.join(" ");
  if (block.kind === "text" || block.kind === "link") return block.text;
  return block.rows.flat().join(" ");
};
const plainOf = (html: string) =>
  html
    .replace(/^<!doctype.*\n|<h2>.*<\/h2>/g, "")
    .replace(/<[^>]+>/g, " ")
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
const bodies = ({ jira, servicenow, proactive }: ExampleTicket) =>
  [jira, servicenow].map((text) => text.slice(text.indexOf("\n\n") + 2)).concat(plainOf(proactive));

describe("docs/examples", () => {
  test("are what the product writes now: npm run case-examples makes them anew", () => {
    for (const { name, jira, servicenow, proactive } of tickets)
      for (const [file, text] of [
        [`${name}.jira.txt`, jira],
        [`${name}.servicenow.txt`, servicenow],
        [`${name}.proactive.html`, proactive],
      ] as const)
        expect([file, readFileSync(join(folder, file), "utf8") === text]).toEqual([file, true]);
    const known = tickets.map(({ name }) => name);
    const strange = readdirSync(folder).filter((file) => !known.includes(file.split(".")[0] ?? ""));
    expect(strange).toEqual([]);
  });

  test("are small, and so are their pictures", () => {
    const sizes = readdirSync(folder).map((file) => [file, statSync(join(folder, file)).size] as const);
    expect(sizes.reduce((sum, [, size]) => sum + size, 0)).toBeLessThanOrEqual(1_500_000);
    expect(sizes.filter(([file, size]) => file.endsWith(".png") && size > 120_000)).toEqual([]);
  });
});

describe("the first 120 words of every ticket, in every system", () => {
  test("say what happened with its object, where, who, since when, how sure, and three things to do", () => {
    for (const ticket of tickets) {
      const [section] = ticket.ticket.sections;
      const list = section?.blocks.find((block) => block.kind === "list");
      if (section === undefined || list?.kind !== "list") throw new Error(`${ticket.name}: nothing to do`);
      expect([ticket.name, list.items.length]).toEqual([ticket.name, 3]);
      for (const body of bodies(ticket)) {
        const first = words(body).slice(0, 120).join(" ");
        const { what, where, who } = ticket.ticket.headline;
        const told = [what, where, who, "Sure", "Do now:", ...list.items];
        const lacking = told.filter((part) => !first.includes(words(part).join(" ")));
        expect([ticket.name, lacking]).toEqual([ticket.name, []]);
        expect(first).toMatch(/\b(Since|At)[ :]+\d{4}-\d\d-\d\d \d\d:\d\d/);
        expect(first).toMatch(/(Hosts|Users)/);
      }
    }
  });
});

describe("every ticket", () => {
  test("has every section, whatever its size, none of them empty", () => {
    for (const { name, ticket, proactiveCase, jira, servicenow, proactive } of tickets) {
      for (const draft of [ticket, proactiveCase])
        for (const { title, blocks } of draft.sections)
          expect([name, title, blocks.map(textOf).join("").length > 10]).toEqual([name, title, true]);
      for (const { title } of ticket.sections)
        for (const text of [jira, servicenow]) expect(text).toContain(`\n${title.toUpperCase()}\n`);
      for (const { title } of proactiveCase.sections)
        expect(proactive).toContain(`<h3>${title.replace("&", "&#38;")}</h3>`);
    }
  });

  test("names every rule with a sample event, or counts those that there is no room for", () => {
    for (const { name, facts, jira, servicenow } of tickets)
      for (const text of [jira, servicenow]) {
        const section = text.split("\nSAMPLE EVENTS PER RULE\n")[1]?.split("\n\n")[0]?.split("\n") ?? [];
        const counted = Number(/^and (\d+) more rules$/.exec(section.at(-1) ?? "")?.[1] ?? 0);
        const rows = section.filter((line) => /\| \d{4}-\d\d-\d\dT/.test(line)).length;
        expect([name, rows + counted]).toEqual([name, facts.rules.length]);
        if (facts.rules.length > 0) expect(rows).toBeGreaterThan(0);
      }
  });

  test("stays short in its prose: half of them have at most 600 words of it", () => {
    const told = (draft: Draft) =>
      draft.sections
        .filter(({ title }) => /^(Threat (Summary|Analysis)|What Happened|Recommended Actions)/.test(title))
        .flatMap(({ blocks }) => blocks)
        .reduce((sum, block) => sum + words(textOf(block)).length, 0);
    const counts = tickets.flatMap(({ ticket, proactiveCase }) => [told(ticket), told(proactiveCase)]);
    expect([...counts].sort((a, b) => a - b)[Math.floor(counts.length / 2)]).toBeLessThanOrEqual(600);
    expect(Math.max(...counts)).toBeLessThanOrEqual(700);
  });

  test("has nothing of a password, and no markup of what came in", () => {
    for (const ticket of tickets)
      for (const text of [ticket.jira, ticket.servicenow, ticket.proactive])
        expect([ticket.name, /hunter2|Winter2026!|Spring!/.test(text)]).toEqual([ticket.name, false]);
    const hostile = tickets.find(({ name }) => name.includes("hostile"));
    expect(hostile?.proactive).not.toMatch(/<(script|img|b)\b/i);
    expect(hostile?.jira).not.toMatch(/[\u202e\u202c]/);
    expect(hostile?.jira).toContain("[U+202E]");
  });
});
