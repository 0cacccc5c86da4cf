#!/usr/bin/env node
/** Prints each new incident of RhythmX Edge once, as a JSON object a line, and goes on where it stopped. See README.md. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

interface State {
  cursor: string | null;
  since: string;
  seen: string[];
}
const { RHYTHMX_URL: url = "", RHYTHMX_KEY: key = "", RHYTHMX_STATE: file = "rhythmx-state.json" } = process.env;
if (url === "" || key === "") {
  process.stderr.write("poll: RHYTHMX_URL or RHYTHMX_KEY is not set: README.md says what they are\n");
  process.exit(2);
}
const fresh: State = { cursor: null, since: "", seen: [] };
const state: State = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : fresh;
const parsed = async (answer: Response) => JSON.parse(await answer.text());

for (;;) {
  const where = state.cursor === null ? { since: state.since } : { cursor: state.cursor };
  const query = new URLSearchParams({ limit: "500", ...where });
  const answer = await fetch(`${url.replace(/\/+$/, "")}/api/incidents?${query}`, {
    headers: { "X-API-Key": key },
    redirect: "manual", // the key goes to the given address alone
    signal: AbortSignal.timeout(30_000),
  }).catch((error: Error) => error);
  // biome-ignore lint/suspicious/noExplicitAny: the document at /api/openapi.json says what it is
  const page: any = answer instanceof Error ? answer : await parsed(answer).catch((error: Error) => error);
  if (answer instanceof Error || page instanceof Error || !answer.ok) {
    const status = answer instanceof Error ? 0 : answer.status;
    const said = page instanceof Error ? `${page.message} ${page.cause ?? ""}` : (page.detail ?? page.title);
    process.stderr.write(`poll: ${status || "no answer:"} ${said}\n`);
    // The database was restored, or retention was faster: begin at the last incident.
    if (status === 410 && state.cursor !== null) state.cursor = null;
    else if ([400, 401, 403, 404, 410].includes(status)) process.exit(1);
    else {
      const after = answer instanceof Error ? "" : (answer.headers.get("Retry-After") ?? "");
      await sleep(1000 * (/^\d{1,6}$/.test(after) ? Number(after) : 5));
    }
    continue;
  }
  for (const incident of page.incidents) {
    // To standard output, or hand it on here; when this throws, the incident comes again.
    if (!state.seen.includes(incident.incident_id)) writeFileSync(1, `${JSON.stringify(incident)}\n`);
    state.seen = [...state.seen, incident.incident_id].slice(-2000);
    state.since = incident.created_at;
  }
  state.cursor = page.next_cursor;
  writeFileSync(`${file}.new`, JSON.stringify(state), { flush: true });
  renameSync(`${file}.new`, file);
  if (!page.has_more && process.argv.includes("--once")) break;
  if (!page.has_more) await sleep(60_000);
}
