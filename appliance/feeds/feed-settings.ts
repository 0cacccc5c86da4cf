/** The feed settings for API and console: fields pinned by files, and saved ones. A change takes effect at once. */
import { EdgeError, messageOf, UsageError } from "../../core/errors.ts";
import { readerName } from "../../core/feeds/feeds.ts";
import type { Clock } from "../../core/ports.ts";
import {
  type FeedSection,
  feedSections,
  fieldsOfSection,
  originName,
  problemsOfText,
  sectionFields,
  withFields,
} from "../../core/settings/feed-section.ts";
import { formatProblem } from "../../core/settings/problem.ts";
import type { ResolvedSettings } from "../../core/settings/resolve.ts";
import type { SavedFeeds } from "../../core/settings/sources.ts";
import type { DestinationSettings } from "../../core/settings.ts";
import type { TestStep } from "../../core/tickets/ticket-system.ts";
import { toIso } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";
import { probe } from "../../transports/syslog/probe.ts";
import { tlsMaterial } from "./syslog-feed.ts";
import { feedSettings } from "./syslog-feeds.ts";

type Json = Record<string, unknown>;

interface Parts {
  store: Pick<Store, "tickets">;
  clock: Clock;
  reloads: {
    /** The settings in force, from files, environment and saved values. */
    readonly inForce: ResolvedSettings;
    /** Applies saved settings. */
    again(): Promise<unknown>;
  };
}

/** The name under which a section is saved. */
const savedName = (section: FeedSection) => section.toUpperCase();

/** The saved feed settings. */
export async function readSavedFeeds(tickets: Pick<Store["tickets"], "listSavedSettings">): Promise<SavedFeeds> {
  const saved = new Map((await tickets.listSavedSettings()).map(({ name, value }) => [name, value]));
  const found = Object.entries(feedSections).flatMap(([section, feed]) => {
    const text = saved.get(savedName(section as FeedSection));
    return text === undefined ? [] : [[feed, text] as const];
  });
  return Object.fromEntries(found);
}

export function isFeedSection(section: string): section is FeedSection {
  return Object.hasOwn(feedSections, section);
}

export class FeedSettingsService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The fields with their values, sources, and whether they are pinned. */
  section(section: FeedSection): Json {
    const { settings, origins } = this.#parts.reloads.inForce;
    return { section, fields: sectionFields(section, settings, origins) };
  }

  /** Whether each feed has destinations, which, and its last test. `withAddresses`: where they are. */
  async status(withAddresses: boolean): Promise<Json[]> {
    const { store, reloads } = this.#parts;
    const { settings, origins } = reloads.inForce;
    const tests = new Map((await store.tickets.listConnectionTests()).map((test) => [test.section, test]));
    return Object.entries(feedSections).map(([section, feed]) => {
      const { destinations } = feedSettings(settings, feed);
      const test = tests.get(section);
      const isSet = destinations.length > 0;
      return {
        section,
        feed,
        configured: isSet,
        // A feed has no switch: it runs while it has a destination.
        enabled: isSet,
        ...(origins[originName(section as FeedSection, "syslog")] ?? { source: "default", pinned: false }),
        last_test: test === undefined ? null : { at: toIso(test.at), ok: test.ok, steps: test.steps },
        destinations: destinations.map(({ name, protocol, host, port }) => ({
          name,
          protocol,
          address: withAddresses ? `${host}:${port}` : null,
        })),
      };
    });
  }

  /** Saves all fields or none; null resets one to its default. @throws UsageError; EdgeError setting_pinned */
  async save(section: FeedSection, body: Json, who: string): Promise<{ section: Json; changed: string[] }> {
    const { store, clock, reloads } = this.#parts;
    const value = await this.#laidOver(section, body);
    const changed = Object.keys(body);
    if (changed.length > 0) {
      await store.tickets.saveSettings([{ name: savedName(section), value, secret: false }], who, clock.now());
      await reloads.again();
    }
    return { section: this.section(section), changed };
  }

  /** Tests whether each destination can be reached with `body` merged into the settings in force; nothing is sent. */
  async test(section: FeedSection, body: Json): Promise<{ ok: boolean; steps: TestStep[]; at: string }> {
    const { store, clock, reloads } = this.#parts;
    const feed = feedSections[section];
    const text = await this.#laidOver(section, body);
    const resolved = "syslog" in body ? reloads.inForce.withSaved({ [feed]: text ?? "{}" }) : reloads.inForce;
    const { destinations } = feedSettings(resolved.settings, feed);
    const tried = destinations.map((destination) => reach(readerName(feed, destination.name), destination));
    const none = { name: "Destinations", ok: false, detail: "none is configured" };
    const steps = destinations.length === 0 ? [none] : await Promise.all(tried);
    const at = clock.now();
    const ok = steps.every((step) => step.ok);
    if (Object.keys(body).length === 0) await store.tickets.saveConnectionTest({ section, at, ok, steps });
    return { ok, steps, at: new Date(at).toISOString() };
  }

  /** Returns the text to save. @throws UsageError; EdgeError setting_pinned */
  async #laidOver(section: FeedSection, body: Json): Promise<string | null> {
    const { store, reloads } = this.#parts;
    const known = fieldsOfSection(section);
    const { origins } = reloads.inForce;
    for (const field of Object.keys(body)) {
      if (!known.includes(field))
        throw new UsageError(`${field.slice(0, 64)}: is no field of ${section}: ${known.join(", ")}`);
      const origin = origins[originName(section, field)];
      if (origin?.pinned)
        throw new EdgeError("setting_pinned", `${field}: it is set in ${origin.source}; change it there`);
    }
    const saved = await readSavedFeeds(store.tickets);
    const text = withFields(saved[feedSections[section]], body);
    const [wrong] = text === null ? [] : problemsOfText(section, text);
    if (wrong !== undefined)
      throw new UsageError(formatProblem({ ...wrong, source: section, effect: "nothing is saved" }));
    return text;
  }
}

async function reach(name: string, { protocol, host, port, framing, tls }: DestinationSettings): Promise<TestStep> {
  try {
    await probe({ protocol, host, port, framing, tls: () => (tls === null ? null : tlsMaterial(tls)) });
    const detail =
      protocol === "udp" ? "the name resolves; udp cannot tell whether anybody listens" : `${host}:${port} answers`;
    return { name, ok: true, detail };
  } catch (error) {
    return { name, ok: false, detail: messageOf(error) };
  }
}
