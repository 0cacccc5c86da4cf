/** The twelve example tickets as each system gets them, made by the product's own intake, store and adapters. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "../../appliance/runtime/log.ts";
import { CampaignWatch } from "../../appliance/upkeep/campaign-watch.ts";
import { OutbreakWatch } from "../../appliance/upkeep/outbreak-watch.ts";
import { readAssetRow } from "../../core/assets/asset-row.ts";
import { builtInFloors } from "../../core/correlation/floors.ts";
import { builtInPatterns } from "../../core/correlation/patterns.ts";
import { Intake } from "../../core/intake/intake.ts";
import { type CaseFacts, promotionOf } from "../../core/tickets/case/case-facts.ts";
import { composeCase } from "../../core/tickets/case/compose-case.ts";
import { composeTicket } from "../../core/tickets/compose.ts";
import type { Draft } from "../../core/tickets/draft.ts";
import { fitDraft } from "../../core/tickets/fit.ts";
import { titleWithin } from "../../core/tickets/headline/headline.ts";
import { plainText } from "../../integrations/plain-text.ts";
import { fittedHtml } from "../../integrations/proactive/html.ts";
import { limits } from "../../integrations/proactive/wire.ts";
import { recordTexts } from "../../integrations/servicenow/texts.ts";
import { openStore, type Store } from "../../store/open-store.ts";
import { type ExampleIncident, exampleIncidents } from "./incidents.ts";

export interface ExampleTicket {
  /** `01-credential-dump`. */
  name: string;
  facts: CaseFacts;
  /** What Jira and ServiceNow are sent, and what a Proactive Case is. */
  ticket: Draft;
  proactiveCase: Draft;
  /** As files: title, an empty line, body. */
  jira: string;
  servicenow: string;
  proactive: string;
}

/** Half an hour after the made-up attacks, so that ages in them are always the same. */
const now = Date.UTC(2026, 2, 12, 23, 15);
const clock = { now: () => now, monotonic: () => performance.now() };
const entity = "Primary Site";
const baseUrl = "https://edge.example:8443";
const sla = { critical: 240, high: 480, medium: 1440, low: 4320 };
/** What each system takes (integrations/). */
const longest = { jira: 25_000, summary: 255, shortDescription: 160 };

/** Runs the incidents one after the other, each in a store of its own. */
export async function exampleTickets(): Promise<ExampleTicket[]> {
  const tickets: ExampleTicket[] = [];
  for (const [at, make] of exampleIncidents.entries()) {
    const incident = make();
    tickets.push(exampleTicket(`${String(at + 1).padStart(2, "0")}-${incident.name}`, await factsOf(incident)));
  }
  return tickets;
}

/** The ticket of these facts in each system. */
function exampleTicket(name: string, facts: CaseFacts): ExampleTicket {
  const ticket = composeTicket(facts, { baseUrl, sla, isFirst: true }, now);
  const proactiveCase = composeCase(facts, { baseUrl, isFirst: true }, now);
  const text = (draft: Draft, most: number) => plainText(fitDraft(draft, most, (one) => plainText(one).length));
  const title = (draft: Draft, most: number) => titleWithin(draft.level, draft.headline, most);
  return {
    name,
    facts,
    ticket,
    proactiveCase,
    jira: `${title(ticket, longest.summary)}\n\n${text(ticket, longest.jira)}\n`,
    servicenow: `${title(ticket, longest.shortDescription)}\n\n${recordTexts(ticket).description}\n`,
    proactive: `<!doctype html><meta charset="utf-8"><title>${name}</title>\n<h2>${title(
      proactiveCase,
      limits.shortDescription,
    )
      .replace(/&/g, "&#38;")
      .replace(/</g, "&#60;")}</h2>\n${fittedHtml(proactiveCase, limits.description)}\n`,
  };
}

async function factsOf(incident: ExampleIncident): Promise<CaseFacts> {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-examples-"));
  const store = await openStore({ path: join(folder, "rhythmx.db"), clock });
  try {
    const sharedAccounts = ["administrator", "admin", "root", "guest", "defaultaccount"];
    await store.incidents.configureCorrelation({
      actors: { sharedAccounts, hostShortNames: false },
      patterns: builtInPatterns,
      floors: builtInFloors,
      minScore: 40,
      assets: [],
    });
    await nameAssets(store, incident);
    const intake = new Intake({ store, clock, defaultEntity: () => entity });
    for (const [kind, list] of [
      ["detections", incident.detections],
      ["alarms", incident.alarms ?? []],
    ] as const) {
      if (list.length === 0) continue;
      const body = new TextEncoder().encode(list.map((one) => JSON.stringify(one)).join("\n"));
      await intake.ingest({ kind, body, format: "rhythmx", owner: "examples", entities: null, idempotency: null });
    }
    await followed(store);
    return withFixedIds(await incidentOf(store, incident));
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
}

/** What the readers behind intake find: outbreaks, once no earlier host is waited for, then campaigns. */
async function followed(store: Store): Promise<void> {
  const stopping = new AbortController().signal;
  const outbreaks = new OutbreakWatch({ store, stopping });
  await outbreaks.tick(now);
  await outbreaks.tick(now + 15_000);
  const log = createLog({ level: "error", format: "text", clock, write: (line) => console.error(line) });
  await new CampaignWatch({ store, log, stopping }).tick(now + 15_000);
}

async function nameAssets(store: Store, { assets = [] }: ExampleIncident): Promise<void> {
  if (assets.length === 0) return;
  const rows = assets.map((asset) => {
    const read = readAssetRow(new Map(Object.entries(asset)));
    if ("problems" in read) throw new Error(JSON.stringify(read.problems));
    return read;
  });
  await store.incidents.replaceAssets({ entity, rows, who: "examples", revision: null }, now);
}

async function incidentOf(store: Store, { actor, promoted, name }: ExampleIncident): Promise<CaseFacts> {
  const made = await store.events.read(0, 5000, ["incident_created"]);
  let id = made
    .map(({ subject, data }) => ({ subject, body: JSON.parse(data) as { group_key: string } }))
    .find(({ body }) => body.group_key === actor)?.subject;
  if (id === undefined && promoted !== undefined)
    id = await store.incidents.promoteActor(
      { entity, actor, reason: promoted },
      { who: "analyst1", source: "api" },
      now,
    );
  const detail = id === undefined ? null : await store.reading.readIncident(id, now);
  if (id === undefined || detail === null) throw new Error(`${name}: ${actor} has no incident`);
  return { ...detail, promotion: promotionOf(detail.history), samples: await store.reading.readSamples(id) };
}

/** Ids are made of random numbers; in the examples they are counted, so that a new run changes no file. */
function withFixedIds(given: CaseFacts): CaseFacts {
  const rank = ["CRITICAL", "HIGH", "MEDIUM", "LOW"];
  // Those that are equally severe are in the order of their ids.
  const related = [...given.body.related_cases].sort(
    (a, b) => rank.indexOf(a.severity) - rank.indexOf(b.severity) || a.case_type.localeCompare(b.case_type),
  );
  const cases = [...given.cases].sort((a, b) => a.type.localeCompare(b.type));
  const facts = { ...given, body: { ...given.body, related_cases: related }, cases };
  const seen = new Map<string, string>();
  const fixed = (id: string) => {
    const known = seen.get(id) ?? `${id.split("-")[0]}-${String(seen.size + 1).padStart(8, "0")}`;
    seen.set(id, known);
    return known;
  };
  const text = JSON.stringify(facts).replace(/\b(?:INC|CASE|CMP)-[0-9a-f]{8}\b/g, fixed);
  return JSON.parse(text) as CaseFacts;
}
