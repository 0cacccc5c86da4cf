/** The feed settings for API and console: fields pinned by files, and saved ones. A change takes effect at once. */
import { basename } from "node:path";
import { EdgeError, UsageError } from "../../core/errors.ts";
import { readerName } from "../../core/feeds/feeds.ts";
import type { Clock } from "../../core/ports.ts";
import { feedForms } from "../../core/settings/feed.ts";
import { formatProblem } from "../../core/settings/problem.ts";
import type { ResolvedSettings } from "../../core/settings/resolve.ts";
import {
  differencesBetween,
  type FeedSection,
  feedSections,
  fieldOfProblem,
  fieldsOfSection,
  originName,
  problemsOfText,
  savedTexts,
  sectionFields,
} from "../../core/settings/sections/feed-section.ts";
import {
  changedSince,
  type FieldProblem,
  sectionVersion,
  settingsChanged,
} from "../../core/settings/sections/section-version.ts";
import { isGeneral, isSettingName } from "../../core/settings/setting-definitions.ts";
import type { SavedSettings } from "../../core/settings/sources.ts";
import type { DestinationSettings } from "../../core/settings.ts";
import type { TestStep } from "../../core/tickets/ticket-system.ts";
import { toIso } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";
import type { NewPlace } from "../../transports/http/api/settings/settings-port.ts";
import { probeSteps } from "../../transports/syslog/probe.ts";
import { readFeedRequest, takeFiles } from "./feed-request.ts";
import { tlsMaterial } from "./syslog-feed.ts";
import { feedSettings } from "./syslog-feeds.ts";
import type { TlsUploads } from "./tls-uploads.ts";

type Json = Record<string, unknown>;

interface Parts {
  store: Pick<Store, "tickets">;
  clock: Clock;
  uploads: TlsUploads;
  reloads: {
    /** The settings in force, from files, environment and saved values. */
    readonly inForce: ResolvedSettings;
    /** Applies saved settings. */
    again(): Promise<unknown>;
  };
}

interface Saving {
  who: string;
  version: string | null;
  place?: NewPlace | null;
}

/** The name under which a section is saved. */
const savedName = (section: FeedSection) => section.toUpperCase();
/** A test asks people to wait no longer than this for each address. */
const testLimits = { connectMs: 5_000 };

/** What was saved in the console, settings of ticket systems apart. */
export async function readSaved(tickets: Pick<Store["tickets"], "listSavedSettings">): Promise<SavedSettings> {
  const saved = new Map((await tickets.listSavedSettings()).map(({ name, value }) => [name, value]));
  const feeds = Object.entries(feedSections).flatMap(([section, feed]) => {
    const text = saved.get(savedName(section as FeedSection));
    return text === undefined ? [] : [[feed, text] as const];
  });
  const values = new Map([...saved].filter(([name]) => isSettingName(name) && isGeneral(name)));
  return { ...Object.fromEntries(feeds), values };
}

export function isFeedSection(section: string): section is FeedSection {
  return Object.hasOwn(feedSections, section);
}

export class FeedSettingsService {
  readonly #parts: Parts;
  /** One save after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The fields with their values, sources, what is saved, and whether they are pinned; the section's version and who saved it last. */
  async section(section: FeedSection): Promise<Json> {
    const { settings, origins, wrong, problems } = this.#parts.reloads.inForce;
    const file = feedForms[feedSections[section]].file;
    // Those that a reload has passed over are in no part any more.
    const ofFile = problems.filter(({ source }) => basename(source.replace(/ line .*$/, "")) === file);
    const row = await this.#saved(section);
    return {
      section,
      version: sectionVersion(savedTexts(section, row?.value)),
      saved: row === null ? null : { who: row.who, at: toIso(row.at) },
      problems: [...new Set([...wrong[feedSections[section]], ...ofFile].map(formatProblem))],
      fields: sectionFields(section, { settings, origins, saved: row?.value }),
    };
  }

  /** Whether each feed has destinations, which, and its last test. `withAddresses`: where they are. */
  async status(withAddresses: boolean): Promise<Json[]> {
    const { store, reloads } = this.#parts;
    const { settings, origins } = reloads.inForce;
    const tests = new Map((await store.tickets.listConnectionTests()).map((test) => [test.section, test]));
    return Object.entries(feedSections).map(([section, feed]) => {
      const { destinations, enabled } = feedSettings(settings, feed);
      const test = tests.get(section);
      const isSet = destinations.length > 0;
      return {
        section,
        feed,
        configured: isSet,
        enabled: isSet && enabled,
        ...(origins[originName(section as FeedSection, "syslog")] ?? { source: "default", pinned: false }),
        last_test: test === undefined ? null : { at: toIso(test.at), ok: test.ok, steps: test.steps },
        destinations: destinations.map(({ name, protocol, tls, host, port, preset, framing, minRisk, entities }) => ({
          name,
          protocol,
          encrypted: protocol === "tls" || tls !== null,
          address: withAddresses ? `${host}:${port}` : null,
          preset,
          framing: protocol === "tcp" || protocol === "tls" ? framing : null,
          min_risk: minRisk,
          // Names of entities are for those who see them all.
          entities: withAddresses ? entities : entities.length,
        })),
      };
    });
  }

  /**
   * Saves all fields or none; null resets one to its default. A certificate or key may be sent in the place of its path. `version`: which the
   * section must have; null = whichever. `place`: where a destination of this name begins, in the same write.
   * @throws UsageError; EdgeError setting_pinned, settings_changed
   */
  save(section: FeedSection, body: Json, saving: Saving): Promise<{ section: Json; changed: string[] }> {
    const saved = this.#last.then(() => this.#save(section, body, saving));
    this.#last = saved.catch(() => {});
    return saved;
  }

  async #save(section: FeedSection, body: Json, { who, version, place = null }: Saving) {
    const { store, clock, reloads, uploads } = this.#parts;
    const text = await this.#accepted(section, body);
    const before = await this.#saved(section);
    const changed = version === null ? null : changedSince(version, savedTexts(section, before?.value));
    const both = Object.keys(body).filter((field) => changed?.has(field));
    const differences = differencesBetween(before?.value, text ?? undefined, both);
    if (differences.length > 0) throw settingsChanged(section, before, differences);
    const saved = Object.keys(body);
    if (saved.length > 0) {
      const all = await store.tickets.listSavedSettings();
      const others = all.filter(({ name, secret }) => !secret && name !== savedName(section)).map(({ value }) => value);
      const kept = uploads.rows(new Set(all.map(({ name }) => name)), text === null ? others : [...others, text]);
      const rows = [{ name: savedName(section), value: text, secret: false }, ...kept];
      const reader = (name: string) => readerName(feedSections[section], name);
      const at =
        place === null ? null : { reader: reader(place.name), from: place.from === null ? null : reader(place.from) };
      await store.tickets.saveSettings(rows, who, clock.now(), at);
      await uploads.load();
      await reloads.again();
    }
    return { section: await this.section(section), changed: saved };
  }

  /** What is wrong with fields that somebody is about to save: everything at once. */
  async check(section: FeedSection, body: Json): Promise<FieldProblem[]> {
    return (await this.#read(section, body)).problems.map(({ name, reason }) => ({ name, reason }));
  }

  /** Tests whether each destination can be reached with `body` merged into the settings in force; nothing is sent. */
  async test(section: FeedSection, body: Json): Promise<{ ok: boolean; steps: TestStep[]; at: string }> {
    const { store, clock, reloads } = this.#parts;
    const feed = feedSections[section];
    const text = await this.#accepted(section, body);
    const resolved = "syslog" in body ? reloads.inForce.withSaved({ [feed]: text ?? "{}" }) : reloads.inForce;
    const { destinations } = feedSettings(resolved.settings, feed);
    const tried = destinations.map(async (destination) => {
      const of = readerName(feed, destination.name);
      return (await this.reach(destination)).map((step) => ({ ...step, of }));
    });
    const none = { name: "Destinations", ok: false, detail: "none is configured" };
    const steps: TestStep[] = destinations.length === 0 ? [none] : (await Promise.all(tried)).flat();
    const at = clock.now();
    const ok = steps.every((step) => step.ok);
    if (Object.keys(body).length === 0) await store.tickets.saveConnectionTest({ section, at, ok, steps });
    return { ok, steps, at: new Date(at).toISOString() };
  }

  /** Tests one destination in force; the last test of its feed then tells of it anew. @throws EdgeError destination_unknown */
  async testOne(section: FeedSection, name: string): Promise<{ ok: boolean; steps: TestStep[] }> {
    const { store, clock, reloads } = this.#parts;
    const feed = feedSections[section];
    const of = readerName(feed, name);
    const steps = (await this.reach(this.destination(section, name))).map((step) => ({ ...step, of }));
    const names = feedSettings(reloads.inForce.settings, feed).destinations.map((one) => readerName(feed, one.name));
    const last = (await store.tickets.listConnectionTests()).find((test) => test.section === section);
    const others = (last?.steps ?? []).filter(
      (step) => step.of !== undefined && step.of !== of && names.includes(step.of),
    );
    const all = [...others, ...steps];
    await store.tickets.saveConnectionTest({ section, at: clock.now(), ok: all.every(({ ok }) => ok), steps: all });
    return { ok: steps.every(({ ok }) => ok), steps };
  }

  /** A text with what the uploaded files in it are. */
  explained(text: string): string {
    return this.#parts.uploads.explained(text);
  }

  /** Tries to reach one destination, step by step; nothing is sent. */
  reach(destination: DestinationSettings): Promise<TestStep[]> {
    return probeSteps({ ...this.senderOptions(destination), limits: testLimits });
  }

  senderOptions({ protocol, host, port, framing, tls }: DestinationSettings) {
    const { uploads } = this.#parts;
    return {
      ...{ protocol, host, port, framing },
      tls: () => (tls === null ? null : tlsMaterial(tls, (file) => uploads.read(file))),
    };
  }

  /** A destination in force by its name. @throws EdgeError destination_unknown */
  destination(section: FeedSection, name: string): DestinationSettings {
    const { destinations } = feedSettings(this.#parts.reloads.inForce.settings, feedSections[section]);
    const found = destinations.find((one) => one.name === name);
    if (found === undefined)
      throw new EdgeError("destination_unknown", `there is no destination ${JSON.stringify(name.slice(0, 64))}`);
    return found;
  }

  /** A destination as it would be if it were saved with these values, in the shape of the file. @throws UsageError */
  meant(section: FeedSection, destination: Json): DestinationSettings {
    const feed = feedSections[section];
    const problems: FieldProblem[] = [];
    const [sent] = takeFiles([destination], this.#parts.uploads, problems);
    const text = JSON.stringify({ syslog: [sent] });
    const told = [...problems, ...problemsOfText(section, text).map((problem) => fieldOfProblem(problem))];
    const [first] = told;
    if (first !== undefined) throw new UsageError(`${first.name}: ${first.reason}`, { errors: told });
    const { settings } = this.#parts.reloads.inForce.alone(feed, text);
    const [found] = feedSettings(settings, feed).destinations;
    if (found === undefined) throw new UsageError("syslog: a destination");
    return found;
  }

  async #saved(section: FeedSection) {
    const rows = await this.#parts.store.tickets.listSavedSettings();
    return rows.find(({ name }) => name === savedName(section)) ?? null;
  }

  /** Returns the text to save. @throws UsageError; EdgeError setting_pinned */
  async #accepted(section: FeedSection, body: Json): Promise<string | null> {
    const { origins } = this.#parts.reloads.inForce;
    for (const field of Object.keys(body)) {
      const origin = fieldsOfSection(section).includes(field) ? origins[originName(section, field)] : undefined;
      if (origin?.pinned)
        throw new EdgeError("setting_pinned", `${field}: it is set in ${origin.source}; change it there`);
    }
    const { text, problems } = await this.#read(section, body);
    const [first] = problems;
    if (first !== undefined)
      throw new UsageError(first.line, { errors: problems.map(({ name, reason }) => ({ name, reason })) });
    return text;
  }

  async #read(section: FeedSection, body: Json) {
    const { reloads, uploads } = this.#parts;
    const saved = (await this.#saved(section))?.value;
    return readFeedRequest(section, body, { origins: reloads.inForce.origins, saved, uploads });
  }
}
