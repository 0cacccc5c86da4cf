/** What the address of the deliveries' pages asks for, and which deliveries that means. */

import { type DeliveryState, ticketSystems } from "../../../../../core/tickets/ticket.ts";
import { dayMs } from "../../../../../core/time.ts";
import type { DeadLetterChoice } from "../../../api/tickets/ticket-port.ts";
import { dayStart } from "../../parts/time.tsx";
import { undecidedCauses } from "./delivery-rows.ts";

export interface View {
  /** In the address. */
  id: string;
  name: string;
  states: readonly DeliveryState[];
  causes?: readonly string[];
  empty: string;
}

export const views: readonly View[] = [
  { id: "", name: "Stand still", states: ["parked", "dead"], empty: "Nothing stands still." },
  { id: "queue", name: "Queue", states: ["planned", "sending", "unknown"], empty: "Nothing waits to be sent." },
  {
    id: "unidentified",
    name: "Made, not identified",
    states: ["parked"],
    causes: undecidedCauses,
    empty: "No ticket waits to be named.",
  },
  { id: "parked", name: "Parked", states: ["parked"], empty: "Nothing is parked." },
  { id: "dead", name: "Dead", states: ["dead"], empty: "Nothing is dead." },
  { id: "done", name: "Done", states: ["confirmed", "discarded"], empty: "Nothing has been sent yet." },
];

/** The parameters of the address. Days are those of the viewer's zone. */
export const askedNames = ["state", "system", "cause", "entity", "incident", "from", "to"] as const;
export type Asked = Record<(typeof askedNames)[number], string>;

/** `read`: what the address or a form has for a name. */
export function askedOf(read: (name: string) => string): Asked {
  const given = Object.fromEntries(askedNames.map((name) => [name, read(name)])) as Asked;
  return {
    ...given,
    state: viewOf(given).id,
    system: ticketSystems.find((one) => one === given.system) ?? "",
    incident: given.incident.toUpperCase().replace(/^INC-(.*)$/, (_, id: string) => `INC-${id.toLowerCase()}`),
  };
}

export function viewOf({ state }: Pick<Asked, "state">): View {
  return views.find(({ id }) => id === state) ?? (views[0] as View);
}

/** Whether what the view has stands still, so that many can be decided at once. */
export function isStanding({ states }: View): boolean {
  return states.every((state) => state === "parked" || state === "dead");
}

export function isNarrowed({ state: _, ...rest }: Asked): boolean {
  return Object.values(rest).some((one) => one !== "");
}

/** What narrows it in any view. `to` is the last day that counts. */
export function narrowed({ system, entity, incident, from, to }: Asked, zone: string): Omit<DeadLetterChoice, "state"> {
  const since = dayStart(from, zone);
  const before = dayStart(to, zone) === null ? null : dayStart(dayAfter(to), zone);
  const known = ticketSystems.find((one) => one === system);
  return {
    ...(known === undefined ? {} : { system: known }),
    ...(entity === "" ? {} : { entity }),
    ...(incident === "" ? {} : { incidentId: incident }),
    ...(since === null ? {} : { since }),
    ...(before === null ? {} : { before }),
  };
}

/** Those that stand still and match. `shownAt` (epoch milliseconds): what began to stand still after that was not seen, and is not meant. */
export function choiceOf(asked: Asked, zone: string, shownAt: number): DeadLetterChoice {
  const { states, causes } = viewOf(asked);
  const meant = causesOf(causes, asked.cause);
  const choice = narrowed(asked, zone);
  const [state, ...more] = states;
  return {
    ...choice,
    ...(more.length === 0 && (state === "parked" || state === "dead") ? { state } : {}),
    ...(meant === null ? {} : { causes: meant }),
    before: Math.min(choice.before ?? Number.POSITIVE_INFINITY, shownAt + 1),
  };
}

/** The causes of a view, narrowed to the one that is asked for; null = any. */
export function causesOf(ofView: readonly string[] | undefined, asked: string): readonly string[] | null {
  if (asked === "") return ofView ?? null;
  return ofView === undefined || ofView.includes(asked) ? [asked] : [];
}

/** The address of a page of these. */
export function addressOf(path: string, asked: Asked): string {
  const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== "")).toString();
  return query === "" ? path : `${path}?${query}`;
}

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + dayMs).toISOString().slice(0, 10);
}
