/** What forms of the deliveries' pages do. */
import { UsageError } from "../../../../../core/errors.ts";
import { type TicketSystemName, ticketSystems } from "../../../../../core/tickets/ticket.ts";
import type { DeadLetterChoice } from "../../../api/tickets/ticket-port.ts";
import type { FormFields } from "../../form-fields.ts";
import type { Action } from "../../page.ts";
import { systemName } from "../overview-state.ts";
import { allActions } from "./all.tsx";
import { candidatesAction } from "./delivery.tsx";

const common = { permission: "ticket:write" } as const;
const longestReason = 1_000;
const pageOf = (id: string) => `/deliveries/${encodeURIComponent(id)}`;

export const deliveryActions: readonly Action[] = [
  ...allActions,
  candidatesAction,
  {
    ...common,
    path: "/console/deliveries/retry",
    run: async ({ caller, ports, form }) => {
      const { retried } = await ports.api.tickets.retryAll(caller, choiceOf(form));
      return { to: "/deliveries", said: `${counted(retried)} sent again.` };
    },
  },
  {
    ...common,
    path: "/console/deliveries/discard",
    run: async ({ caller, ports, form }) => {
      const reason = form.required("reason", longestReason);
      const shownAt = Number(form.required("shown_at", 20));
      const choice = { ...choiceOf(form), before: Number.isFinite(shownAt) ? shownAt + 1 : 0 };
      const { discarded } = await ports.api.tickets.discardAll(caller, choice, reason);
      return { to: "/deliveries", said: `${counted(discarded)} given up.` };
    },
  },
  {
    ...common,
    path: "/console/deliveries/:id/retry",
    run: async ({ caller, ports, form, param }) => {
      await ports.api.tickets.retry(caller, param("id"), fieldsOf(form), seenAt(form));
      return { to: pageOf(param("id")), said: "It is sent again." };
    },
  },
  {
    ...common,
    path: "/console/deliveries/:id/discard",
    run: async ({ caller, ports, form, param }) => {
      await ports.api.tickets.discard(caller, param("id"), form.required("reason", longestReason), seenAt(form));
      return { to: pageOf(param("id")), said: "It is given up." };
    },
  },
  {
    ...common,
    path: "/console/deliveries/:id/identify",
    run: async ({ caller, ports, form, param }) => {
      const number = form.required("number", 64);
      const { system } = await ports.api.tickets.identify(caller, param("id"), number);
      return { to: pageOf(param("id")), said: `${systemName(String(system))} ${number} is the incident's ticket now.` };
    },
  },
];

/** A form of one cause names all three: without them everything would go. @throws UsageError */
function choiceOf(form: FormFields): DeadLetterChoice {
  const system: TicketSystemName = form.oneOf("system", ticketSystems);
  return { system, state: form.oneOf("state", ["parked", "dead"]), causes: [form.text("cause", 64)] };
}

/** When the delivery was last changed, as the page had it (epoch milliseconds); null = the form does not say. */
export function seenAt(form: FormFields): number | null {
  const at = Date.parse(form.text("seen", 40));
  return Number.isNaN(at) ? null : at;
}

/** @throws UsageError no JSON object */
function fieldsOf(form: FormFields): Record<string, unknown> | null {
  const text = form.text("fields", 20_000);
  if (text === "") return null;
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new UsageError('fields: a JSON object, such as {"labels": null}');
  }
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new UsageError('fields: a JSON object, such as {"labels": null}');
  return given as Record<string, unknown>;
}

function counted(count: number): string {
  return count === 1 ? "1 delivery is" : `${count} deliveries are`;
}
