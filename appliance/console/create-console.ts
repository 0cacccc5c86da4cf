/** Composes what the console needs beside the API. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Caller, seesEntity } from "../../core/access/caller.ts";
import { EdgeError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import { promotionOf } from "../../core/tickets/case/case-facts.ts";
import { type Story, storyOf } from "../../core/tickets/case/story.ts";
import type { Store } from "../../store/open-store.ts";
import type { ApiDependencies } from "../../transports/http/api/dependencies.ts";
import { type ConsoleDependencies, mostEntityOptions, type ShellCounts } from "../../transports/http/console/ports.ts";
import type { Accounts } from "../access/accounts.ts";
import type { AuditLog } from "../access/audit-log.ts";
import type { ConsoleSessions } from "../access/console-sessions.ts";
import { firstPasswordFile } from "../access/first-admin.ts";
import type { KeyRing } from "../access/key-ring.ts";
import { trustedProxies } from "../api/client-address.ts";
import type { OwnAccount } from "../api/own-account.ts";
import type { SampleData } from "../api/sample-data.ts";
import type { FeedDesk } from "../feeds/feed-desk.ts";
import { destinationPort } from "./destination-port.ts";
import { withSample } from "./with-sample.ts";

export interface ConsoleParts {
  api: ApiDependencies;
  sample: SampleData;
  accounts: Accounts;
  sessions: ConsoleSessions;
  ownAccount: OwnAccount;
  clock: Clock;
  reading: Store["reading"];
  settings: { dataDir: string };
  /** When the listener's certificate ends, epoch milliseconds; null = plain HTTP, or none that can be read. */
  certificateEndsAt(): number | null;
  keys: Pick<KeyRing, "ending">;
  audit: AuditLog;
  feedDesk: FeedDesk;
  trustedProxies(): readonly string[];
  /** `RHYTHMX_BASE_URL`; null = not set. */
  baseUrl(): string | null;
}

export function createConsole(parts: ConsoleParts): ConsoleDependencies {
  const { accounts, sessions, ownAccount, clock, sample } = parts;
  const api = withSample(parts.api, sample);
  const reading = () => sample.views?.reading ?? parts.reading;
  return {
    api,
    sessions: {
      signIn: (request) => sessions.signIn(request),
      confirm: (request) => sessions.confirm(request),
      callerOf: (cookie, address, isUse) => sessions.callerOf(cookie, address, isUse),
      signOut: (cookie, address) => sessions.signOut(cookie, address),
      changePassword: async (caller, current, next) => {
        await ownAccount.changePassword(caller, current, next);
        return sessions.renew(caller.id, caller.address);
      },
      changeDisplayName: (caller, name) => ownAccount.changeDisplayName(caller, name),
      confirmPassword: (caller, password) => ownAccount.confirmPassword(caller, password),
    },
    overview: {
      entities: async (caller) => {
        const names = await reading().listEntities(caller.entities, mostEntityOptions + 1);
        return names.length > mostEntityOptions ? null : names;
      },
      entityCalled: async (caller, name) => {
        const [found] = seesEntity(caller, name) ? await reading().listEntities([name.trim()], 1) : [];
        return found ?? null;
      },
      recentChanges: (caller, entity, limit) =>
        reading().recentHistory(entity === null ? caller.entities : seesEntity(caller, entity) ? [entity] : [], limit),
      setUp: () => ({
        certificateEndsAt: parts.certificateEndsAt(),
        endingKeys: parts.keys.ending(),
        hasFirstPassword: existsSync(join(parts.settings.dataDir, firstPasswordFile)),
      }),
    },
    incidents: {
      story: (caller, id) => storyFor(caller, id, { reading: reading(), clock }),
      assignable: (entity) =>
        accounts
          .list()
          .filter(({ role, entities, disabledAt }) => {
            const limits = { entities: entities.length === 0 ? null : entities };
            return disabledAt === null && (role === "analyst" || role === "admin") && seesEntity(limits, entity);
          })
          .map(({ name }) => name)
          .sort(),
    },
    shell: {
      counts: (caller) => countsOf(api, caller),
      people: () =>
        new Map(
          accounts
            .list()
            .flatMap(({ name, displayName }) =>
              displayName === null ? [] : [[name.toLowerCase(), displayName] as const],
            ),
        ),
    },
    sample: {
      isShown: () => sample.views !== null,
      start: (caller) => sample.start(caller),
      remove: (caller) => sample.remove(caller),
    },
    destinations: destinationPort(parts.feedDesk, parts.audit),
    origin: { isTrustedProxy: trustedProxies(() => parts.trustedProxies()), baseUrl: parts.baseUrl },
    now: () => clock.now(),
  };
}

async function storyFor(
  caller: Caller,
  id: string,
  { reading, clock }: Pick<ConsoleParts, "reading" | "clock">,
): Promise<Story> {
  const now = clock.now();
  const row = await reading.readRow("incidents", id, now);
  const [facts, samples] =
    row === null || !seesEntity(caller, row.entity)
      ? [null, []]
      : await Promise.all([reading.readIncident(id, now), reading.readSamples(id)]);
  if (facts === null) throw new EdgeError("incident_unknown", `there is no incident ${id.slice(0, 32).toWellFormed()}`);
  return storyOf({ ...facts, promotion: promotionOf(facts.history), samples });
}

async function countsOf({ pages, tickets }: ApiDependencies, caller: Caller): Promise<ShellCounts> {
  const total = async (collection: "incidents" | "cases", statuses: readonly string[]) => {
    const order = { sortBy: "created_at", sortDir: "desc", since: null, updatedSince: null, cursor: null } as const;
    const request = { collection, filters: { statuses }, ...order, limit: 1, offset: 0, literal: true };
    return (await pages.page(caller, request)).total;
  };
  const [openIncidents, activeCases, stuck] = await Promise.all([
    total("incidents", ["OPEN", "IN_PROGRESS"]),
    total("cases", ["OPEN", "IN_PROGRESS"]),
    tickets.deliveries(caller, { states: ["parked", "dead"], limit: 0, offset: 0 }),
  ]);
  return { openIncidents, activeCases, stuckDeliveries: Number(stuck.total) };
}
