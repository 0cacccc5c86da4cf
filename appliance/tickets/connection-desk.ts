/** What people do with the connection to a ticket system besides saving its settings, also with values that are not saved yet. */
import type { Clock } from "../../core/ports.ts";
import { namesOfSection, type SettingName } from "../../core/settings/setting-definitions.ts";
import type { TicketSettings } from "../../core/settings/ticket-settings.ts";
import { type GivenValue, readTicketSettings } from "../../core/settings/tickets.ts";
import { type TicketSystemName, ticketSystems } from "../../core/tickets/ticket.ts";
import type { TestStep } from "../../core/tickets/ticket-system.ts";
import type { Store } from "../../store/open-store.ts";
import { givenFields, refuseLeavingSecret } from "./secret-guard.ts";
import { changeOf, type SettingChange, systemOf } from "./settings-request.ts";
import { testOf } from "./systems.ts";

type Json = Record<string, unknown>;

interface DeskParts {
  store: Store;
  clock: Clock;
  /** Pinned and saved values. */
  values(): Map<string, GivenValue>;
  /** A test of the settings in force has passed. */
  accepted(system: TicketSystemName): Promise<void>;
}

/** The settings as they would be with a request's fields. */
interface Meant {
  settings: TicketSettings;
  /** What is wrong with one of the system's; null = nothing. */
  wrong: string | null;
  changes: SettingChange[];
}

export class ConnectionDesk {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** Tests a connection with `body` merged into the settings in force; nothing is written in the target. @throws UsageError; EdgeError section_unknown */
  async test(
    section: string,
    body: Json,
  ): Promise<{ ok: boolean; steps: TestStep[]; at: string; given: SettingChange[] }> {
    const system = systemOf(section);
    const { store, clock } = this.#parts;
    const { settings, wrong, changes } = this.#meant(system, body);
    const steps: TestStep[] =
      wrong === null ? await testOf(settings, system, clock) : [{ name: "Settings", ok: false, detail: wrong }];
    const at = clock.now();
    const ok = steps.every((step) => step.ok);
    // Only a test of the settings in force is recorded.
    if (Object.keys(body).length === 0) {
      await store.tickets.saveConnectionTest({ section: system, at, ok, steps });
      if (ok) await this.#parts.accepted(system);
    }
    return { ok, steps, at: new Date(at).toISOString(), given: changes };
  }

  /** The configured systems. */
  async testAll(): Promise<{ system: TicketSystemName; steps: TestStep[] }[]> {
    const { settings } = readTicketSettings(this.#parts.values());
    const wanted = ticketSystems.filter((system) => settings[system] !== null || settings.enabled[system]);
    return Promise.all(
      wanted.map(async (system) => ({ system, steps: await testOf(settings, system, this.#parts.clock) })),
    );
  }

  #meant(system: TicketSystemName, body: Json): Meant {
    const given = givenFields(system, body);
    const before = this.#parts.values();
    refuseLeavingSecret(system, given, before);
    const values = new Map(before);
    for (const [name, text] of given) {
      if (text === null) values.delete(name);
      else values.set(name, { text, source: "request", pinned: false });
    }
    const { settings, problems } = readTicketSettings(values);
    const wrong = problems.find(({ key }) => namesOfSection(system).includes(key as SettingName));
    return {
      settings,
      wrong: wrong === undefined ? null : `${wrong.key}: ${wrong.accepted}`,
      changes: [...given].flatMap(([name, text]) => changeOf(name, before.get(name)?.text ?? null, text)),
    };
  }
}
