/** What the console reads and does while sample data is shown: the same functions over its database; no ticket is made of it. */
import { randomBytes } from "node:crypto";
import { EdgeError } from "../../core/errors.ts";
import { Continuity } from "../../core/pages/continuity.ts";
import type { Clock } from "../../core/ports.ts";
import type { Store } from "../../store/open-store.ts";
import type { ApiDependencies } from "../../transports/http/api/dependencies.ts";
import type { TicketPort } from "../../transports/http/api/tickets/ticket-port.ts";
import { AuditLog } from "../access/audit-log.ts";
import type { SearchUpkeep } from "../upkeep/search-upkeep.ts";
import { Campaigns } from "./campaigns.ts";
import { Cursors } from "./cursors.ts";
import { Exceptions } from "./exceptions.ts";
import { Investigation } from "./investigation.ts";
import { Overview, type RunningParts } from "./overview.ts";
import { Pages } from "./pages.ts";

type Api = Pick<ApiDependencies, "pages" | "investigation" | "campaigns" | "exceptions" | "tickets">;

export interface SampleViews {
  api: Api & { overview: Pick<ApiDependencies["overview"], "overview" | "activity"> };
  reading: Store["reading"];
}

interface ViewParts {
  store: Store;
  clock: Clock;
  search: SearchUpkeep;
  running: RunningParts;
  dataDir: string;
}

export function sampleViews({ store, clock, search, running, dataDir }: ViewParts): SampleViews {
  const { reading } = store;
  // Its own, which goes with it.
  const audit = new AuditLog(store.admin, clock);
  return {
    reading,
    api: {
      pages: new Pages({
        reading,
        cursors: new Cursors(randomBytes(32), 0),
        continuity: new Continuity([]),
        clock,
        search,
        savePosition: async () => {},
      }),
      investigation: new Investigation(store, clock, audit, async () => ({ tickets: [], told_in: [] })),
      campaigns: new Campaigns(reading),
      exceptions: new Exceptions(store, clock, audit),
      tickets: noTickets,
      overview: new Overview({ reading, clock, running, search, dataDir }),
    },
  };
}

function refused(): Promise<never> {
  return Promise.reject(new EdgeError("sample_refused", "this is sample data: no ticket is made of it"));
}

function unknown(): Promise<never> {
  return Promise.reject(new EdgeError("delivery_unknown", "sample data has no deliveries"));
}

const noTickets: TicketPort = {
  preview: refused,
  create: refused,
  renew: refused,
  tickets: async (_, { limit, offset }) => ({ tickets: [], total: 0, limit, offset }),
  deliveries: async (_, { limit, offset }) => ({ deliveries: [], total: 0, limit, offset }),
  deadLetters: async () => [],
  matching: async () => ({ count: 0, first: [] }),
  delivery: unknown,
  retry: unknown,
  identify: unknown,
  candidates: unknown,
  discard: unknown,
  retryAll: async () => ({ retried: 0 }),
  discardAll: async () => ({ discarded: 0 }),
};
