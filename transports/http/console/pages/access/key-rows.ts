/** API keys as `GET /api/keys` has them, what each scope opens, and how long a key still holds. */
import { type ApiKeyScope, keySoonMs } from "../../../../../core/api-key.ts";
import type { PageRequest } from "../../page.ts";

export interface KeyRow {
  id: string;
  name: string;
  prefix: string;
  scopes: ApiKeyScope[];
  entities: string[];
  created_at: string;
  created_by: string | null;
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at: string | null;
  last_used_from: string | null;
}

export async function readKeys({ caller, ports }: PageRequest): Promise<KeyRow[]> {
  return (await ports.api.administration.keys(caller)) as unknown as KeyRow[];
}

/** What a scope is for, and what it opens. */
export const scopeWords: Readonly<Record<ApiKeyScope, { may: string; opens: string }>> = {
  "feed:read": {
    may: "Read incidents, cases and alerts",
    opens:
      "GET of /api/v1/feed/…, /api/incidents, /api/cases, /api/alerts, /api/campaigns, /api/exceptions, /api/assets, and the live stream",
  },
  "incident:write": {
    may: "Change incidents and cases",
    opens: "PATCH of /api/incidents/{id} and /api/cases/{id}: status, owner and notes; it reads nothing by itself",
  },
  ingest: {
    may: "Send detections and alarms",
    opens: "POST to /api/v1/ingest/detections and /api/v1/ingest/alarms; it reads nothing",
  },
  "metrics:read": { may: "Read metrics", opens: "GET of /metrics from other machines; nothing of incidents" },
};

/** `now`: epoch milliseconds. */
export function keyState(
  { expires_at: end, revoked_at: revoked }: KeyRow,
  now: number,
): "good" | "soon" | "expired" | "revoked" {
  if (revoked !== null) return "revoked";
  const left = end === null ? Number.POSITIVE_INFINITY : Date.parse(end) - now;
  return left <= 0 ? "expired" : left <= keySoonMs ? "soon" : "good";
}
