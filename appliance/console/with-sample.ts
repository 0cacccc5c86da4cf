/** The API's functions as the console uses them: over sample data while there is any, else over what is real. */
import type { Caller } from "../../core/access/caller.ts";
import type { ApiDependencies } from "../../transports/http/api/dependencies.ts";
import type { SampleData } from "../api/sample-data.ts";

/** Accounts, settings, assets and the appliance's own state are always the real ones. */
export function withSample(api: ApiDependencies, sample: Pick<SampleData, "views">): ApiDependencies {
  const now = () => sample.views?.api ?? api;
  return {
    ...api,
    get pages() {
      return now().pages;
    },
    get investigation() {
      return now().investigation;
    },
    get campaigns() {
      return now().campaigns;
    },
    get exceptions() {
      return now().exceptions;
    },
    get tickets() {
      return now().tickets;
    },
    overview: {
      overview: (caller: Caller, since: number | null) => now().overview.overview(caller, since),
      activity: (caller: Caller, query: { entity: string | null; hours: number }) =>
        now().overview.activity(caller, query),
      system: (caller: Caller) => api.overview.system(caller),
      retention: (days: number | null) => api.overview.retention(days),
    },
  };
}
