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
if (!(/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/.test(url) && URL.canParse(url) && /^[!-~]+$/.test(key))) {
  const words =
    "RHYTHMX_URL must be an address such as https://edge.example.org:8443, RHYTHMX_KEY a key as it was shown";
  process.stderr.write(`poll: ${words}\n`);
  process.exit(2);
}
const stop = (why: string): never => {
  process.stderr.write(`poll: ${why}\n`);
  process.exit(1);
};
const orStop = <T>(work: () => T, why: string): T => {
  try {
    return work();
  } catch (error) {
    return stop(`${why} (${(error as Error).message})`);
  }
};
const fresh: State = { cursor: null, since: "", seen: [] };
const unreadable = `${file} cannot be read: mend it, or remove it to begin with the oldest incident`;
const kept = orStop(() => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {}), unreadable);
if (typeof kept !== "object" || kept === null || Array.isArray(kept)) stop(unreadable);
const state: State = { ...fresh, ...kept };
const isText = (value: unknown) => typeof value === "string";
const isPage = (page: { incidents?: unknown; next_cursor?: unknown; has_more?: unknown } | null): boolean =>
  Array.isArray(page?.incidents) &&
  page.incidents.every((row) => isText(row?.incident_id) && isText(row?.created_at)) &&
  isText(page.next_cursor) &&
  typeof page.has_more === "boolean";
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
    const said = page instanceof Error ? `${page.message} ${page.cause ?? ""}` : (page?.detail ?? page?.title ?? "");
    const foreign = page instanceof SyntaxError ? "no answer of RhythmX Edge, such as a page of a proxy: " : "";
    process.stderr.write(`poll: ${status || "no answer:"} ${foreign}${said}\n`);
    // The database was restored, or retention was faster: begin at the last incident.
    if (status === 410 && state.cursor !== null) state.cursor = null;
    else if ([400, 401, 403, 404, 410].includes(status)) process.exit(1);
    else {
      const after = answer instanceof Error ? "" : (answer.headers.get("Retry-After") ?? "");
      await sleep(1000 * (/^\d{1,6}$/.test(after) ? Number(after) : 5));
    }
    continue;
  }
  if (!isPage(page))
    stop(`what answers at ${url} is not RhythmX Edge: check RHYTHMX_URL, and proxies or portals on the way`);
  for (const incident of page.incidents) {
    // To standard output, or hand it on here; when this throws, the incident comes again.
    const line = `${JSON.stringify(incident)}\n`;
    if (!state.seen.includes(incident.incident_id))
      orStop(() => writeFileSync(1, line), "nobody takes the lines any more");
    state.seen = [...state.seen, incident.incident_id].slice(-2000);
    state.since = incident.created_at;
  }
  state.cursor = page.next_cursor;
  orStop(() => {
    writeFileSync(`${file}.new`, JSON.stringify(state), { flush: true });
    renameSync(`${file}.new`, file);
  }, `${file} cannot be written: these incidents come again`);
  if (!page.has_more && process.argv.includes("--once")) break;
  if (!page.has_more) await sleep(60_000);
}
