/** Why two incidents are of one campaign, as a sentence that an analyst understands. */
import type { ActorType } from "../incident.ts";
import { oneLine, shortened } from "../text/shorten.ts";
import type { CampaignLink } from "./campaign.ts";

/** The actor of an incident, as far as a sentence needs it. Untrusted text. */
export interface LinkedActor {
  actor: string;
  actorType: ActorType;
}

const longestName = 64;
const longestWhat = 110;

/**
 * `jsmith and svc-backup were both active on ws-101 at 2026-03-13 10:02 UTC`; one line without a full stop. `of`: the actors of both
 * incidents; null where retention has taken one.
 */
export function linkSentence(
  { kind, what: given, at }: CampaignLink,
  of: { one: LinkedActor | null; other: LinkedActor | null },
): string {
  const [one, other] = [nameOf(of.one), nameOf(of.other)];
  const what = shortened(oneLine(given), longestWhat) || "something without a name";
  const both = `${one} and ${other}`;
  const when = `at ${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  switch (kind) {
    case "host":
      return `${ofHost(given, what, of) ?? `${both} were both active on ${what}`} ${when}`;
    case "logon":
      return `${both} share the logon session ${what} ${when}`;
    case "process":
      return `${both} share the process ${what} ${when}`;
    case "movement":
      return `${both} are linked by movement to or from ${what} ${when}`;
    case "crown_jewel":
      return `the same rule, "${what}", fired for ${both} within minutes ${when}`;
    case "outbreak":
      return `${both} are part of one outbreak of "${what}" ${when}`;
    case "name":
      return `${both} are two names of one, ${what}, ${when}`;
  }
}

/** Where the host is one of the two itself: who was active on it, or which account its logs name (`what`: `jsmith on ws-101`). */
function ofHost(given: string, what: string, { one, other }: { one: LinkedActor | null; other: LinkedActor | null }) {
  const name = given.trim().toLowerCase();
  for (const [host, guest] of [
    [one, other],
    [other, one],
  ] as const) {
    if (host?.actorType !== "host") continue;
    const actor = host.actor.toLowerCase();
    if (name === actor) return `${nameOf(guest)} was active on ${what}`;
    if (name.endsWith(` on ${actor}`))
      return `the logs of ${nameOf(host)} name ${shortened(oneLine(given.slice(0, -` on ${actor}`.length)), longestName)}`;
  }
  return null;
}

function nameOf(of: LinkedActor | null): string {
  return of === null ? "an incident that is no longer kept" : shortened(oneLine(of.actor), longestName) || "no name";
}
