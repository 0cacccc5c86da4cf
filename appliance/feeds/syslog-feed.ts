/** A syslog feed: one destination per configured receiver, each a reader of the event log. */
import { EdgeError } from "../../core/errors.ts";
import type { LoggedEvent } from "../../core/event.ts";
import type { Faults } from "../../core/faults.ts";
import { alertMessage } from "../../core/feeds/alert-message.ts";
import { type FeedName, feedKinds, readerName } from "../../core/feeds/feeds.ts";
import type { EncodedMessage } from "../../core/feeds/fit.ts";
import { incidentEventFacts, incidentFeedMessage } from "../../core/feeds/incident-message.ts";
import { type MessageBytes, ownBytes } from "../../core/feeds/message-buffer.ts";
import { isSkipped, type Place, type Span } from "../../core/feeds/replay.ts";
import { parseSnapshot } from "../../core/feeds/snapshot.ts";
import type { MessageOptions } from "../../core/feeds/syslog-options.ts";
import type { Clock, Random } from "../../core/ports.ts";
import type { DestinationSettings, FeedSettings, TlsSettings } from "../../core/settings.ts";
import type { Store } from "../../store/open-store.ts";
import { Destination, type DestinationStatus } from "../../transports/syslog/destination/destination.ts";
import type { TlsMaterial } from "../../transports/syslog/options.ts";
import { createSyslogSender } from "../../transports/syslog/sender.ts";
import type { Log } from "../runtime/log.ts";
import { Heartbeat, type HeartbeatStatus } from "./heartbeat.ts";
import type { TlsUploads } from "./tls-uploads.ts";

/** RELP acknowledges each message, so a second batch can be sent while the first one is being acknowledged. */
const batchesInFlight = { udp: 1, tcp: 1, tls: 1, relp: 3 } as const;

/** What differs between the two feeds. */
interface FeedKind {
  message(event: LoggedEvent, options: MessageOptions, into: MessageBytes): EncodedMessage;
  /** Whether a destination gets an event of one of its entities. */
  wants(event: LoggedEvent, settings: DestinationSettings): boolean;
}

const feedOf: Readonly<Record<FeedName, FeedKind>> = {
  alerts: {
    message: alertMessage,
    wants: (event, { minRisk }) => minRisk === 0 || parseSnapshot(event.data).risk >= minRisk,
  },
  incidents: {
    message: incidentFeedMessage,
    wants(event, { minRisk, riskLevelEvents }) {
      if (minRisk === 0 && riskLevelEvents) return true;
      const { risk, onlyRiskLevel } = incidentEventFacts(event);
      return risk >= minRisk && (riskLevelEvents || !onlyRiskLevel);
    },
  },
};

export interface FeedTools {
  store: Store;
  clock: Clock;
  random: Random;
  log: Log;
  faults: Faults;
  uploads: Pick<TlsUploads, "read">;
  /** Whether messages may be sent; default: always. */
  mayAct?: () => boolean;
}

/** What a destination had already received before a replay in progress. */
interface Had {
  skips: readonly Span[];
}

interface Running {
  settings: DestinationSettings;
  had: Had;
  options: MessageOptions;
  destination: Destination;
  heartbeat: Heartbeat;
}

export class SyslogFeed {
  readonly name: FeedName;
  readonly #tools: FeedTools;
  #running: Running[] = [];
  #settings: FeedSettings;
  readonly #startedAt: number;

  constructor(name: FeedName, settings: FeedSettings, tools: FeedTools) {
    this.name = name;
    this.#settings = settings;
    this.#tools = tools;
    this.#startedAt = tools.clock.monotonic();
  }

  /** Starts, replaces and stops destinations so that they match the settings. A name keeps its position. */
  async apply(settings: FeedSettings): Promise<void> {
    if (!settings.enabled) await this.#placeAll(settings);
    const sameBatches = settings.batchSize === this.#settings.batchSize;
    this.#settings = settings;
    const wanted = new Map(
      (settings.enabled ? settings.destinations : []).map((destination) => [destination.name, destination]),
    );
    const unchanged = ({ settings: running }: Running) =>
      sameBatches && JSON.stringify(wanted.get(running.name)) === JSON.stringify(running);
    const ending = this.#running.filter((running) => !unchanged(running));
    this.#running = this.#running.filter(unchanged);
    for (const { settings: running } of this.#running) wanted.delete(running.name);
    await Promise.all(ending.map(({ destination }) => destination.stop(0)));
    for (const { settings: running } of ending) this.#tools.faults.clear(this.#positionFault(running.name));
    for (const destinationSettings of wanted.values()) {
      const options = { ...destinationSettings.message, procid: process.pid };
      const reader = readerName(this.name, destinationSettings.name);
      const had = { skips: await this.#tools.store.events.readSkips(reader) };
      const destination = this.#create(destinationSettings, options, had);
      await destination.start();
      const { heartbeatMinutes: everyMinutes } = destinationSettings;
      const heartbeat = new Heartbeat({
        ...{ destination, options, everyMinutes },
        ...{ clock: this.#tools.clock, startedAt: this.#startedAt },
      });
      this.#running.push({ settings: destinationSettings, had, options, destination, heartbeat });
    }
  }

  /** While the feed is turned off, what comes waits for every destination, also for one that was never started. */
  async #placeAll({ destinations }: FeedSettings): Promise<void> {
    const { events } = this.#tools.store;
    for (const { name } of destinations) {
      const reader = readerName(this.name, name);
      if ((await events.position(reader)) === null) await events.savePosition(reader, await events.end());
    }
  }

  /** Milliseconds between two turns of the feed's loop. */
  get pollIntervalMs(): number {
    return this.#settings.pollIntervalSeconds * 1000;
  }

  /** How often to look whether a heartbeat is due. */
  get heartbeatEveryMs(): number {
    return this.#settings.destinations.some(({ heartbeatMinutes }) => heartbeatMinutes > 0) ? 5_000 : 60_000;
  }

  /** Sends a STATUS message, stamped `now` (epoch ms), to every destination that is due. */
  sendHeartbeats(now: number): void {
    for (const { heartbeat } of this.#running) heartbeat.tick(now);
  }

  /** Sends one now, whether it is configured or not. @throws EdgeError destination_unknown; heartbeat_waits: the last one has not gone out */
  sendHeartbeat(name: string, now: number): void {
    const running = this.#running.find(({ settings }) => settings.name === name);
    if (running === undefined)
      throw new EdgeError(
        "destination_unknown",
        `there is no destination ${JSON.stringify(name.slice(0, 64))} that sends`,
      );
    running.heartbeat.sendNow(now);
  }

  heartbeats(): HeartbeatStatus[] {
    return this.#running.map(({ settings, heartbeat }) => ({
      feed: this.name,
      name: settings.name,
      ...heartbeat.status(),
    }));
  }

  /** Names of its destinations, also while the feed is turned off. */
  names(): string[] {
    return this.#settings.destinations.map(({ name }) => name);
  }

  status(): DestinationStatus[] {
    return this.#running.map(({ destination }) => destination.status());
  }

  /** Recounts waiting events after retention has removed some. */
  async recount(): Promise<void> {
    for (const { destination } of this.#running) await destination.recount();
  }

  /** Sets the position of one of its destinations; does nothing if the destination has just been removed. */
  async move(name: string, { position, skips }: Place): Promise<void> {
    const running = this.#running.find(({ settings }) => settings.name === name);
    const reader = readerName(this.name, name);
    if (running === undefined) {
      if (!this.names().includes(name)) return;
      await this.#tools.store.events.saveSkips(reader, skips);
      return this.#tools.store.events.savePosition(reader, position);
    }
    // First, so that the old position skips nothing that waits, and the new one sends nothing that was not requested.
    await this.#tools.store.events.saveSkips(reader, skips);
    running.had.skips = skips;
    await running.destination.rewind(position);
  }

  /** Sends queued messages until `deadlineMs` (monotonic), then stops. */
  async stop(deadlineMs: number): Promise<void> {
    await Promise.all(this.#running.map(({ destination }) => destination.stop(deadlineMs)));
    this.#running = [];
  }

  #create(settings: DestinationSettings, options: MessageOptions, had: Had): Destination {
    const { store, clock, random, log, faults, uploads, mayAct } = this.#tools;
    const fault = this.#positionFault(settings.name);
    const { message } = feedOf[this.name];
    const wants = eventFilter(this.name, settings);
    return new Destination({
      name: settings.name,
      reader: readerName(this.name, settings.name),
      kinds: feedKinds[this.name],
      batchSize: this.#settings.batchSize,
      inFlight: batchesInFlight[settings.protocol],
      log: store.events,
      sender: createSyslogSender({
        protocol: settings.protocol,
        host: settings.host,
        port: settings.port,
        framing: settings.framing,
        tls: () => (settings.tls === null ? null : tlsMaterial(settings.tls, (file) => uploads.read(file))),
        random,
        onStateChange: this.#logChanges(settings.name),
      }),
      clock,
      ...(mayAct === undefined ? {} : { mayAct }),
      render: (event, into) =>
        !isSkipped(had.skips, event.seq) && wants(event) ? message(event, options, into) : null,
      onStoreFault: (message) => {
        if (message === null) faults.clear(fault);
        else
          faults.set(
            fault,
            `${settings.name}: its place in the event log cannot be read or recorded, so a crash would repeat messages: ${message}`,
          );
      },
      onCorruptEvent: (event, error) =>
        log.error("event skipped", {
          destination: settings.name,
          seq: event.seq,
          error: error instanceof Error ? error.message : "",
        }),
    });
  }

  #positionFault(destination: string): string {
    return `positions:${readerName(this.name, destination)}`;
  }

  /** Logs an unreachable destination once, not at every attempt. */
  #logChanges(destination: string): (change: { connected: boolean; message: string }) => void {
    let last = "";
    return ({ connected, message }) => {
      if (message === last) return;
      last = message;
      if (connected) this.#tools.log.info("destination connected", { destination, detail: message });
      else this.#tools.log.warn("destination not connected", { destination, detail: message });
    };
  }
}

/** Whether a destination gets an event. */
export function eventFilter(feed: FeedName, settings: DestinationSettings): (event: LoggedEvent) => boolean {
  const ofEntity = entityFilter(settings);
  return (event) => ofEntity(event) && feedOf[feed].wants(event, settings);
}

/** The message that a destination would get for an event. @throws EdgeError event_corrupt */
export function messageOfEvent(feed: FeedName, event: LoggedEvent, settings: DestinationSettings): EncodedMessage {
  return feedOf[feed].message(event, { ...settings.message, procid: process.pid }, ownBytes);
}

function entityFilter({ entities }: DestinationSettings): (event: LoggedEvent) => boolean {
  const names = new Set(entities.map((entity) => entity.trim().toLowerCase()));
  return (event) => names.size === 0 || names.has(event.entity.trim().toLowerCase());
}

/** Gives the content of a certificate or key: by its path, or uploaded (`TlsUploads`). @throws Error with the reason */
export type ReadTlsFile = (file: string) => Buffer;

/** Reads the files before every connection, so that a renewed certificate is used without a restart. `read`: gives the content of a file. */
export function tlsMaterial(settings: TlsSettings, read: ReadTlsFile): TlsMaterial {
  if (settings.caFile !== null) expectCertificate(settings.caFile, read);
  return {
    ...(settings.caFile === null ? {} : { ca: read(settings.caFile) }),
    ...(settings.certFile === null ? {} : { cert: read(settings.certFile) }),
    ...(settings.keyFile === null ? {} : { key: read(settings.keyFile) }),
    ...(settings.serverName === null ? {} : { serverName: settings.serverName }),
    verify: settings.verify,
  };
}

/** @throws EdgeError tls_file: the file holds a key instead of a certificate, which the library does not report clearly */
function expectCertificate(caFile: string, read: ReadTlsFile): void {
  const text = read(caFile).toString("latin1");
  if (text.includes("-----BEGIN CERTIFICATE-----") || !/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return;
  throw new EdgeError("tls_file", `ca_file ${caFile} is a private key: it takes the certificate of the receiver's CA`);
}
