/** Clients that poll the API: the two samples of the SOAR guide with their requests unchanged, and pollers that keep a cursor. */
import { setTimeout as sleep } from "node:timers/promises";

interface Row {
  incident_id?: string;
  case_id?: string;
  hash?: string;
  status?: string;
  group_key?: string;
  actor_type?: string;
  created_at?: string;
}

/** A connection that breaks, or an appliance that is just starting: the client tries again at its next turn. */
async function answerOf(url: string, init: RequestInit): Promise<Response | null> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) });
    if (response.status >= 500) return null;
    return response;
  } catch {
    return null;
  }
}

export interface Poller {
  name: string;
  /** One turn; false when nothing could be fetched. */
  poll(): Promise<boolean>;
  /** What it was given, in order. */
  readonly rows: Row[];
  /** Answers that it did not expect. */
  readonly complaints: string[];
}

/** `datetime.utcnow().isoformat() + 'Z'`: microseconds, and none when they are 0. */
function pythonNow(): string {
  const micros = Math.floor((performance.timeOrigin + performance.now()) * 1000);
  const whole = new Date(Math.floor(micros / 1000)).toISOString().slice(0, 19);
  const fraction = micros % 1_000_000;
  return fraction === 0 ? `${whole}Z` : `${whole}.${String(fraction).padStart(6, "0")}Z`;
}

/** The guide's "Example: Cortex XSOAR Integration". */
export function xsoarClient(base: () => string, login: { username: string; password: string }): Poller {
  let lastFetch = "";
  let token = "";
  const rows: Row[] = [];
  const complaints: string[] = [];
  return {
    name: "XSOAR sample",
    rows,
    complaints,
    async poll() {
      if (token === "") {
        const answer = await answerOf(`${base()}/api/login`, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(login),
        });
        if (answer === null) return false;
        token = ((await answer.json()) as { token: string }).token;
      }
      const url = `${base()}/api/incidents?since=${lastFetch}&status=OPEN&limit=50`;
      const answer = await answerOf(url, { headers: { Authorization: `Bearer ${token}` } });
      const body = (await answer?.json().catch(() => null)) as { incidents?: Row[] } | null | undefined;
      if (answer == null || body == null) return false;
      if (answer.status === 401) {
        token = "";
        return false;
      }
      if (answer.status !== 200) complaints.push(`${answer.status} ${JSON.stringify(body).slice(0, 300)}`);
      for (const incident of body.incidents ?? []) {
        if (!incident.group_key || !incident.actor_type || !incident.created_at) complaints.push("a field is missing");
        rows.push(incident);
      }
      lastFetch = pythonNow();
      return true;
    },
  };
}

/** The guide's "Example: Splunk SOAR Integration". */
export function splunkSoarClient(base: () => string, key: string): Poller {
  let lastTime = "";
  const rows: Row[] = [];
  const complaints: string[] = [];
  return {
    name: "Splunk SOAR sample",
    rows,
    complaints,
    async poll() {
      const params = new URLSearchParams({ since: lastTime, status: "OPEN", limit: "100" });
      const answer = await answerOf(`${base()}/api/v1/feed/incidents?${params}`, { headers: { "X-API-Key": key } });
      const body = (await answer?.json().catch(() => null)) as { data?: Row[] } | null | undefined;
      if (answer == null || body == null) return false;
      if (answer.status !== 200) complaints.push(`${answer.status} ${JSON.stringify(body).slice(0, 300)}`);
      for (const incident of body.data ?? []) {
        if (!incident.group_key || !incident.incident_id) complaints.push("a field is missing");
        rows.push(incident);
      }
      lastTime = pythonNow();
      return true;
    },
  };
}

/** Keeps `next_cursor`, as the documentation says. `first`: the question of its first poll. */
export function cursorPoller(
  name: string,
  base: () => string,
  key: string,
  path: string,
  first: Record<string, string>,
): Poller {
  const rows: Row[] = [];
  const complaints: string[] = [];
  const filters = { ...first };
  for (const bound of ["since", "updated_since"]) delete filters[bound];
  let cursor: string | null = null;
  return {
    name,
    rows,
    complaints,
    async poll() {
      const params = new URLSearchParams(cursor === null ? first : { ...filters, cursor });
      const answer = await answerOf(`${base()}${path}?${params}`, { headers: { "X-API-Key": key } });
      const body = (await answer?.json().catch(() => null)) as Record<string, unknown> | null | undefined;
      if (answer == null || body == null) return false;
      if (answer.status !== 200) {
        complaints.push(`${answer.status} ${JSON.stringify(body).slice(0, 300)}`);
        return true;
      }
      rows.push(...((body.data ?? body.incidents ?? body.cases) as Row[]));
      cursor = body.next_cursor as string | null;
      if (cursor === null) complaints.push("next_cursor is null");
      return true;
    },
  };
}

/** Polls until `stop`, then on until three turns in a row have brought nothing new. */
export async function keepPolling(poller: Poller, everyMs: number, stop: AbortSignal): Promise<void> {
  let quiet = 0;
  while (quiet < 3) {
    const before = poller.rows.length;
    const answered = await poller.poll();
    if (stop.aborted && answered) quiet = poller.rows.length === before ? quiet + 1 : 0;
    await sleep(everyMs);
  }
}
