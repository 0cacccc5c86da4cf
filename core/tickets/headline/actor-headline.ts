/** The heading of an actor's incident from its evidence alone, for lists. */
import type { ActorState } from "../../correlation/actor-state.ts";
import { bestWindow } from "../../correlation/score.ts";
import { ruleSummaries } from "../../correlation/summary.ts";
import type { ActorType } from "../../incident.ts";
import { shortened } from "../../text/shorten.ts";
import { headlineOf, headlineText } from "./headline.ts";

const longest = 255;

/** `LSASS memory dumped on ws-101 by jsmith`, at most 255 characters. `now`: epoch milliseconds. */
export function headlineOfActor(
  { type, name }: { type: ActorType; name: string },
  { evidence, activity, windows }: ActorState,
  now: number,
): string {
  const [outbreak = null] = [...evidence.outbreaks].sort((a, b) => b.hosts - a.hosts || a.firstAt - b.firstAt);
  const headline = headlineOf({
    actor: name,
    actorType: type,
    rules: ruleSummaries(evidence),
    floorRule: bestWindow(windows, now)?.facts.floor?.rule ?? null,
    alarms: { count: activity.alarms, maxRbp: activity.rbpMax },
    outbreak:
      outbreak === null
        ? null
        : { rule: outbreak.title, hosts: outbreak.hosts, spanMs: outbreak.lastAt - outbreak.firstAt },
  });
  return shortened(headlineText(headline), longest);
}
