/**
 * The store of a node that follows. What only this process would have to remember of a sign-in stays in its memory, so that people can sign in
 * and read there also while nobody leads; everything else that writes is refused by the store.
 */
import { StoreError } from "../../core/errors.ts";
import type { Store } from "../../store/open-store.ts";
import type { Log } from "../runtime/log.ts";

export function followerStore(store: Store, log: Log): Store {
  const nothing = async () => {};
  return {
    ...store,
    // Their values change while the store is used.
    get isIdle() {
      return store.isIdle;
    },
    get waiting() {
      return store.waiting;
    },
    admin: {
      ...store.admin,
      insertSession: nothing,
      updateSession: nothing,
      deleteSessions: nothing,
      insertConsoleSession: nothing,
      touchConsoleSessions: nothing,
      deleteConsoleSessions: nothing,
      touchApiKeys: nothing,
      savePollPositions: nothing,
      // When somebody last signed in, and which code was used.
      updateUser: async () => true,
      addAudit: async (entries) => {
        for (const { who, action, target, address, source } of entries)
          log.info("audit", { who, action, target, address, source });
      },
    },
    incidents: {
      ...store.incidents,
      configureCorrelation: (settings) => store.incidents.configureCorrelation(settings).catch(unlessRefused),
    },
    tickets: {
      ...store.tickets,
      saveThrottle: nothing,
      noteTarget: async () => false,
      applyServiceLevels: async () => false,
    },
  };
}

/** `assets.json` is noted in the file by the leader. */
function unlessRefused(error: unknown): void {
  if (!(error instanceof StoreError) || error.code !== "store_not_leader") throw error;
}
