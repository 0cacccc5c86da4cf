/**
 * The event log of an appliance that was sent the whole sample and the hostile detections. It takes seconds to make, and several files of tests want it: it is
 * kept beside the tested program (test/harness/program.ts), whose folder is another one for other sources.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { LoggedEvent } from "../../core/event.ts";
import { sampleText } from "../e2e/sample.ts";
import { ApiClient, password } from "../harness/api-client.ts";
import { TestAppliance } from "../harness/appliance.ts";
import { inDatabase } from "../harness/database-file.ts";
import { program } from "../harness/program.ts";
import { hostileDetections } from "./hostile-detections.ts";

/** Records sent in at a time: incidents then change between. */
const batch = 150;

/** In the order of the log, all of them. */
export async function recordedEvents(): Promise<LoggedEvent[]> {
  const file = join(dirname(program), `corpus-${versionOfThis()}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as LoggedEvent[];
  const events = await record();
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify(events));
  renameSync(own, file);
  return events;
}

function versionOfThis(): string {
  const hash = createHash("sha256");
  for (const name of ["corpus-events.ts", "hostile-detections.ts"])
    hash.update(readFileSync(join(import.meta.dirname, name)));
  return hash.digest("hex").slice(0, 16);
}

async function record(): Promise<LoggedEvent[]> {
  const appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  try {
    const lines = sampleText().trimEnd().split("\n");
    for (let at = 0; at < lines.length; at += batch) await appliance.ingest(lines.slice(at, at + batch).join("\n"));
    const admin = await ApiClient.loggedIn(appliance, "admin");
    for (const detection of hostileDetections()) {
      if (detection.rule_id === "rises-last") await workOn(admin, "riser");
      const { body } = await appliance.ingest([detection]);
      if (body.accepted !== 1) throw new Error(`a hostile detection was refused: ${JSON.stringify(body)}`);
    }
    // Once more, a little later: each then has an HOURLY as well.
    await appliance.clock.advance(10 * 60_000);
    await appliance.ingest(hostileDetections());
    await changeIncidents(admin);
    await appliance.clock.advance(61 * 60_000);
    await appliance.stop();
    return await eventsOf(join(appliance.dataDir, "rhythmx.db"));
  } finally {
    rmSync(appliance.dataDir, { recursive: true, force: true });
  }
}

async function workOn(admin: ApiClient, actor: string): Promise<void> {
  const [incident] = (await admin.get(`/api/incidents?actor=${actor}`)).body.incidents;
  await admin.patch(`/api/incidents/${incident.incident_id}/status`, { status: "IN_PROGRESS" });
}

/** Notes, owners and states, so that messages have changes. */
async function changeIncidents(admin: ApiClient): Promise<void> {
  const { incidents } = (await admin.get("/api/incidents?limit=6")).body;
  const notes = 'He said "no" \\ [sic] ] {"a":1} \u202eturned\u202c 😀 [meta sequenceId=';
  const changes = [
    { notes },
    { assigned_analyst: 'O"Neil \\ ] [sigma-incident@32473 external_ticket=' },
    { status: "IN_PROGRESS", notes },
    { status: "CLOSED", notes },
    { status: "FALSE_POSITIVE", notes },
  ];
  for (const [n, change] of changes.entries()) await admin.patch(`/api/incidents/${incidents[n].incident_id}`, change);
}

async function eventsOf(path: string): Promise<LoggedEvent[]> {
  const sql = "select seq, at, kind, subject, entity_name as entity, data, body from event_log order by seq";
  return inDatabase(path, (file) => file.query<LoggedEvent>(sql).all(), { readonly: true });
}
