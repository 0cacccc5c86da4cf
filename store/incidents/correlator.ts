/** The incident step of intake: detections and alarms become evidence of their actors, in the same commit as their rows. */
import type { InStatement } from "@libsql/client";
import { type Actor, ActorFinder, type ActorRules } from "../../core/correlation/actor.ts";
import { addAlarms, addDetections, type EvidenceHour } from "../../core/correlation/evidence.ts";
import { ExceptionList } from "../../core/correlation/exceptions.ts";
import { preparePatterns } from "../../core/correlation/patterns.ts";
import { type Alarm, type Detection, levels } from "../../core/detection.ts";
import type { CorrelationSettings } from "../../core/settings.ts";
import type { Database } from "../database/database.ts";
import type { EventBatch } from "../events/event-batch.ts";
import type { Sequences } from "../events/sequences.ts";
import type { TicketRules } from "../outbox/ticket-updates.ts";
import { type ActorPeriod, actorKey, currentPeriods, newPeriod, savePeriods } from "./actor-periods.ts";
import { type ConclusionRules, conclude, type Examined } from "./conclusions.ts";
import { listExceptions } from "./exceptions.ts";

/** An alarm that is new; or one whose RBP has become known to be so much higher, which concerns the period that had it. */
export type AlarmEvidence = Alarm & { raised?: { by: number; periodId: number | null } };

/** What one write adds to actors. */
export interface CorrelationStep {
  statements: InStatement[];
  /** The period of each record, in their order; null where it is no evidence. */
  periodIds: (number | null)[];
  newPeriods: number;
}

interface Gathered {
  period: ActorPeriod;
  detections: Detection[];
  alarms: AlarmEvidence[];
}

const high = levels.indexOf("high");

export class Correlator {
  readonly #database: Database;
  readonly #sequences: Sequences;
  readonly #finder: ActorFinder;
  readonly #actorRules: ActorRules;
  #exceptions: ExceptionList;
  readonly rules: ConclusionRules;

  private constructor(
    database: Database,
    sequences: Sequences,
    settings: CorrelationSettings,
    exceptions: ExceptionList,
    tickets: TicketRules,
  ) {
    this.#database = database;
    this.#sequences = sequences;
    this.#actorRules = settings.actors;
    this.#finder = new ActorFinder(settings.actors);
    this.#exceptions = exceptions;
    this.rules = { patterns: preparePatterns(settings.patterns), minScore: settings.minScore, tickets };
  }

  /** Reads the exceptions as well. */
  static async load(
    database: Database,
    sequences: Sequences,
    settings: CorrelationSettings,
    tickets: TicketRules,
  ): Promise<Correlator> {
    const exceptions = new ExceptionList(await listExceptions(database), settings.actors);
    return new Correlator(database, sequences, settings, exceptions, tickets);
  }

  /** After they have changed. */
  async reloadExceptions(): Promise<void> {
    this.#exceptions = new ExceptionList(await listExceptions(this.#database), this.#actorRules);
  }

  /**
   * Adds detections that count. With `assess` cases and incidents follow at once; without, the actors are marked as pending: more of
   * the same batch is to come.
   */
  detections(
    detections: readonly Detection[],
    now: number,
    assess: boolean,
    events: EventBatch,
  ): Promise<CorrelationStep> {
    const isEvidence = (detection: Detection, actor: Actor) => !this.#exceptions.cover(detection, actor, now);
    return this.#take(
      detections,
      { isEvidence, add: ({ detections }, one) => detections.push(one) },
      now,
      assess,
      events,
    );
  }

  alarms(alarms: readonly AlarmEvidence[], now: number, assess: boolean, events: EventBatch): Promise<CorrelationStep> {
    const isEvidence = ({ raised }: AlarmEvidence, _actor: Actor, period: ActorPeriod | undefined) =>
      raised === undefined || (period !== undefined && raised.periodId === period.id);
    return this.#take(alarms, { isEvidence, add: ({ alarms }, one) => alarms.push(one) }, now, assess, events);
  }

  /** Keys under which an actor of this name may be known: as user, as host, as address. */
  keysOf(entity: string, name: string): string[] {
    const found = [{ user: name }, { host: name }, { srcIp: name }].map((named) =>
      this.#finder.find({ user: null, host: null, srcIp: null, ...named }),
    );
    return found.flatMap((actor) => (actor === null ? [] : [actorKey(entity, actor)]));
  }

  async #take<T extends Detection | AlarmEvidence>(
    records: readonly T[],
    kind: {
      isEvidence(record: T, actor: Actor, period: ActorPeriod | undefined): boolean;
      add(gathered: Gathered, record: T): void;
    },
    now: number,
    assess: boolean,
    events: EventBatch,
  ): Promise<CorrelationStep> {
    const actors = records.map((record) => {
      const actor = this.#finder.find(record);
      return actor === null ? null : { actor, key: actorKey(record.entity, actor) };
    });
    const keys = new Set(actors.flatMap((found) => found?.key ?? []));
    const known = await currentPeriods(this.#database, [...keys]);
    const gathered = new Map<string, Gathered>();
    let newPeriods = 0;
    const periodIds = records.map((record, index) => {
      const found = actors[index] ?? null;
      if (found === null || !kind.isEvidence(record, found.actor, known.get(found.key))) return null;
      let group = gathered.get(found.key);
      if (group === undefined) {
        const id = this.#sequences.lastPeriodId + newPeriods + 1;
        const period = known.get(found.key) ?? newPeriod(id, record.entity, found.actor, now);
        if (period.id === id) newPeriods++;
        group = { period, detections: [], alarms: [] };
        gathered.set(found.key, group);
      }
      kind.add(group, record);
      return group.period.id;
    });
    const examined = [...gathered.values()].map((group) => fold(group, now));
    const statements: InStatement[] = [];
    if (assess) statements.push(...(await conclude(this.#database, this.rules, examined, events, now)));
    else for (const { period } of examined) period.pending = true;
    statements.push(...savePeriods(examined.map(({ period }) => period)));
    return { statements, periodIds, newPeriods };
  }
}

/** Adds what was gathered to the actor's evidence and counts. */
function fold({ period, detections, alarms }: Gathered, now: number): Examined {
  const { activity, evidence } = period.state;
  const seen = (timestamp: number) => {
    activity.firstAt = Math.min(activity.firstAt ?? timestamp, timestamp);
    activity.lastAt = Math.max(activity.lastAt ?? timestamp, timestamp);
  };
  for (const { timestamp, level } of detections) {
    seen(timestamp);
    activity.detections++;
    if (levels.indexOf(level) >= high) activity.highDetections++;
  }
  for (const { timestamp, rbp, raised } of alarms) {
    seen(timestamp);
    if (raised === undefined) activity.alarms++;
    activity.rbpSum += raised?.by ?? rbp;
    activity.rbpMax = Math.max(activity.rbpMax, rbp);
  }
  period.updatedAt = now;
  const added = [addDetections(evidence, detections, now), addAlarms(evidence, alarms, now)];
  // What an unfinished batch has added before has not been assessed: then everything has to be looked at.
  const changed = period.pending ? evidence.hours : added.flatMap((hours) => [...hours]);
  return { period, changed: new Set<EvidenceHour>(changed) };
}
