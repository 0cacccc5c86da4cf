/** What people do with one destination besides saving it: try it, send a message, see what it would get, and decide about its place. */
import { type Caller, seesEntity } from "../../core/access/caller.ts";
import { EdgeError, messageOf } from "../../core/errors.ts";
import type { LoggedEvent } from "../../core/event.ts";
import { type FeedName, feedKinds, readerName } from "../../core/feeds/feeds.ts";
import { testMessage } from "../../core/feeds/status-message.ts";
import type { Clock } from "../../core/ports.ts";
import { destinationJson, type FeedSection, feedSections } from "../../core/settings/sections/feed-section.ts";
import type { DestinationSettings } from "../../core/settings.ts";
import type { TestStep } from "../../core/tickets/ticket-system.ts";
import type { Store } from "../../store/open-store.ts";
import { frameChunk } from "../../transports/syslog/framing.ts";
import { sendOnce } from "../../transports/syslog/probe.ts";
import { encodeFrame } from "../../transports/syslog/relp/relp-frames.ts";
import type { DestinationControl } from "./destination-control.ts";
import { type FeedSettingsService, isFeedSection } from "./feed-settings.ts";
import { eventFilter, messageOfEvent } from "./syslog-feed.ts";
import type { TlsFileFacts, TlsFileKind } from "./tls-files.ts";
import type { TlsUploads } from "./tls-uploads.ts";

type Json = Record<string, unknown>;

/** A destination as it is in force, or as it would be with these options, in the shape of the file. */
export type Meant = { name: string } | { options: Json };

/** The message that a destination would get for the newest event, or for none a test message. */
export interface SampleMessage {
  /** What it tells of: `alert_first`, `incident_created` …; `test` where there is no event yet. */
  kind: string;
  subject: string;
  /** Epoch milliseconds. */
  at: number;
  /** As they go over the line, framing included. */
  bytes: Uint8Array;
  /** Bytes of the message alone. */
  length: number;
  maxBytes: number;
  shrunk: boolean;
  /** Whether the destination's filters let it pass. */
  passes: boolean;
}

/** Where a destination stands in the log. `queued`: messages that wait, an upper bound where it filters. */
export interface KeptPlace {
  name: string;
  queued: number;
}

interface Parts {
  feedSettings: FeedSettingsService;
  control: DestinationControl;
  store: Pick<Store, "reading">;
  uploads: TlsUploads;
  clock: Clock;
}

/** How long a receiver may take to accept a test message. */
const sendMs = 10_000;
/** Among so many of the newest events one is looked for that the destination's filters let pass. */
const looked = 50;

export class FeedDesk {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** All options of a destination, defaults filled in. @throws UsageError; EdgeError destination_unknown, section_unknown */
  resolved(section: string, meant: Meant): Json {
    const known = sectionOf(section);
    return destinationJson(feedSections[known], this.#meant(known, meant));
  }

  /** Tries to reach it. One in force counts for the last test of its feed. @throws as `resolved` */
  async test(section: string, meant: Meant): Promise<{ ok: boolean; steps: TestStep[] }> {
    const known = sectionOf(section);
    if ("name" in meant) return this.#parts.feedSettings.testOne(known, meant.name);
    const steps = await this.#parts.feedSettings.reach(this.#meant(known, meant));
    return { ok: steps.every(({ ok }) => ok), steps };
  }

  /** Sends a message of MSGID TEST over a connection of its own. Never rejects because of the receiver. @throws as `resolved` */
  async send(section: string, meant: Meant): Promise<{ ok: boolean; detail: string; message: string }> {
    const { feedSettings, clock } = this.#parts;
    const destination = this.#meant(sectionOf(section), meant);
    const { bytes } = testMessage(clock.now(), destination.name, { ...destination.message, procid: process.pid });
    const message = Buffer.from(bytes).toString();
    try {
      const detail = await sendOnce(feedSettings.senderOptions(destination), bytes, sendMs);
      return { ok: true, detail, message };
    } catch (error) {
      return { ok: false, detail: messageOf(error), message };
    }
  }

  /** The exact bytes that it would get for the newest event that the caller may see. @throws as `resolved` */
  async sample(caller: Caller, section: string, meant: Meant): Promise<SampleMessage> {
    const known = sectionOf(section);
    const feed = feedSections[known];
    const destination = this.#meant(known, meant);
    const newest = await this.#parts.store.reading.newestEvents(looked, feedKinds[feed]);
    const seen = newest.filter(({ entity }) => seesEntity(caller, entity));
    const passes = eventFilter(feed, destination);
    const event = seen.find(passes) ?? seen[0];
    const { maxBytes } = destination.message;
    if (event === undefined) {
      const at = this.#parts.clock.now();
      const { bytes, shrunk } = testMessage(at, destination.name, { ...destination.message, procid: process.pid });
      const framed = framedFor(destination, bytes);
      return { kind: "test", subject: "", at, bytes: framed, length: bytes.length, maxBytes, shrunk, passes: true };
    }
    const { bytes, shrunk } = messageOfEvent(feed, event, destination);
    return {
      ...factsOf(event),
      bytes: framedFor(destination, bytes),
      length: bytes.length,
      maxBytes,
      shrunk,
      passes: passes(event),
    };
  }

  /** The place of a destination, whether it is configured or not; null = it has none. */
  async place(section: string, name: string): Promise<KeptPlace | null> {
    const reader = readerName(feedSections[sectionOf(section)], name);
    const found = (await this.#parts.control.list()).find(({ destination }) => destination === reader);
    return found === undefined ? null : { name, queued: found.queued };
  }

  /** Places of destinations that are not configured any more. */
  async kept(section: string): Promise<KeptPlace[]> {
    const feed: FeedName = feedSections[sectionOf(section)];
    const all = await this.#parts.control.list();
    return all
      .filter(({ destination, configured }) => !configured && destination.startsWith(`${feed}/`))
      .map(({ destination, queued }) => ({ name: destination.slice(feed.length + 1), queued }));
  }

  /** Removes the place of a destination that is not configured. @throws EdgeError destination_unknown, destination_configured */
  async forget(section: string, name: string): Promise<KeptPlace> {
    const { messages } = await this.#parts.control.forget(readerName(feedSections[sectionOf(section)], name));
    return { name, queued: messages };
  }

  /** What an uploaded file holds; null for a path. */
  tlsFacts(kind: TlsFileKind, file: string): TlsFileFacts | { problem: string } | null {
    return this.#parts.uploads.facts(kind, file);
  }

  /** Takes a certificate or key that somebody sent; it is kept once a destination that names it is saved. */
  take(kind: TlsFileKind, text: string): { file: string } | { problem: string } {
    return this.#parts.uploads.take(kind, text);
  }

  #meant(section: FeedSection, meant: Meant): DestinationSettings {
    const { feedSettings } = this.#parts;
    return "name" in meant ? feedSettings.destination(section, meant.name) : feedSettings.meant(section, meant.options);
  }
}

function sectionOf(section: string): FeedSection {
  if (isFeedSection(section)) return section;
  throw new EdgeError("section_unknown", `${section.slice(0, 40)} is no syslog feed`);
}

function factsOf({ kind, subject, at }: LoggedEvent) {
  return { kind, subject, at };
}

/** As the protocol carries it: counted, ended by a line feed, in a RELP frame, or as a datagram. */
function framedFor({ protocol, framing }: DestinationSettings, bytes: Uint8Array): Uint8Array {
  if (protocol === "udp") return bytes;
  if (protocol === "relp") return encodeFrame(2, "syslog", bytes);
  return frameChunk([bytes], 0, framing).bytes;
}
