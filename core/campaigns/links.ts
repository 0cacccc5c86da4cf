/**
 * What joins two open incidents of an entity. A pure decision about their traces; who shares what is asked for. Whatever many share joins nothing
 * by itself: sessions, processes and movement are an attack's own.
 */
import { levels } from "../detection.ts";
import type { ActorType } from "../incident.ts";
import { hourMs, minuteMs } from "../time.ts";
import type { CampaignLink, LinkKind } from "./campaign.ts";
import { gapOf, hostValue, isSameHost, reachOf, type Trace } from "./traces.ts";

/** One of the two incidents. */
export interface Side {
  incidentId: string;
  actorType: ActorType;
  /** Its `group_key`. */
  actor: string;
  /** Its actor is one whom many share: an administrator, a server that everybody uses. */
  isShared: boolean;
}

/** `many`: more actors use it than an attack concerns. `role`: what it is for says so, as of a domain controller. */
export type Standing = "own" | "role" | "many";

export interface Sharing {
  ofHost(value: string): Standing;
  ofAddress(value: string): Standing;
  /** At most three actors use it, as a workstation. */
  isPersonal(host: string): boolean;
  /** At most five hosts had seen the account some hours before `at` (epoch ms). */
  isAtHome(account: string, at: number): boolean;
}

/** A trace of the one and one of the other that match, whatever the time. */
export interface Match {
  mine: Trace;
  theirs: Trace;
}

/** The kinds of traces that are looked for in others, for one of each kind. */
export const counterparts: Readonly<Record<Trace["kind"], readonly Trace["kind"][]>> = {
  host: ["host", "peer", "origin"],
  peer: ["host"],
  origin: ["host"],
  user: ["account"],
  account: ["user"],
  logon: ["logon"],
  process: ["process"],
  address: ["peer_address"],
  peer_address: ["address"],
  crown_jewel: ["crown_jewel"],
};

const high = levels.indexOf("high");
/** What happens on one machine within this time comes together. */
const togetherMs = 30 * minuteMs;

/** Why these two are one campaign: for each kind the earliest that they share; empty: they are not. */
export function linksOf(me: Side, other: Side, matches: readonly Match[], sharing: Sharing): CampaignLink[] {
  const found = new Map<LinkKind, CampaignLink>();
  const [incidentId, otherId] = [me.incidentId, other.incidentId].sort() as [string, string];
  const link = (kind: LinkKind, what: string, { mine, theirs }: Match) => {
    const at = Math.max(mine.first, theirs.first);
    const known = found.get(kind);
    if (known === undefined || at < known.at || (at === known.at && what < known.what))
      found.set(kind, { incidentId, otherId, kind, what, at });
  };
  const near = matches.filter(({ mine, theirs }) => gapOf(mine, theirs) <= reachOf(mine.kind));
  const named = near.find(({ mine }) => mine.kind === "user" || mine.kind === "account");
  const isShared = me.isShared || other.isShared;
  for (const match of near) {
    const { mine, theirs } = match;
    const kinds = `${mine.kind} ${theirs.kind}`;
    if (kinds === "logon logon" || kinds === "process process" || kinds === "crown_jewel crown_jewel")
      link(mine.kind as LinkKind, longer(mine.name, theirs.name), match);
    else if (kinds === "host peer" && isReached(me, other, match, sharing, named !== undefined))
      link("movement", mine.name, match);
    else if (kinds === "peer host" && isReached(other, me, match, sharing, named !== undefined))
      link("movement", theirs.name, match);
    else if (kinds === "host origin" && isLeft(me, other, match, sharing)) link("movement", mine.name, match);
    else if (kinds === "origin host" && isLeft(other, me, match, sharing)) link("movement", theirs.name, match);
    else if (kinds === "address peer_address" && isReached(me, other, match, sharing, named !== undefined))
      link("movement", mine.value, match);
    else if (kinds === "peer_address address" && isReached(other, me, match, sharing, named !== undefined))
      link("movement", mine.value, match);
    else if (kinds === "host host" && !isShared) {
      const kind = sameHost(me, other, match, sharing, named !== undefined);
      if (kind !== null) link(kind, ownerOf(mine.value, me, other)?.actor ?? longer(mine.name, theirs.name), match);
    }
  }
  // A log of the one's machine names the other's account.
  const owner = named?.mine.kind === "user" ? other : me;
  if (named !== undefined && !isShared && owner.actorType === "host") link("host", owner.actor, named);
  return [...found.values()];
}

/** Whether the other's logs that name a machine show movement to or from this incident, whose evidence is on that machine. */
function isReached(reached: Side, by: Side, { mine, theirs }: Match, sharing: Sharing, isNamed: boolean): boolean {
  const isAddress = mine.kind === "address" || mine.kind === "peer_address";
  const { value } = mine;
  const standing = isAddress ? sharing.ofAddress(value) : sharing.ofHost(value);
  // An administrator's and everybody's server have to do with every machine.
  if (standing === "many" || (by.isShared && by.actorType === "user")) return false;
  if (!isAddress && !isSameHost(mine.name, theirs.name)) return false;
  if (reached.actorType === "ip") return reached.actor === value;
  if (reached.actorType === "host") return isAddress || isOwner(value, reached);
  if (standing !== "own" || reached.isShared) return false;
  // Somebody's few machines stand for them where what they did there is grave.
  const { level, last } = mine.kind === "host" ? mine : theirs;
  return isAddress || isNamed || sharing.isPersonal(value) || (level >= high && sharing.isAtHome(reached.actor, last));
}

/** Whether an administrator came from the machine of an incident, at a time when it was grave there: then the account is not theirs alone. */
function isLeft(left: Side, by: Side, match: Match, sharing: Sharing): boolean {
  const [there, origin] = match.mine.kind === "host" ? [match.mine, match.theirs] : [match.theirs, match.mine];
  if (!by.isShared || by.actorType !== "user" || !isOwner(there.value, left) || left.isShared) return false;
  if (sharing.ofHost(there.value) !== "own" || !isSameHost(there.name, origin.name)) return false;
  return there.level >= high && gapOf(there, origin) <= hourMs;
}

/** What evidence on one machine says of two incidents that nobody shares; `isNamed`: a log of the one names the other's account. */
function sameHost(
  me: Side,
  other: Side,
  { mine, theirs }: Match,
  sharing: Sharing,
  isNamed: boolean,
): "host" | "name" | null {
  if (!isSameHost(mine.name, theirs.name) || sharing.ofHost(mine.value) !== "own") return null;
  const owners = [me, other].filter((side) => isOwner(mine.value, side));
  if (owners.length === 2) return "name";
  if (isNamed) return "host";
  // Whoever works on a machine has detections beside its own. An attack's are grave on both sides; on one, if they come together.
  const areGrave = Math.min(mine.level, theirs.level) >= high;
  const areTogether = gapOf(mine, theirs) <= togetherMs;
  if (owners.length === 0) return areGrave && areTogether && sharing.isPersonal(mine.value) ? "host" : null;
  const [user] = [me, other].filter((side) => !isOwner(mine.value, side));
  if (user === undefined || !sharing.isAtHome(user.actor, mine.last)) return null;
  const isGrave = Math.max(mine.level, theirs.level) >= high;
  return areGrave || (isGrave && areTogether) ? "host" : null;
}

function ownerOf(host: string, ...sides: readonly Side[]): Side | undefined {
  return sides.find((side) => isOwner(host, side));
}

/** Whether it is the host's own incident. */
function isOwner(host: string, { actorType, actor }: Side): boolean {
  return actorType === "host" && hostValue(actor) === host;
}

function longer(one: string, other: string): string {
  return other.length > one.length || (other.length === one.length && other < one) ? other : one;
}
