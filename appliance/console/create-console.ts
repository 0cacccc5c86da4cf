/** Composes what the console needs beside the API. */
import type { Caller } from "../../core/access/caller.ts";
import type { Clock } from "../../core/ports.ts";
import type { ApiDependencies } from "../../transports/http/api/dependencies.ts";
import type { ConsoleDependencies, ShellCounts } from "../../transports/http/console/ports.ts";
import type { Accounts } from "../access/accounts.ts";
import type { ConsoleSessions } from "../access/console-sessions.ts";
import { trustedProxies } from "../api/client-address.ts";
import type { OwnAccount } from "../api/own-account.ts";

export interface ConsoleParts {
  api: ApiDependencies;
  accounts: Accounts;
  sessions: ConsoleSessions;
  ownAccount: OwnAccount;
  clock: Clock;
  trustedProxies: readonly string[];
  /** `RHYTHMX_BASE_URL`; null = not set. */
  baseUrl(): string | null;
}

export function createConsole(parts: ConsoleParts): ConsoleDependencies {
  const { api, accounts, sessions, ownAccount, clock } = parts;
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
    origin: { isTrustedProxy: trustedProxies(parts.trustedProxies), baseUrl: parts.baseUrl },
    now: () => clock.now(),
  };
}

async function countsOf({ pages, tickets }: ApiDependencies, caller: Caller): Promise<ShellCounts> {
  const total = async (collection: "incidents" | "cases", statuses: readonly string[]) => {
    const order = { sortBy: "created_at", sortDir: "desc", since: null, updatedSince: null, cursor: null } as const;
    const request = { collection, filters: { statuses }, ...order, limit: 1, offset: 0, literal: true };
    return (await pages.page(caller, request)).total;
  };
  const [openIncidents, activeCases, letters] = await Promise.all([
    total("incidents", ["OPEN", "IN_PROGRESS"]),
    total("cases", ["OPEN", "IN_PROGRESS"]),
    tickets.deadLetters(caller) as Promise<{ count: number }[]>,
  ]);
  return { openIncidents, activeCases, stuckDeliveries: letters.reduce((sum, { count }) => sum + count, 0) };
}
