/** What people do with the connection to a ticket system besides saving its settings, also with values that are not saved yet. */
import { DeliveryError, EdgeError, UsageError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { FieldProblem } from "../../core/settings/sections/section-version.ts";
import { fieldOf, namesOfSection, type SettingName } from "../../core/settings/setting-definitions.ts";
import type { TicketSettings } from "../../core/settings/ticket-settings.ts";
import { type GivenValue, readTicketSettings } from "../../core/settings/tickets.ts";
import { sampleDraft } from "../../core/tickets/fields/sample-draft.ts";
import { problemOfValue, type TargetScreens } from "../../core/tickets/fields/target-fields.ts";
import { correlationOf, type TicketSystemName, ticketSystems } from "../../core/tickets/ticket.ts";
import type { TestStep, TicketRequest } from "../../core/tickets/ticket-system.ts";
import { minuteMs } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";
import type { Drafts } from "./lane/drafts.ts";
import { givenFields, refuseLeavingSecret } from "./secret-guard.ts";
import { changeOf, type SettingChange, systemOf } from "./settings-request.ts";
import { shownChain } from "./shown-chain.ts";
import { testOf, unsaved } from "./systems.ts";

type Json = Record<string, unknown>;

interface DeskParts {
  store: Store;
  clock: Clock;
  drafts: Pick<Drafts, "made">;
  /** Pinned and saved values. */
  values(): Map<string, GivenValue>;
  /** A test of the settings in force has passed. */
  accepted(system: TicketSystemName): Promise<void>;
}

/** The settings as they would be with a request's fields. */
interface Meant {
  settings: TicketSettings;
  values: ReadonlyMap<string, GivenValue>;
  /** What is wrong with one of the system's; null = nothing. */
  wrong: string | null;
  changes: SettingChange[];
}

/** What a target has said of its fields counts for so long when values are checked. */
const keptMs = 10 * minuteMs;
const mostKept = 6;

/** The settings that say whose fields they are. */
const connections: Readonly<Record<TicketSystemName, readonly SettingName[]>> = {
  jira: ["JIRA_URL", "JIRA_EMAIL", "JIRA_PROJECT_KEY", "JIRA_ISSUE_TYPE", "JIRA_DEPLOYMENT"],
  servicenow: ["SERVICENOW_INSTANCE", "SERVICENOW_USERNAME", "SERVICENOW_TABLE", "SERVICENOW_STATE_VALUES"],
  proactive: [],
};

function connectionOf(system: TicketSystemName, values: ReadonlyMap<string, GivenValue>): string {
  return JSON.stringify([system, ...connections[system].map((name) => values.get(name)?.text ?? "")]);
}

function nameOf(system: TicketSystemName, field: string): SettingName | "" {
  return namesOfSection(system).find((name) => fieldOf(system, name) === field) ?? "";
}

/** The fields of a setting; none for a text that its own check refuses. */
function fieldsIn(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text ?? "{}");
    return typeof parsed === "object" && parsed !== null ? (parsed as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

export class ConnectionDesk {
  readonly #parts: DeskParts;
  /** What targets have said of their fields, by connection, the newest last. */
  readonly #read = new Map<string, { screens: TargetScreens; at: number }>();

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
      wrong === null ? await this.#tested(settings, system) : [{ name: "Settings", ok: false, detail: wrong }];
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
      wanted.map(async (system) => ({
        system,
        steps: await this.#tested(settings, system),
      })),
    );
  }

  /**
   * The fields of the target's own screens, with `body` laid over the settings in force. `fresh`: not as they were read some minutes ago. @throws
   * UsageError; EdgeError section_unknown, fields_unknown, not_configured, ca_file
   */
  async screens(section: string, body: Json, fresh: boolean): Promise<TargetScreens> {
    const system = systemOf(section);
    const { settings, wrong, values } = this.#meant(system, body);
    if (wrong !== null) throw new UsageError(wrong);
    const adapter = unsaved(settings, system, this.#parts.clock);
    if (adapter.screens === null)
      throw new EdgeError("fields_unknown", `${system} describes no fields: there is nothing to pick from`);
    const key = connectionOf(system, values);
    const known = fresh ? null : this.#known(key);
    if (known !== null) return known;
    const screens = await adapter.screens().catch((error: unknown): TargetScreens => {
      if (!(error instanceof DeliveryError)) throw error;
      return { screens: [], unread: [{ what: "its fields", why: error.message }] };
    });
    if (screens.screens.length > 0) this.#read.set(key, { screens, at: this.#parts.clock.now() });
    for (const old of [...this.#read.keys()].slice(0, -mostKept)) this.#read.delete(old);
    return screens;
  }

  /** What is wrong with values of fields by what the target has said of these some minutes ago; nothing where nobody has asked it. */
  fieldProblems(section: string, body: Json): FieldProblem[] {
    const system = ticketSystems.find((one) => one === section);
    if (system === undefined) return [];
    let meant: Meant;
    try {
      meant = this.#meant(system, body);
    } catch {
      // Its own check says what is wrong.
      return [];
    }
    const known = this.#known(connectionOf(system, meant.values));
    return (known?.screens ?? []).flatMap(({ setting, fields }) => {
      const given = Object.keys(body).includes(setting)
        ? fieldsIn(meant.values.get(nameOf(system, setting))?.text)
        : {};
      const wrong = Object.entries(given).flatMap(([id, value]) => {
        const field = fields.find((one) => one.id === id);
        const problem = field === undefined ? null : problemOfValue(field, value);
        return field === undefined || problem === null ? [] : [`${field.label} (${id}): ${problem}`];
      });
      return wrong.length === 0 ? [] : [{ name: setting, reason: wrong.join("; ") }];
    });
  }

  async #tested(settings: TicketSettings, system: TicketSystemName): Promise<TestStep[]> {
    const [chain, steps] = await Promise.all([
      shownChain(settings, system),
      testOf(settings, system, this.#parts.clock, await this.#real(system)),
    ]);
    return [...chain, ...steps];
  }

  #known(key: string): TargetScreens | null {
    const found = this.#read.get(key);
    return found === undefined || this.#parts.clock.now() - found.at > keptMs ? null : found.screens;
  }

  /** A ticket as the newest incident would have it. */
  async #real(system: TicketSystemName): Promise<TicketRequest> {
    const { store, drafts } = this.#parts;
    const newest = await store.reading.newestIncident();
    const incidentId = newest ?? sampleDraft.incidentId;
    const draft = newest === null ? sampleDraft : await drafts.made(newest, system);
    return { correlation: correlationOf(system, incidentId, 1), draft };
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
      values,
      wrong: wrong === undefined ? null : `${wrong.key}: ${wrong.accepted}`,
      changes: [...given].flatMap(([name, text]) => changeOf(name, before.get(name)?.text ?? null, text)),
    };
  }
}
