/** Settings of ticket systems as API and console see them: what is pinned, what was saved, what was tested. Secrets go in and never come out. */
import { EdgeError, UsageError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import { feedSections } from "../../core/settings/feed-section.ts";
import {
  fieldOf,
  namesOfSection,
  type TicketSection,
  type TicketSettingName,
  ticketDefinitions,
  ticketSections,
} from "../../core/settings/ticket-definitions.ts";
import type { TicketSettings } from "../../core/settings/ticket-settings.ts";
import { type GivenValue, problemOf, readTicketSettings } from "../../core/settings/tickets.ts";
import { type TestStep, type TicketSystem, type TicketSystemName, ticketSystems } from "../../core/tickets/ticket.ts";
import type { Store } from "../../store/open-store.ts";
import type { Secrets } from "../access/master-key.ts";
import type { Log } from "../runtime/log.ts";
import type { TicketDispatcher } from "./dispatcher.ts";
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
  #pinned: ReadonlyMap<string, GivenValue> = new Map();
  /** In plain text. */
  #saved = new Map<string, GivenValue>();

  constructor(parts: SettingsParts) {
    this.#parts = parts;
  }

  /** Reads what was saved and puts everything in force. `pinned`: what environment and files say. */
  async load(pinned: ReadonlyMap<string, GivenValue>): Promise<void> {
    const { store, secrets, log } = this.#parts;
    this.#pinned = pinned;
    this.#saved = new Map();
    for (const { name, value, secret } of await store.tickets.listSavedSettings()) {
      try {
        const text = secret ? secrets.open(value, placeOf(name)) : value;
        this.#saved.set(name, { text, source: "saved", pinned: false });
      } catch (error) {
        if (!(error instanceof EdgeError)) throw error;
        log.error("a saved secret cannot be read", { setting: name, error: error.message });
      }
    }
    await this.#apply();
  }

  /** The fields of a section; secrets as `configured`. @throws EdgeError section_unknown */
  section(section: string): Json {
    const values = this.#given();
    const fields = namesOfSection(known(section)).map((name) => {
      const { secret, fallback } = ticketDefinitions[name];
      const given = values.get(name);
      const value = secret ? { configured: given !== undefined } : { value: given?.text ?? fallback };
      return [
        fieldOf(known(section), name),
        { ...value, source: given?.source ?? "default", pinned: given?.pinned ?? false },
      ];
    });
    return { section, fields: Object.fromEntries(fields) };
  }

  /** Saves fields of a section, all or none; null or empty = back to the default. @throws UsageError; EdgeError setting_pinned */
  async save(section: string, body: Json, who: string): Promise<{ section: Json; changed: string[] }> {
    const { store, clock, secrets } = this.#parts;
    const changes: { name: string; value: string | null; secret: boolean }[] = [];
    for (const [field, value] of Object.entries(body)) {
      const name = nameOf(known(section), field);
      const text = textOf(field, value);
      const pinned = this.#pinned.get(name);
      if (pinned !== undefined)
        throw new EdgeError("setting_pinned", `${field}: ${name} is set in ${pinned.source}; change it there`);
      const wrong = text === null ? null : problemOf(name, text);
      if (wrong !== null) throw new UsageError(`${field}: ${wrong}`);
      const { secret } = ticketDefinitions[name];
      changes.push({ name, secret, value: text === null ? null : secret ? secrets.seal(text, placeOf(name)) : text });
    }
    this.#keepSecretWithAddress(known(section), body);
    if (changes.length > 0) await store.tickets.saveSettings(changes, who, clock.now());
    await this.load(this.#pinned);
    await this.#resume(known(section));
    return { section: this.section(section), changed: changes.map(({ name }) => name) };
  }

  /** Tries a connection with the settings in force, `body` laid over them; nothing is written in the target. */
  async test(section: string, body: Json): Promise<{ ok: boolean; steps: TestStep[]; at: string }> {
    const system = systemOf(section);
    const { store, clock } = this.#parts;
    this.#keepSecretWithAddress(system, body);
    const values = new Map(this.#given());
    for (const [field, value] of Object.entries(body)) {
      const name = nameOf(system, field);
      const text = textOf(field, value);
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
    // Only what is in force says something of the integration.
    if (Object.keys(body).length === 0) {
      await store.tickets.saveConnectionTest({ section: system, at, ok, steps });
      if (ok) await this.#resume(system);
    }
    return { ok, steps, at: new Date(at).toISOString() };
  }

  /** The adapter for tickets of an entity, with the settings in force. @throws EdgeError not_configured, ca_file */
  adapterOf(system: TicketSystemName, entity: string): TicketSystem {
    return adapterOf(this.#parts.dispatcher.systems, system, entity);
  }

  /** Every system that is configured. */
  async testAll(): Promise<{ system: TicketSystemName; steps: TestStep[] }[]> {
    const { settings } = readTicketSettings(this.#given());
    const wanted = ticketSystems.filter((system) => settings[system] !== null || settings.enabled[system]);
    return Promise.all(
      wanted.map(async (system) => ({ system, steps: await testOf(settings, system, this.#parts.clock) })),
    );
  }

  /** Configured, Enabled, Last Test (seed 001), and how deliveries stand. */
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
        warnings: warningsOf(settings, system),
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

  /** Who names another address would get the secret sent there: secrets go in and never come out. @throws UsageError */
  #keepSecretWithAddress(section: TicketSection, body: Json): void {
    const names = secretOfAddress[section];
    if (names === undefined) return;
    const [address, secret] = [fieldOf(section, names.address), fieldOf(section, names.secret)];
    const values = this.#given();
    const before = values.get(names.address)?.text;
    if (before === undefined || !values.has(names.secret) || !(address in body) || secret in body) return;
    if (originOf(before) !== originOf(textOf(address, body[address]) ?? ""))
      throw new UsageError(`${address}: ${secret} was given for ${before}; give it again for another address`);
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

  /** What was parked may go now. */
  async #resume(section: TicketSection): Promise<void> {
    const { store, clock, dispatcher } = this.#parts;
    const system = ticketSystems.find((name) => name === section);
    if (system === undefined) return;
    const resumed = await store.tickets.retryDeliveries({ system, state: "parked" }, clock.now());
    if (resumed > 0) this.#parts.log.info("parked deliveries go again", { system, deliveries: resumed });
    dispatcher.wake();
  }
}

/** Which secret is sent to which address. */
const secretOfAddress: Readonly<Partial<Record<TicketSection, Record<"address" | "secret", TicketSettingName>>>> = {
  jira: { address: "JIRA_URL", secret: "JIRA_API_TOKEN" },
  servicenow: { address: "SERVICENOW_INSTANCE", secret: "SERVICENOW_PASSWORD" },
  proactive: { address: "PROACTIVE_SNOW_BASE_URL", secret: "PROACTIVE_SNOW_SECRET" },
};

function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : address.trim().toLowerCase();
}

async function testOf(settings: TicketSettings, system: TicketSystemName, clock: Clock): Promise<TestStep[]> {
  try {
    return await new TicketSystems(settings, () => clock.now(), noThrottles()).of(system, "").test();
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    return [{ name: "Settings", ok: false, detail: error.message }];
  }
}

function known(section: string): TicketSection {
  const found = ticketSections.find((one) => one === section);
  if (found === undefined)
    throw new EdgeError(
      "section_unknown",
      `there is no section ${section.slice(0, 40)}: ${[...Object.keys(feedSections), ...ticketSections].join(", ")}`,
    );
  return found;
}

function systemOf(section: string): TicketSystemName {
  const found = ticketSystems.find((one) => one === section);
  if (found === undefined)
    throw new EdgeError(
      "section_unknown",
      `section ${section.slice(0, 40)} has no connection to test: ${ticketSystems.join(", ")}`,
    );
  return found;
}

function nameOf(section: TicketSection, field: string): TicketSettingName {
  const names = namesOfSection(section);
  const found = names.find((name) => [field, `snow_${field}`].includes(fieldOf(section, name)));
  if (found === undefined)
    throw new UsageError(
      `${field.slice(0, 64)}: is no field of ${section}: ${names.map((name) => fieldOf(section, name)).join(", ")}`,
    );
  return found;
}

/** Numbers, booleans, lists and objects as the environment would have them. */
function textOf(field: string, value: unknown): string | null {
  if (value === null || value === "") return null;
  if (Array.isArray(value)) return value.map(String).join(",");
  if (typeof value === "object") return JSON.stringify(value);
  const text = String(value);
  if (text.length > 10_000 || /[\0\r\n]/.test(text))
    throw new UsageError(`${field.slice(0, 64)}: one line of at most 10,000 characters`);
  return text;
}

function placeOf(name: string): string {
  return `saved_settings/${name}/value`;
}
