import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtInFloors } from "../../core/correlation/floors.ts";
import { builtInPatterns } from "../../core/correlation/patterns.ts";
import { Intake } from "../../core/intake/intake.ts";
import { DatabaseFile } from "../../test/harness/database-file.ts";
import { openStore, type Store } from "../open-store.ts";

let now = Date.UTC(2026, 2, 13, 12, 0);
const clock = { now: () => now, monotonic: () => now };
let folder: string;
let store: Store;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-missed-"));
  store = await openStore({ path: join(folder, "rhythmx.db"), clock });
  await store.incidents.configureCorrelation({
    actors: { sharedAccounts: [], hostShortNames: false },
    ...{ patterns: builtInPatterns, floors: builtInFloors, minScore: 40, assets: [] },
  });
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

async function ingest(hosts: number): Promise<void> {
  const intake = new Intake({ store, clock, defaultEntity: () => "Primary Site" });
  const records = Array.from({ length: hosts }, (_, n) => ({
    ...{ rule_title: "Spreads fast", rule_id: "r1", level: "critical", user: "jsmith", host: `host-${n}` },
    ...{ timestamp: new Date(now - 60_000 + n).toISOString(), tags: ["attack.execution"], raw: { n } },
  }));
  const body = new TextEncoder().encode(records.map((one) => JSON.stringify(one)).join("\n"));
  const request = { kind: "detections", format: "rhythmx", owner: "o", entities: null, idempotency: null } as const;
  expect(JSON.parse((await intake.ingest({ ...request, body })).json).rejected).toEqual([]);
}

function untold(): unknown {
  const file = new DatabaseFile(join(folder, "rhythmx.db"), { readonly: true });
  try {
    return (file.query("select untold_outbreak from tickets").get() as { untold_outbreak: unknown }).untold_outbreak;
  } finally {
    file.close();
  }
}

/** An outbreak on six hosts becomes part of the incident. */
async function spread(): Promise<void> {
  await ingest(6);
  for (let formed = 0; formed === 0; now += 10_000) formed = (await store.campaigns.followOutbreaks(now)).formed;
}

test.each([
  ["while its text is on the way is noted for the ticket", true],
  ["before its text was read is in the text, and not told again", false],
])("an outbreak that comes %s", async (_name, isLate) => {
  await ingest(1);
  const [created] = await store.events.read(0, 100, ["incident_created"]);
  const incidentId = created?.subject ?? "";
  const ticket = { incidentId, entity: "Primary Site", system: "jira", trigger: "manual" } as const;
  await store.tickets.planTicket({ ...ticket, who: "a", payload: null, level: null, afterSeq: null }, now);
  const { due } = await store.tickets.dueDeliveries("jira", now, now, 10);
  if (!isLate) await spread();
  const upTo = await store.tickets.lastEntry(incidentId);
  if (isLate) await spread();
  const sending = { id: due[0]?.id ?? "", payload: "{}", hint: null, asked: null, upTo };
  expect(await store.tickets.beginDelivery(sending, now)).toBe(true);
  expect(untold()).toEqual(isLate ? JSON.stringify({ rule: "Spreads fast", hosts: 6 }) : null);
});
