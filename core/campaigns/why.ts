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
      // The host may be one of the two itself.
      if (isHost(of.one, given)) return `${other} was active on ${what} ${when}`;
      if (isHost(of.other, given)) return `${one} was active on ${what} ${when}`;
      return `${both} were both active on ${what} ${when}`;
    case "logon":
      return `${both} share a logon session, ${what}, ${when}`;
    case "process":
      return `${both} share a chain of processes, ${what}, ${when}`;
    case "movement":
      return `something moved between ${one} and ${other}, ${what}, ${when}`;
    case "crown_jewel":
      return `the same rule, "${what}", fired for ${both} within minutes, ${when}`;
    case "outbreak":
      return `${both} are part of one outbreak of "${what}", ${when}`;
    case "name":
      return `logs show that ${one} and ${other} are one: ${what}, ${when}`;
  }
}

function nameOf(of: LinkedActor | null): string {
  return of === null ? "an incident that is no longer kept" : shortened(oneLine(of.actor), longestName) || "no name";
}

function isHost(of: LinkedActor | null, host: string): boolean {
  return of?.actorType === "host" && of.actor.toLowerCase() === host.trim().toLowerCase();
}
