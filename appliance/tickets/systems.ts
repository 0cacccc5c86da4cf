/** The ticket systems of the settings in force, with one adapter for each system and route. */
import { EdgeError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { TicketSettings } from "../../core/settings/ticket-settings.ts";
import type { TicketSystemName } from "../../core/tickets/ticket.ts";
import type { TestStep, TicketRequest, TicketSystem } from "../../core/tickets/ticket-system.ts";
import { guarded } from "../../integrations/guarded.ts";
import type { AdapterTools } from "../../integrations/http.ts";
import { Jira } from "../../integrations/jira/jira.ts";
import { Proactive } from "../../integrations/proactive/proactive.ts";
import { ServiceNow } from "../../integrations/servicenow/servicenow.ts";
import type { Throttle } from "../../integrations/throttle.ts";
import { outboundFetch } from "../runtime/outbound-fetch.ts";

export class TicketSystems {
  readonly #settings: TicketSettings;
  readonly #tools: { now: () => number; mayAct?: () => boolean };
  readonly #throttles: Readonly<Record<TicketSystemName, Throttle>>;
  readonly #made = new Map<string, TicketSystem>();

  constructor(
    settings: TicketSettings,
    tools: { now: () => number; mayAct?: () => boolean },
    throttles: Readonly<Record<TicketSystemName, Throttle>>,
  ) {
    this.#throttles = throttles;
    this.#settings = settings;
    this.#tools = tools;
  }

  isConfigured(name: TicketSystemName): boolean {
    return this.#settings[name] !== null;
  }

  isEnabled(name: TicketSystemName): boolean {
    return this.#settings.enabled[name] && this.isConfigured(name);
  }

  /** The Retry-After of the target that the settings name. */
  throttleOf(name: TicketSystemName): Throttle {
    return this.#throttles[name];
  }

  /** The adapter for an entity's tickets; "" = no particular entity. @throws EdgeError not_configured, ca_file */
  of(name: TicketSystemName, entity: string): TicketSystem {
    const route = this.#settings.routes.get(entity.trim().toLowerCase()) ?? {};
    const key = JSON.stringify([name, route]);
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = makers[name](this.#settings, route, { ...this.#tools, throttle: this.#throttles[name] });
    if (made === null)
      throw new EdgeError(
        "not_configured",
        `${name} is not configured: ${this.#settings.lacking[name] ?? "its address and credentials"} must be set`,
      );
    const system = guarded(made);
    this.#made.set(key, system);
    return system;
  }
}

/** The same if settings may not have been read yet. @throws EdgeError not_configured, ca_file */
export function adapterOf(systems: TicketSystems | null, name: TicketSystemName, entity: string): TicketSystem {
  if (systems === null) throw new EdgeError("not_configured", `${name} is not configured`);
  return systems.of(name, entity);
}

type Route = TicketSettings["routes"] extends ReadonlyMap<string, infer R> ? R : never;
type Maker = (settings: TicketSettings, route: Route, tools: Omit<AdapterTools, "fetch">) => TicketSystem | null;

const makers = {
  jira: ({ jira, noProxy }, { jiraProject }, tools) =>
    jira === null
      ? null
      : new Jira(
          { ...jira, projectKey: jiraProject ?? jira.projectKey },
          { fetch: outboundFetch({ ...jira, noProxy }), ...tools },
        ),
  servicenow: ({ servicenow, noProxy }, { assignmentGroup }, tools) =>
    servicenow === null
      ? null
      : new ServiceNow(
          { ...servicenow, assignmentGroup: assignmentGroup ?? servicenow.assignmentGroup },
          { fetch: outboundFetch({ ...servicenow, noProxy }), ...tools },
        ),
  proactive: ({ proactive, noProxy }, { serviceIdentifier }, tools) =>
    proactive === null
      ? null
      : new Proactive(
          { ...proactive, serviceIdentifier: serviceIdentifier ?? proactive.serviceIdentifier },
          { fetch: outboundFetch({ ...proactive, noProxy }), ...tools },
        ),
} satisfies Record<TicketSystemName, Maker>;

export function noThrottles(): Record<TicketSystemName, Throttle> {
  const idle = (name: TicketSystemName) => ({ name, until: 0 });
  return { jira: idle("jira"), servicenow: idle("servicenow"), proactive: idle("proactive") };
}

/** Tests the connection of one system. `real`: a ticket that is held against what it requires. */
export async function testOf(
  settings: TicketSettings,
  system: TicketSystemName,
  clock: Clock,
  real?: TicketRequest,
): Promise<TestStep[]> {
  try {
    return await unsaved(settings, system, clock).test(real);
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    return [{ name: "Settings", ok: false, detail: error.message }];
  }
}

/** An adapter of its own for settings that need not be in force. @throws EdgeError not_configured, ca_file */
export function unsaved(settings: TicketSettings, system: TicketSystemName, clock: Clock): TicketSystem {
  return new TicketSystems(settings, { now: () => clock.now() }, noThrottles()).of(system, "");
}
