/** The incident step of intake: adds detections and alarms to the evidence of their actors, in the same commit as their rows. */
import { isOrdinaryRole } from "../../core/assets/weight.ts";
import { type Actor, ActorFinder, type ActorRules } from "../../core/correlation/actor.ts";
import { addAlarms, addDetections, type EvidenceHour, ruleOf } from "../../core/correlation/evidence.ts";
import { floorOf, prepareFloors } from "../../core/correlation/floors.ts";
import { preparePatterns } from "../../core/correlation/patterns.ts";
import { newSightings } from "../../core/correlation/rarity/rarity.ts";
import { addRepeats } from "../../core/correlation/repeats.ts";
import { type Alarm, type Detection, levels } from "../../core/detection.ts";
import { ExceptionList } from "../../core/exceptions/exception-list.ts";
import type { NamingRules } from "../../core/exceptions/exception-matcher.ts";
import { NameLearner } from "../../core/identities/learn-names.ts";
import { normaliseName } from "../../core/intake/identity.ts";
import type { CorrelationSettings } from "../../core/settings.ts";
import type { KnownAssets } from "../assets/known-assets.ts";
import type { Database } from "../database/database.ts";
import type { TicketRules } from "../outbox/ticket-updates.ts";
import { type ActorPeriod, accountsOfUsers, actorKey, newPeriod } from "./actor-periods.ts";
import { type ConclusionRules, conclude, type Examined } from "./conclusions.ts";
import { countHits, listExceptions } from "./exceptions.ts";
import { savePeriods, saveRepeats } from "./save-periods.ts";
import type { UnitOfWork } from "./unit-of-work.ts";

/** A new alarm; or, with `raised`, a known one whose RBP is now higher by `by`, and the period that counts it. */
export type AlarmEvidence = Alarm & { raised?: { by: number; periodId: number | null } };

interface Gathered {
  period: ActorPeriod;
  detections: Detection[];
  alarms: AlarmEvidence[];
}

const high = levels.indexOf("high");

export class Correlator {
  readonly #database: Database;
  readonly #finder: ActorFinder;
  readonly #learner: NameLearner;
  readonly actorRules: ActorRules;
  readonly #assets: KnownAssets;
  #exceptions: ExceptionList;
  readonly rules: ConclusionRules;

  private constructor(
    database: Database,
    settings: CorrelationSettings,
    exceptions: ExceptionList,
    { tickets, assets }: { tickets: TicketRules; assets: KnownAssets },
  ) {
    this.#assets = assets;
    this.#database = database;
    this.actorRules = settings.actors;
    this.#finder = new ActorFinder(settings.actors, assets.names.book);
    this.#learner = new NameLearner(assets.names.book, this.#finder);
    this.#exceptions = exceptions;
    this.rules = {
      patterns: preparePatterns(settings.patterns),
      floors: prepareFloors(settings.floors),
      minScore: settings.minScore,
      tickets,
      roles: assets,
    };
  }

  /** Creates a correlator and loads the exceptions. */
  static async load(
    database: Database,
    settings: CorrelationSettings,
    parts: { tickets: TicketRules; assets: KnownAssets },
  ): Promise<Correlator> {
    const exceptions = new ExceptionList(await listExceptions(database), naming(settings.actors, parts.assets));
    return new Correlator(database, settings, exceptions, parts);
  }

  /** How actors are named, for exceptions. */
  get naming(): NamingRules {
    return naming(this.actorRules, this.#assets);
  }

  /** Call after the exceptions have changed. */
  async reloadExceptions(): Promise<void> {
    this.#exceptions = new ExceptionList(await listExceptions(this.#database), this.naming);
  }

  /**
   * Adds detections to the evidence. With `assess` the actors are assessed at once; without it they are marked as pending, because more
   * of the same batch is to come. Returns the period of each record, in order; null for a record that is no evidence.
   */
  async detections(unit: UnitOfWork, detections: readonly Detection[], assess: boolean): Promise<(number | null)[]> {
    const hits = new Map<string, number>();
    const isEvidence = (detection: Detection, actor: Actor) => {
      if (this.#isOrdinary(detection, actor)) return false;
      const covering = this.#exceptions.covering(detection, actor, unit.now);
      for (const id of covering) hits.set(id, (hits.get(id) ?? 0) + 1);
      return covering.length === 0;
    };
    // Before anything is scored, so that a batch gives the same in any order.
    unit.add(...this.#assets.infer(detections, unit.now));
    await this.#learn(unit, detections);
    const add = (gathered: Gathered, one: Detection) => gathered.detections.push(this.#onItsHost(one));
    const periodIds = await this.#take(unit, detections, assess, { isEvidence, add });
    unit.add(...countHits(hits, unit.now));
    return periodIds;
  }

  /**
   * What a scanner, a backup or a deployment server does to another machine is no evidence against that machine, unless it is of level high
   * or a crown jewel.
   */
  #isOrdinary(detection: Detection, actor: Actor): boolean {
    const { srcIp, entity, level } = detection;
    if (srcIp === null || actor.type !== "host" || levels.indexOf(level) >= high) return false;
    if (!isOrdinaryRole(this.#assets.ofHost(entity, srcIp)?.role)) return false;
    if (isOrdinaryRole(this.#assets.ofHost(entity, actor.name)?.role)) return false;
    return floorOf(ruleOf(detection), this.rules.floors)?.crownJewel !== true;
  }

  /** With the name of its host that evidence has: spellings of one host are one there too. */
  #onItsHost(detection: Detection): Detection {
    const host = this.#finder.machineOf(detection.entity, detection.host);
    return host === "" || host === detection.host ? detection : { ...detection, host };
  }

  /** Who a detection is about, as evidence has it; null = nobody. */
  actorOf(record: Parameters<ActorFinder["find"]>[0] & { entity: string }): Actor | null {
    return this.#finder.find(record);
  }

  /** The same for alarms. */
  async alarms(unit: UnitOfWork, alarms: readonly AlarmEvidence[], assess: boolean): Promise<(number | null)[]> {
    const isEvidence = ({ raised }: AlarmEvidence, _actor: Actor, period: ActorPeriod | undefined) =>
      raised === undefined || (period !== undefined && raised.periodId === period.id);
    await this.#learn(unit, alarms);
    return this.#take(unit, alarms, assess, { isEvidence, add: ({ alarms }, one) => alarms.push(one) });
  }

  /** The keys that an actor of this name may have: as user, host or address; then those that it had before names were joined. */
  keysOf(entity: string, name: string): string[] {
    const named = [{ user: name }, { host: name }, { srcIp: name }].map((one) => ({
      ...{ user: null, host: null, srcIp: null, entity },
      ...one,
    }));
    const found = [this.#finder, new ActorFinder(this.actorRules)].flatMap((finder) =>
      named.map((one) => finder.find(one)),
    );
    return [...new Set(found.flatMap((actor) => (actor === null ? [] : [actorKey(entity, actor)])))];
  }

  /** Learns whom the names of these stand for. Before any of them is looked at, so that their order does not count. */
  async #learn(unit: UnitOfWork, records: readonly (Detection | Alarm)[]): Promise<void> {
    const lesson = this.#learner.lesson(records, unit.now);
    if (lesson === null) return;
    const owners = await accountsOfUsers(this.#database, lesson.owners);
    unit.add(...this.#assets.learn(this.#learner.learn({ ...lesson, owners })));
  }

  async #take<T extends Detection | AlarmEvidence>(
    unit: UnitOfWork,
    records: readonly T[],
    assess: boolean,
    kind: {
      isEvidence(record: T, actor: Actor, period: ActorPeriod | undefined): boolean;
      add(gathered: Gathered, record: T): void;
    },
  ): Promise<(number | null)[]> {
    const actors = records.map((record) => {
      const actor = this.#finder.find(record);
      return actor === null ? null : { actor, key: actorKey(record.entity, actor) };
    });
    const keys = new Set(actors.flatMap((found) => found?.key ?? []));
    const known = await unit.periods.current(this.#database, [...keys]);
    const gathered = new Map<string, Gathered>();
    const periodIds = records.map((record, index) => {
      const found = actors[index] ?? null;
      if (found === null || !kind.isEvidence(record, found.actor, known.get(found.key))) return null;
      let group = gathered.get(found.key);
      if (group === undefined) {
        const period = known.get(found.key) ?? newPeriod(unit.takePeriodId(), record.entity, found.actor, unit.now);
        group = { period, detections: [], alarms: [] };
        gathered.set(found.key, group);
      }
      kind.add(group, record);
      return group.period.id;
    });
    const examined = [...gathered.values()].map((group) => fold(group, unit.now));
    // Repeats bring no rule that their day did not have.
    const fresh = examined.flatMap(({ period, changed, repeated }) => {
      if (repeated !== undefined) return [];
      const entity = normaliseName(period.entity);
      return newSightings(period.state.evidence, changed).map((one) => ({ ...one, entity }));
    });
    unit.add(...(await unit.ruleActors.sight(this.#database, fresh, unit.now)));
    const quiet = assess ? await conclude(unit, this.rules, examined) : [];
    if (!assess) for (const { period } of examined) period.pending = true;
    const apart = new Set(quiet.map(({ period }) => period));
    savePeriods(
      unit,
      examined.flatMap(({ period }) => (apart.has(period) ? [] : period)),
      "keep",
    );
    saveRepeats(unit, quiet);
    return periodIds;
  }
}

function naming({ hostShortNames }: ActorRules, { names }: KnownAssets): NamingRules {
  return { hostShortNames, names: names.book };
}

/** Adds the collected records to the actor's evidence and counts. */
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
  const repeated = period.pending || alarms.length > 0 ? null : addRepeats(evidence, detections, now);
  if (repeated !== null)
    return { period, changed: new Set([repeated.hour]), repeated: { ...repeated, count: detections.length } };
  const [rules, hosts] = [evidence.rules.length, evidence.hosts.length];
  const added = [addDetections(evidence, detections, now), addAlarms(evidence, alarms, now)];
  const regrouped = period.pending || evidence.rules.length > rules || evidence.hosts.length > hosts;
  // Earlier parts of an unfinished batch are not yet assessed, so all hours have to be.
  const changed = period.pending ? evidence.hours : added.flatMap((hours) => [...hours]);
  return { period, changed: new Set<EvidenceHour>(changed), regrouped };
}
