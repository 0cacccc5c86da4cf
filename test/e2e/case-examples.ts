/** `npm run case-examples`: the enriched cases of ten real attacks as text, HTML and picture, into docs/examples. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { composeCase } from "../../core/tickets/case/compose-case.ts";
import type { Draft } from "../../core/tickets/draft.ts";
import { fitDraft } from "../../core/tickets/fit.ts";
import { titleWithin } from "../../core/tickets/headline/headline.ts";
import { plainText } from "../../integrations/plain-text.ts";
import { htmlBody } from "../../integrations/proactive/html.ts";
import { runScenarios, type ScenarioResult } from "./attack-scenarios.ts";

type Incident = ScenarioResult["incidents"][number];

export interface CaseExample {
  name: string;
  incident: Incident;
  draft: Draft;
}

export const longestCase = 32_000;
const wanted = 10;

/** Ten incidents of different attacks: the highest risk of each, those with the most tactics first, one for each chain of tactics. */
export async function caseExamples(): Promise<CaseExample[]> {
  const results = await runScenarios();
  const found = results
    .flatMap(({ name, incidents }) => incidents.map((incident) => ({ name, incident })))
    .sort((a, b) => b.incident.chain.length - a.incident.chain.length || b.incident.risk.score - a.incident.risk.score);
  const chosen = new Map<string, (typeof found)[number]>();
  for (const one of found) {
    const chain = one.incident.chain.map(({ tactic }) => tactic).join(" ");
    if (![...chosen.values()].some(({ name }) => name === one.name) && !chosen.has(chain)) chosen.set(chain, one);
  }
  return [...chosen.values()]
    .slice(0, wanted)
    .map(({ name, incident }) => ({ name, incident, draft: draftOf(incident) }));
}

export async function everyCase(): Promise<CaseExample[]> {
  const results = await runScenarios();
  return results.flatMap(({ name, incidents }) =>
    incidents.map((incident) => ({ name, incident, draft: draftOf(incident) })),
  );
}

function draftOf(incident: Incident): Draft {
  const options = { baseUrl: "https://edge.example:8443", isFirst: true };
  // As it was right after the last detection came in.
  const now = Date.parse(incident.body.timeline.last_alarm ?? "") + 60_000;
  // The scenarios' names would tell a reader what to find.
  const body = { ...incident.body, entity_name: "Primary Site" };
  return composeCase({ ...incident, body }, options, now);
}

function picture(html: string, path: string): boolean {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-picture-"));
  try {
    const page = join(folder, "case.html");
    const style = "body{font:14px sans-serif;margin:16px;max-width:800px}td,th{text-align:left;vertical-align:top}";
    writeFileSync(page, `<!doctype html><meta charset="utf-8"><style>${style}</style>${html}`);
    const lines = (html.match(/<tr>|<p>|<li>|<h3>|<br>/g) ?? []).length;
    const size = `--window-size=840,${Math.min(7000, 300 + lines * 40)}`;
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", size];
    spawnSync("chromium", [...flags, `--screenshot=${path}`, `file://${page}`], { stdio: "ignore", timeout: 60_000 });
    return readFileSync(path).length > 0;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const folder = join(import.meta.dirname, "../../docs/examples");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const examples = await caseExamples();
  for (const [at, { name, draft }] of examples.entries()) {
    const file = `${String(at + 1).padStart(2, "0")}-${name
      .replace(/[^a-z0-9]+/gi, "-")
      .toLowerCase()
      .slice(0, 60)}`;
    const html = htmlBody(fitDraft(draft, longestCase, (one) => htmlBody(one).length));
    const text = plainText(fitDraft(draft, longestCase, (one) => plainText(one).length));
    writeFileSync(join(folder, `${file}.txt`), `${titleWithin(draft.level, draft.headline, 160)}\n\n${text}\n`);
    writeFileSync(join(folder, `${file}.html`), `${html}\n`);
    const isDrawn = picture(html, join(folder, `${file}.png`));
    console.log(`${file}: ${html.length} characters of HTML, ${text.length} of text${isDrawn ? "" : ", no picture"}`);
  }
  process.exit(0);
}
