/** The settings of ticket systems for API and console: pinned and saved values. Secrets are write-only. */
import { EdgeError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import { withoutLogin } from "../../core/settings/problem.ts";
import type { ResolvedSettings } from "../../core/settings/resolve.ts";
import {
  changedSince,
  type FieldProblem,
  type LastSaved,
  refuseProblems,
  type SavedField,
  sectionVersion,
  settingsChanged,
} from "../../core/settings/sections/section-version.ts";
import type { SettingsSection } from "../../core/settings/sections/sections.ts";
import {
  definitionOf,
  fieldOf,
  isGeneral,
  isSettingName,
  namesOfSection,
} from "../../core/settings/setting-definitions.ts";
import { type GivenValue, readTicketSettings } from "../../core/settings/tickets.ts";
import { type TicketSystemName, ticketSystems } from "../../core/tickets/ticket.ts";
import type { TicketSystem } from "../../core/tickets/ticket-system.ts";
import type { Store } from "../../store/open-store.ts";
import type { Secrets } from "../access/master-key.ts";
import { Turns } from "../access/turns.ts";
import type { Log } from "../runtime/log.ts";
import { ConnectionDesk } from "./connection-desk.ts";
import type { TicketDispatcher } from "./dispatcher.ts";
import { givenFields } from "./secret-guard.ts";
import {
  changeOf,
  differenceOf,
  fieldProblems,
  known,
  placeOf,
  refusePinned,
  type SettingChange,
} from "./settings-request.ts";
import { retryStanding } from "./standing.ts";
import { statusOf } from "./status.ts";
import { adapterOf } from "./systems.ts";
import { notEnabled } from "./ticket-requests.ts";

type Json = Record<string, unknown>;

interface SettingsParts {
  store: Store;
  clock: Clock;
  log: Log;
  secrets: Secrets;
  dispatcher: TicketDispatcher;
  /** Puts saved settings of the appliance in force; absent in commands. */
  reapply?(): Promise<unknown>;
}

export class SettingsService {
  readonly #parts: SettingsParts;
  readonly #saves = new Turns();
  #pinned: ReadonlyMap<string, GivenValue> = new Map();
  #isLoaded = false;
  /** Values as plain text. */
  #saved = new Map<string, GivenValue>();
  #savedBy = new Map<string, LastSaved>();
  /** What is done with connections, also with values that are not saved. */
  readonly connections: ConnectionDesk;

  constructor(parts: SettingsParts) {
    this.#parts = parts;
    this.connections = new ConnectionDesk({
      store: parts.store,
      clock: parts.clock,
      drafts: parts.dispatcher.drafts,
      values: () => this.#given(),
      accepted: (system) => this.#resume(system),
    });
  }

  /** Loads saved settings and applies those of ticket systems, beside what environment and files say. */
  async load({ ticketValues, pinnedValues }: Pick<ResolvedSettings, "ticketValues" | "pinnedValues">): Promise<void> {
    await this.#load(new Map([...ticketValues, ...pinnedValues]));
  }

  async #load(pinned: ReadonlyMap<string, GivenValue>): Promise<void> {
    const { store, secrets, log } = this.#parts;
    const before = this.#isLoaded ? this.#given() : null;
    this.#pinned = pinned;
    this.#saved = new Map();
    this.#savedBy = new Map();
    for (const { name, value, secret, who, at } of await store.tickets.listSavedSettings()) {
      if (!isSettingName(name)) continue;
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
      const { secret, fallback, form } = definitionOf(name);
      const given = values.get(name);
      const value = secret ? { configured: given !== undefined } : { value: withoutLogin(given?.text ?? fallback) };
      return [
        fieldOf(known(section), name),
        {
          ...value,
          setting: name,
          source: given?.source ?? "default",
          pinned: given?.pinned ?? false,
          accepted: form.accepted,
          default: fallback,
        },
      ];
    });
    const last = this.#lastSaved(known(section));
    return {
      section,
      version: sectionVersion(this.#savedFields(known(section)), this.#versionKey),
      saved: last === null ? null : { who: last.who, at: new Date(last.at).toISOString() },
      fields: Object.fromEntries(fields),
    };
  }

  /** The secrets in force, for taking them out of what leaves the appliance. */
  secretValues(): string[] {
    return [...this.#given()].flatMap(([name, { text }]) =>
      isSettingName(name) && definitionOf(name).secret ? [text] : [],
    );
  }

  /**
   * Saves all fields of a section or none; null or empty resets one to its default. `version`: that the
   * request was made from; null = whichever. @throws UsageError; EdgeError setting_pinned, settings_changed
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
    const problems = fieldProblems(known(section), body, { pinned: this.#pinned, present: this.#given() });
    const ofTarget = this.connections.fieldProblems(section, body);
    return [...problems, ...ofTarget.filter(({ name }) => !problems.some((one) => one.name === name))];
  }

  #savedFields(section: SettingsSection): SavedField[] {
    return namesOfSection(section).map((name) => [name, this.#saved.get(name)?.text]);
  }

  get #versionKey(): string {
    return this.#parts.secrets.key("settings").toString("hex");
  }

  #lastSaved(section: SettingsSection): LastSaved | null {
    const all = namesOfSection(section).flatMap((name) => this.#savedBy.get(name) ?? []);
    return all.reduce<LastSaved | null>((last, one) => (last !== null && last.at >= one.at ? last : one), null);
  }

  async #save(
    section: SettingsSection,
    body: Json,
    who: string,
    version: string | null,
  ): Promise<{ section: Json; changes: SettingChange[] }> {
    const { store, clock, secrets } = this.#parts;
    const given = givenFields(section, body);
    const before = this.#given();
    refusePinned(section, given, this.#pinned);
    refuseProblems(fieldProblems(section, body, { pinned: this.#pinned, present: before }));
    // What others have changed meanwhile stays, and only where both changed the same field somebody has to decide.
    const changed = version === null ? null : changedSince(version, this.#savedFields(section), this.#versionKey);
    const differences = [...given].flatMap(([name, text]) =>
      changed?.has(name) ? differenceOf(section, name, before, text) : [],
    );
    if (differences.length > 0) throw settingsChanged(section, this.#lastSaved(section), differences);
    const rows = [...given].map(([name, text]) => {
      const { secret } = definitionOf(name);
      return { name, secret, value: text === null ? null : secret ? secrets.seal(text, placeOf(name)) : text };
    });
    if (rows.length > 0) await store.tickets.saveSettings(rows, who, clock.now());
    // Settings of the appliance are resolved with files and environment, which also leads back here.
    if (rows.some(({ name }) => isGeneral(name))) await this.#parts.reapply?.();
    else await this.#load(this.#pinned);
    const isWayChanged = given.has("HTTPS_PROXY") || given.has("NO_PROXY");
    for (const one of isWayChanged ? ticketSystems : [section]) await this.#resume(one);
    const changes = [...given].flatMap(([name, text]) => changeOf(name, before.get(name)?.text ?? null, text));
    return { section: this.section(section), changes };
  }

  /** The values in force with those of a request laid over them. @throws UsageError for an unknown field; EdgeError section_unknown */
  meant(section: string, body: Json): ReadonlyMap<string, GivenValue> {
    const values = new Map(this.#given());
    for (const [name, text] of givenFields(known(section), body)) {
      if (text === null) values.delete(name);
      else values.set(name, { text, source: "request", pinned: false });
    }
    return values;
  }

  /** The adapter for an entity's tickets, with the settings in force. @throws EdgeError not_configured, ca_file */
  adapterOf(system: TicketSystemName, entity: string): TicketSystem {
    return adapterOf(this.#parts.dispatcher.systems, system, entity);
  }

  /** @throws EdgeError not_enabled */
  expectEnabled(system: TicketSystemName): void {
    if (!this.#parts.dispatcher.systems?.isEnabled(system)) throw notEnabled(system);
  }

  /** Configured, Enabled, Last Test (seed 001), and the state of deliveries. */
  async status(): Promise<Json[]> {
    const { settings } = readTicketSettings(this.#given());
    return statusOf(settings, this.#parts);
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
  async #resume(section: SettingsSection): Promise<void> {
    const { store, clock, dispatcher } = this.#parts;
    const system = ticketSystems.find((name) => name === section);
    if (system === undefined) return;
    dispatcher.credentialsAccepted(system);
    // Nothing goes there, and what may have arrived could not be looked up.
    if (!dispatcher.systems?.isEnabled(system)) return;
    const resumed = await retryStanding(store.tickets, { system, state: "parked" }, clock.now());
    if (resumed > 0) this.#parts.log.info("parked deliveries go again", { system, deliveries: resumed });
    dispatcher.wake();
  }
}
