/** The whole of a soak: the real program, its receivers, its ticket systems, and who works with them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  destinationOf,
  isRelp,
  type Misbehaving,
  ourReceiver,
  type Receiver,
  type Transport,
  udpReceiver,
} from "../chaos/delivery-receivers.ts";
import type { Dice } from "../chaos/dice.ts";
import { type SecondSystem, serviceNow } from "../chaos/second-system.ts";
import { password } from "../harness/api-client.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { autoPush, jiraEnvironment } from "../standins/environment.ts";
import { JiraStandIn } from "../standins/jira.ts";
import { Told } from "./told.ts";
import { downTurn, receiverTurns, systemTurns, type Turn } from "./turns.ts";

/** What is written again after one break: 8 MiB that were acknowledged, and a little that was acknowledged meanwhile. */
const streamWindowBytes = 8.5 * 1024 * 1024;
const relpWindow = 128;
const longestMessage = 8192;

interface Destination {
  transport: Transport;
  receiver: Receiver;
  told: Told;
}

export class SoakSite {
  readonly destinations: Destination[];
  /** Ids of incidents whose creation the incident feed's receiver was told of. */
  readonly toldIncidents: string[] = [];
  readonly incidentReceiver: Misbehaving;
  readonly jira: JiraStandIn;
  readonly second: SecondSystem;
  readonly appliance: ApplianceProcess;
  readonly folder: string;

  private constructor(parts: {
    destinations: Destination[];
    incidentReceiver: Misbehaving;
    jira: JiraStandIn;
    second: SecondSystem;
    appliance: ApplianceProcess;
    folder: string;
  }) {
    this.destinations = parts.destinations;
    this.incidentReceiver = parts.incidentReceiver;
    this.jira = parts.jira;
    this.second = parts.second;
    this.appliance = parts.appliance;
    this.folder = parts.folder;
  }

  /** Everything is there but the program, which is not started yet. */
  static async prepare(program?: string[]): Promise<SoakSite> {
    const transports: readonly Transport[] = ["tcp lf", "tls", "relp"];
    const destinations = await Promise.all(
      transports.map(async (transport) => ({
        transport,
        receiver: (await ourReceiver(transport)) as Receiver,
        told: new Told(transport),
      })),
    );
    destinations.push({ transport: "udp", receiver: await udpReceiver(), told: new Told("udp") });
    const jira = await new JiraStandIn({ indexLagMs: 3_000 }).start();
    const second = await serviceNow();
    const appliance = await ApplianceProcess.prepare({
      env: { ...environment(jira), ...second.env },
      ...(program === undefined ? {} : { program }),
    });
    const incidentReceiver = await ourReceiver("relp");
    const folder = mkdtempSync(join(tmpdir(), "rhythmx-soak-"));
    return new SoakSite({ destinations, incidentReceiver, jira, second, appliance, folder });
  }

  /** Writes both feeds' configuration: HOURLY messages so many minutes after the one before. */
  configure(hourlyMinutes: number): void {
    this.appliance.configure({
      syslog: this.destinations.map(({ transport, receiver }) => ({
        ...destinationOf(transport, receiver.port),
        name: nameOf(transport),
      })),
      daemon: { poll_interval_seconds: 1, hourly_interval_minutes: hourlyMinutes },
    });
    this.appliance.configure(
      { syslog: { ...destinationOf("relp", this.incidentReceiver.port), name: "cases" } },
      "incident_syslog_config.json",
    );
  }

  /** Takes what has come in at the receivers since the last time. */
  take(): void {
    for (const { receiver, told } of this.destinations) told.addAll(receiver.take());
    for (const message of this.incidentReceiver.take()) {
      const [, id] = / incident_created \[[^\]]*? id="(INC-[0-9a-f]{8})"/.exec(message) ?? [];
      if (id !== undefined) this.toldIncidents.push(id);
    }
    // What was asked of the ticket systems is kept in what they hold.
    for (const system of [this.jira, this.second.standIn]) system.log.length = 0;
  }

  /** What can go wrong at receivers, and at ticket systems. */
  turns(dice: Dice): { receivers: Turn[]; systems: Turn[] } {
    const receivers = this.destinations.flatMap(({ transport, receiver }) =>
      isMisbehaving(receiver) ? receiverTurns(transport, receiver, dice) : [downTurn(transport, receiver)],
    );
    const cases = receiverTurns("relp", this.incidentReceiver, dice);
    const named = cases.map((turn) => ({ ...turn, name: turn.name.replace("relp", "cases over relp") }));
    const systems = [...systemTurns("Jira", this.jira, dice), ...systemTurns("ServiceNow", this.second.standIn, dice)];
    return { receivers: [...receivers, ...named], systems };
  }

  /** Bytes that a destination may have got twice: one window for each connection after the first. */
  mostRepeatedBytes({ transport, receiver }: Destination): number {
    const breaks = Math.max(0, receiver.accepted() - 1);
    if (transport === "udp") return 0;
    return breaks * (isRelp(transport) ? relpWindow * longestMessage : streamWindowBytes);
  }

  async dispose(): Promise<void> {
    await this.appliance.dispose();
    const ends = [
      ...this.destinations.map(({ receiver }) => receiver.remove()),
      this.incidentReceiver.remove(),
      this.jira.stop(),
      this.second.standIn.stop(),
    ];
    await Promise.allSettled(ends);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The name of its destination, without a blank. */
const nameOf = (transport: Transport) => transport.replace(" ", "-");

const isMisbehaving = (receiver: Receiver): receiver is Misbehaving => "behave" in receiver;

function environment(jira: JiraStandIn): Record<string, string> {
  return {
    RHYTHMX_ADMIN_PASSWORD: password,
    ...jiraEnvironment(jira),
    ...autoPush("jira", "servicenow"),
    // Waits of minutes in seconds.
    RETRY_BASE_DELAY_SECONDS: "1",
    RETRY_MAX_DELAY_SECONDS: "10",
    RETRY_SCHEDULE: "* * * * * *",
    RETRY_MAX_RETRIES: "20",
    JIRA_SYNC_SCHEDULE: "*/5 * * * * *",
    SNOW_SYNC_SCHEDULE: "*/5 * * * * *",
    UNKNOWN_LOOKUP_DELAYS_SECONDS: "1,4,10",
  };
}
