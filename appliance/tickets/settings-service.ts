/** The settings of ticket systems for API and console: pinned and saved values, and tests. Secrets are write-only. */
import { EdgeError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import {
  type FieldProblem,
  type LastSaved,
  refuseProblems,
  sectionVersion,
  settingsChanged,
} from "../../core/settings/sections/section-version.ts";
import {
  fieldOf,
  namesOfSection,
  type TicketSection,
  type TicketSettingName,
  ticketDefinitions,
} from "../../core/settings/ticket-definitions.ts";
import type { TicketSettings } from "../../core/settings/ticket-settings.ts";
import { type GivenValue, readTicketSettings } from "../../core/settings/tickets.ts";
import { type TicketSystemName, ticketSystems } from "../../core/tickets/ticket.ts";
import type { TestStep, TicketSystem } from "../../core/tickets/ticket-system.ts";
import type { Store } from "../../store/open-store.ts";
import type { Secrets } from "../access/master-key.ts";
import { Turns } from "../access/turns.ts";
import type { Log } from "../runtime/log.ts";
import type { TicketDispatcher } from "./dispatcher.ts";
import { givenFields, refuseLeavingSecret } from "./secret-guard.ts";
import {
  changeOf,
  differenceOf,
  fieldProblems,
  known,
  placeOf,
  refusePinned,
  type SettingChange,
  systemOf,
} from "./settings-request.ts";
import { policyJson, syncJson, ticketsJson, warningsOf } from "./status.ts";
import { adapterOf, noThrottles, TicketSystems } from "./systems.ts";

type Json = Record<string, unknown>;

interface SettingsParts {
  store: Store;
  clock: Clock;
  log: Log;
  secrets: Secrets;
  dispatcher: TicketDispatcher;
}

export class SettingsService {
  readonly #parts: SettingsParts;
  readonly #saves = new Turns();
  #pinned: ReadonlyMap<string, GivenValue> = new Map();
  #isLoaded = false;
  /** Values as plain text. */
  #saved = new Map<string, GivenValue>();
  #savedBy = new Map<string, LastSaved>();

  constructor(parts: SettingsParts) {
    this.#parts = parts;
  }

  /** Loads saved settings and applies them. `pinned`: settings from environment and files. */
  async load(pinned: ReadonlyMap<string, GivenValue>): Promise<void> {
    const { store, secrets, log } = this.#parts;
    const before = this.#isLoaded ? this.#given() : null;
    this.#pinned = pinned;
    this.#saved = new Map();
    this.#savedBy = new Map();
    for (const { name, value, secret, who, at } of await store.tickets.listSavedSettings()) {
      if (!Object.hasOwn(ticketDefinitions, name)) continue;
      this.#savedBy.set(name, { who, at });
      try {
        const text = secret ? secrets.open(value, placeOf(name)) : value;
        this.#saved.set(name, { text, source: "saved", pinned: false });
      } catch (error) {
        if (!(error instanceof EdgeError)) throw error;
        log.error("a saved secret cannot be read", { setting: name, error: error.message });
      }
    }
    await this.#apply();
    this.#isLoaded = true;
    // A reload that mends something lets go what was parked for it.
    if (before === null) return;
    const now = this.#given();
    for (const system of ticketSystems)
      if (namesOfSection(system).some((name) => before.get(name)?.text !== now.get(name)?.text))
        await this.#resume(system);
  }

  /** The fields of a section; a secret is shown as `configured`. @throws EdgeError section_unknown */
  section(section: string): Json {
    const values = this.#given();
    const names = namesOfSection(known(section));
    const fields = names.map((name) => {
      const { secret, fallback } = ticketDefinitions[name];
      const given = values.get(name);
      const value = secret ? { configured: given !== undefined } : { value: given?.text ?? fallback };
      return [
        fieldOf(known(section), name),
        { ...value, setting: name, source: given?.source ?? "default", pinned: given?.pinned ?? false },
      ];
    });
    const last = this.#lastSaved(known(section));
    return {
      section,
      version: this.#version(known(section)),
      saved: last === null ? null : { who: last.who, at: new Date(last.at).toISOString() },
      fields: Object.fromEntries(fields),
    };
  }

  /** The secrets in force, for taking them out of what leaves the appliance. */
  secretValues(): string[] {
    return [...this.#given()].flatMap(([name, { text }]) =>
      ticketDefinitions[name as TicketSettingName]?.secret ? [text] : [],
    );
  }

  /**
   * Saves all fields of a section or none; null or empty resets one to its default. `version`: which the section must have; null = whichever.
   * @throws UsageError; EdgeError setting_pinned, settings_changed
   */
  save(
    section: string,
    body: Json,
    who: string,
    version: string | null,
  ): Promise<{ section: Json; changes: SettingChange[] }> {
    // One after the other, so that nothing changes between the check and the write.
    return this.#saves.run("settings", () => this.#save(known(section), body, who, version));
  }

  /** What is wrong with fields that somebody is about to save: everything at once. @throws EdgeError section_unknown */
  check(section: string, body: Json): FieldProblem[] {
    return fieldProblems(known(section), body, { pinned: this.#pinned, present: this.#given() });
  }

  #version(section: TicketSection): string {
    const saved = namesOfSection(section).flatMap((name) => {
      const value = this.#saved.get(name);
      return value === undefined ? [] : [[name, value.text] as const];
    });
    return sectionVersion(saved, this.#parts.secrets.key("settings").toString("hex"));
  }

  #lastSaved(section: TicketSection): LastSaved | null {
    const all = namesOfSection(section).flatMap((name) => this.#savedBy.get(name) ?? []);
    return all.reduce<LastSaved | null>((last, one) => (last !== null && last.at >= one.at ? last : one), null);
  }

  async #save(
    section: TicketSection,
    body: Json,
    who: string,
    version: string | null,
  ): Promise<{ section: Json; changes: SettingChange[] }> {
    const { store, clock, secrets } = this.#parts;
    const given = givenFields(section, body);
    const before = this.#given();
    refusePinned(section, given, this.#pinned);
    refuseProblems(fieldProblems(section, body, { pinned: this.#pinned, present: before }));
    if (version !== null && version !== this.#version(section)) {
      const differences = [...given].flatMap(([name, text]) => differenceOf(section, name, before, text));
      throw settingsChanged(section, this.#lastSaved(section), differences);
    }
    const rows = [...given].map(([name, text]) => {
      const { secret } = ticketDefinitions[name];
      return { name, secret, value: text === null ? null : secret ? secrets.seal(text, placeOf(name)) : text };
    });
    if (rows.length > 0) await store.tickets.saveSettings(rows, who, clock.now());
    await this.load(this.#pinned);
    await this.#resume(section);
    const changes = [...given].flatMap(([name, text]) => changeOf(name, before.get(name)?.text ?? null, text));
    return { section: this.section(section), changes };
  }

  /** Tests a connection with `body` merged into the settings in force; nothing is written in the target. */
  async test(
    section: string,
    body: Json,
  ): Promise<{ ok: boolean; steps: TestStep[]; at: string; given: SettingChange[] }> {
    const system = systemOf(section);
    const { store, clock } = this.#parts;
    const given = givenFields(system, body);
    const before = this.#given();
    refuseLeavingSecret(system, given, before);
    const values = new Map(before);
    for (const [name, text] of given) {
      if (text === null) values.delete(name);
      else values.set(name, { text, source: "request", pinned: false });
    }
    const { settings, problems } = readTicketSettings(values);
    const wrong = problems.find(({ key }) => namesOfSection(system).includes(key as TicketSettingName));
    let steps: TestStep[];
    if (wrong !== undefined) steps = [{ name: "Settings", ok: false, detail: `${wrong.key}: ${wrong.accepted}` }];
    else steps = await testOf(settings, system, clock);
    const at = clock.now();
    const ok = steps.every((step) => step.ok);
    // Only a test of the settings in force is recorded.
    if (given.size === 0) {
      await store.tickets.saveConnectionTest({ section: system, at, ok, steps });
      if (ok) await this.#resume(system);
    }
    const changed = [...given].flatMap(([name, text]) => changeOf(name, before.get(name)?.text ?? null, text));
    return { ok, steps, at: new Date(at).toISOString(), given: changed };
  }

  /** The adapter for an entity's tickets, with the settings in force. @throws EdgeError not_configured, ca_file */
  adapterOf(system: TicketSystemName, entity: string): TicketSystem {
    return adapterOf(this.#parts.dispatcher.systems, system, entity);
  }

  /** The configured systems. */
  async testAll(): Promise<{ system: TicketSystemName; steps: TestStep[] }[]> {
    const { settings } = readTicketSettings(this.#given());
    const wanted = ticketSystems.filter((system) => settings[system] !== null || settings.enabled[system]);
    return Promise.all(
      wanted.map(async (system) => ({ system, steps: await testOf(settings, system, this.#parts.clock) })),
    );
  }

  /** Configured, Enabled, Last Test (seed 001), and the state of deliveries. */
  async status(): Promise<Json[]> {
    const { store, dispatcher } = this.#parts;
    const tests = new Map((await store.tickets.listConnectionTests()).map((test) => [test.section, test]));
    const counts = await store.tickets.countDeliveries();
    const tickets = await store.tickets.countTickets();
    const { settings } = readTicketSettings(this.#given());
    const shown = ticketSystems.filter((name) => name !== "proactive" || settings.enabled[name] || settings[name]);
    return shown.map((system) => {
      const test = tests.get(system);
      const waiting = Object.fromEntries(
        counts.filter((one) => one.system === system).map(({ state, count }) => [state, count]),
      );
      return {
        system,
        configured: settings[system] !== null,
        // Including warnings of the last test.
        warnings: [
          ...warningsOf(settings, system),
          ...(test?.steps ?? [])
            .filter(({ warning }) => warning === true)
            .map(({ name, detail }) => `${name}: ${detail}`),
        ],
        enabled: settings.enabled[system],
        last_test: test === undefined ? null : { at: new Date(test.at).toISOString(), ok: test.ok, steps: test.steps },
        answers: !dispatcher.isDown(system),
        deliveries: waiting,
        sync: syncJson(dispatcher.syncStatus(system)),
        tickets: ticketsJson(tickets.find((one) => one.system === system)),
        webhooks: settings.webhookSecrets[system] !== null,
        fields: policyJson(settings.policies[system]),
      };
    });
  }

  #given(): Map<string, GivenValue> {
    return new Map([...this.#saved, ...this.#pinned]);
  }

  async #apply(): Promise<void> {
    const { settings, problems } = readTicketSettings(this.#given());
    for (const { key, accepted } of problems.filter(({ source }) => source === "saved"))
      this.#parts.log.warn("a saved setting is wrong", { setting: key, accepted });
    await this.#parts.dispatcher.apply(settings);
    this.#parts.dispatcher.wake();
  }

  /** Resumes parked deliveries after a change. */
  async #resume(section: TicketSection): Promise<void> {
    const { store, clock, dispatcher } = this.#parts;
    const system = ticketSystems.find((name) => name === section);
    if (system === undefined) return;
    dispatcher.credentialsAccepted(system);
    const resumed = await store.tickets.retryDeliveries({ system, state: "parked" }, clock.now());
    if (resumed > 0) this.#parts.log.info("parked deliveries go again", { system, deliveries: resumed });
    dispatcher.wake();
  }
}

async function testOf(settings: TicketSettings, system: TicketSystemName, clock: Clock): Promise<TestStep[]> {
  try {
    return await new TicketSystems(settings, { now: () => clock.now() }, noThrottles()).of(system, "").test();
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    return [{ name: "Settings", ok: false, detail: error.message }];
  }
}
