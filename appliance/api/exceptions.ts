/** Exceptions on behalf of a caller, limited to the caller's entities. */
import { createHash, randomBytes } from "node:crypto";
import { changesOf } from "../../core/access/audit.ts";
import { type Caller, seesEntity } from "../../core/access/caller.ts";
import type { ActorRules } from "../../core/correlation/actor.ts";
import { EdgeError } from "../../core/errors.ts";
import {
  type Exception,
  type ExceptionChange,
  type NewException,
  whyNoException,
} from "../../core/exceptions/exception.ts";
import { coveredBy, proposalJson, proposeExceptions } from "../../core/exceptions/propose.ts";
import { type TrialStep, trialDays } from "../../core/exceptions/trial.ts";
import type { Clock } from "../../core/ports.ts";
import { dayMs } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";
import { type AuditAuthor, type AuditLog, auditAuthor } from "../access/audit-log.ts";
import { TrialResult } from "./trial-result.ts";

type Json = Record<string, unknown>;

/** So long an answer waits for evidence that is there already. */
const longestApplyMs = 10_000;
/** A trial ends after so long, or so many logs, and then says that it did not look at everything. */
const longestTrialMs = 15_000;
const mostTrialLogs = 50_000;
/** Alerts that are shown of what an exception covers. */
const mostMatches = 50;
/** Incidents whose proposals one list holds, the newest. */
const mostFalsePositives = 50;

/** What proposals are compared with. */
interface Saved {
  exceptions: readonly Exception[];
  rules: Pick<ActorRules, "hostShortNames">;
}

/** How often a change that asks for no revision is made anew, where others change the same exception meanwhile. */
const mostTries = 20;

export class Exceptions {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #audit: AuditLog;
  readonly #authorOf: (caller: Caller) => AuditAuthor;

  /** `authorOf`: who the audit log names for a caller. */
  constructor(store: Store, clock: Clock, audit: AuditLog, authorOf: (caller: Caller) => AuditAuthor = auditAuthor) {
    this.#authorOf = authorOf;
    this.#store = store;
    this.#clock = clock;
    this.#audit = audit;
  }

  /** Everybody sees exceptions for every entity; others are visible to callers of their entity. */
  async list(caller: Caller): Promise<Json[]> {
    const all = await this.#store.incidents.listExceptions();
    return all.filter(({ entity }) => entity === "" || seesEntity(caller, entity)).map(exceptionJson);
  }

  /** @throws EdgeError entity_foreign for one that reaches beyond the caller's entities, exception_refused (`whyNoException`) */
  async add(caller: Caller, request: NewException): Promise<Json> {
    this.#expectAllowed(caller, request);
    const exception: Exception = {
      id: `exc-${randomBytes(6).toString("hex")}`,
      ...request,
      who: caller.name,
      createdAt: this.#clock.now(),
      hits: 0,
      lastHitAt: null,
    };
    await this.#store.incidents.insertException(exception);
    const { id, revision, ...detail } = exceptionJson(exception);
    // It holds from now on, whatever becomes of the evidence that is there already.
    await this.#audit.note(this.#authorOf(caller), "exception.create", exception.id, detail);
    await this.#apply();
    return { id, ...detail, revision };
  }

  /**
   * `revision`: which it must have; null = whichever.
   * @throws EdgeError exception_unknown, exception_changed, entity_foreign for one that would reach beyond the caller's entities, exception_refused
   */
  async change(caller: Caller, id: string, change: ExceptionChange, revision: string | null): Promise<Json> {
    // Without a revision a change that somebody else makes meanwhile is what this one is made to.
    for (let tries = 1; ; tries++) {
      const changed = await this.#changed(caller, id, change, revision);
      if (changed !== null) return changed;
      if (revision !== null || tries >= mostTries) throw changedMeanwhile();
    }
  }

  /** One attempt; null where it was changed between reading and writing it. */
  async #changed(caller: Caller, id: string, change: ExceptionChange, revision: string | null): Promise<Json | null> {
    const now = this.#clock.now();
    const known = await this.#own(caller, id);
    if (revision !== null && revision !== revisionOf(known)) throw changedMeanwhile();
    const { end = false, ...fields } = change;
    const isOver = known.until !== null && known.until <= now;
    const after: Exception = { ...known, ...fields, ...(end && !isOver ? { until: now } : {}) };
    // One that ends, or has ended, may be put right in words; else it has to make sense from now on.
    const staysOver = after.until !== null && after.until <= now && (end || after.until === known.until);
    this.#expectAllowed(caller, staysOver ? { ...after, until: null } : after);
    if (!(await this.#store.incidents.updateException(known, after, now))) return null;
    const { hits: _, last_hit_at: __, revision: ___, ...before } = exceptionJson(known);
    const changes = changesOf(
      before,
      Object.fromEntries(Object.entries(exceptionJson(after)).filter(([key]) => key in before)),
    );
    await this.#audit.note(this.#authorOf(caller), "exception.change", id, { changes });
    await this.#apply();
    return exceptionJson(after);
  }

  /** `revision`: as of `change`. @throws EdgeError exception_unknown, exception_changed */
  async remove(caller: Caller, id: string, revision: string | null = null): Promise<void> {
    const known = await this.#own(caller, id);
    if (revision !== null && revision !== revisionOf(known)) throw changedMeanwhile();
    const expected = revision === null ? null : known;
    if (!(await this.#store.incidents.deleteException(id, this.#clock.now(), expected))) {
      await this.#own(caller, id);
      throw changedMeanwhile();
    }
    const { id: _, revision: __, ...detail } = exceptionJson(known);
    await this.#audit.note(this.#authorOf(caller), "exception.delete", id, detail);
    await this.#apply();
  }

  /** One of those that `list` has, with the newest alerts that it covers. @throws EdgeError exception_unknown */
  async matches(caller: Caller, id: string): Promise<Json> {
    const known = (await this.#store.incidents.listExceptions()).find((one) => one.id === id);
    if (known === undefined || (known.entity !== "" && !seesEntity(caller, known.entity))) throw unknown(id);
    const actorRules = await this.#store.incidents.actorRules();
    const query = { scope: known, actorRules: actorRules ?? { sharedAccounts: [], hostShortNames: false } };
    const found = await this.#store.reading.matchedAlerts({ ...query, entities: caller.entities }, mostMatches);
    return {
      exception: exceptionJson(known),
      alerts: found.alerts.map((alert) => ({
        hash: alert.hash,
        rule_title: alert.ruleTitle,
        level: alert.level,
        entity_name: alert.entity,
        user: alert.user || null,
        host: alert.host || null,
        count: alert.count,
        last_seen: alert.lastSeen,
      })),
      complete: found.isComplete,
    };
  }

  /** What it would have suppressed. @throws EdgeError as `add`; no_correlation */
  async trial(caller: Caller, request: NewException): Promise<Json> {
    this.#expectAllowed(caller, request);
    const actorRules = await this.#store.incidents.actorRules();
    if (actorRules === null) throw new EdgeError("no_correlation", "this appliance runs without incidents");
    const since = this.#clock.now() - trialDays * dayMs;
    const begun = this.#clock.monotonic();
    const result = new TrialResult(request, since);
    for (let next: number | null = 0; next !== null; ) {
      const step: TrialStep = await this.#store.reading.tryException({ scope: request, actorRules, since }, next);
      result.add(step);
      next = step.next;
      if (next !== null && (this.#clock.monotonic() - begun > longestTrialMs || result.logsRead >= mostTrialLogs)) {
        result.isComplete = false;
        break;
      }
    }
    return result.json();
  }

  /**
   * Proposals from an incident's evidence; of null those from incidents that were false positives in the last days and that no exception
   * covers yet. @throws EdgeError incident_unknown
   */
  async proposals(caller: Caller, incidentId: string | null): Promise<Json[]> {
    const { reading } = this.#store;
    if (incidentId !== null) {
      const row = await reading.readRow("incidents", incidentId, this.#clock.now());
      if (row === null || !seesEntity(caller, row.entity))
        throw new EdgeError("incident_unknown", `there is no incident ${incidentId.slice(0, 32)}`);
      return this.#proposalsOf(incidentId, await this.#saved());
    }
    const since = this.#clock.now() - trialDays * dayMs;
    const recent = await reading.falsePositives(since, mostFalsePositives, caller.entities);
    const saved = await this.#saved();
    const found: Json[] = [];
    for (const id of recent) {
      const open = (await this.#proposalsOf(id, saved)).filter(({ covered_by }) => covered_by === null);
      found.push(...open.map((proposal) => ({ incident_id: id, ...proposal })));
    }
    return found;
  }

  async #saved(): Promise<Saved> {
    const { incidents } = this.#store;
    return {
      exceptions: await incidents.listExceptions(),
      rules: (await incidents.actorRules()) ?? { hostShortNames: false },
    };
  }

  async #proposalsOf(incidentId: string, { exceptions: known, rules }: Saved): Promise<Json[]> {
    const evidence = await this.#store.reading.readProposalEvidence(incidentId);
    if (evidence === null) return [];
    const { incident, alerts } = evidence;
    const now = this.#clock.now();
    return proposeExceptions(incident, evidence.rules, alerts, now).map((proposal) =>
      proposalJson(proposal, coveredBy(proposal, alerts, incident, known, rules, now)?.id ?? null),
    );
  }

  /** One that the caller may change. @throws EdgeError exception_unknown */
  async #own(caller: Caller, id: string): Promise<Exception> {
    const known = (await this.#store.incidents.listExceptions()).find((one) => one.id === id);
    const own =
      known !== undefined && (known.entity === "" ? caller.entities === null : seesEntity(caller, known.entity));
    if (!own) throw unknown(id);
    return known;
  }

  #expectAllowed(caller: Caller, request: NewException): void {
    if (request.entity === "" ? caller.entities !== null : !seesEntity(caller, request.entity))
      throw new EdgeError("entity_foreign", "entity: name one of your entities");
    const refusal = whyNoException(request, this.#clock.now());
    if (refusal !== null) throw new EdgeError("exception_refused", refusal);
  }

  /** Evidence that is there already. What takes longer is gone on with by the loop of correlation, also after the next start. */
  async #apply(): Promise<void> {
    const begun = this.#clock.monotonic();
    while (await this.#store.incidents.applyExceptions(this.#clock.now()))
      if (this.#clock.monotonic() - begun > longestApplyMs) return;
  }
}

function unknown(id: string): EdgeError {
  return new EdgeError("exception_unknown", `there is no exception ${id.slice(0, 64)}`);
}

function changedMeanwhile(): EdgeError {
  return new EdgeError(
    "exception_changed",
    "this exception was changed by somebody else meanwhile, so nothing was changed: look at it again",
  );
}

/** Another one after each change that people make. */
function revisionOf({ entity, rule, actor, host, process, commandLine, hash, until, reason }: Exception): string {
  const said = JSON.stringify([entity, rule, actor, host, process, commandLine, hash, until, reason]);
  return createHash("sha256").update(said).digest("hex").slice(0, 16);
}

function exceptionJson(exception: Exception): Json {
  const { id, entity, rule, actor, host, until, reason, who, createdAt } = exception;
  const none = (text: string) => (text === "" ? null : text);
  const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString());
  return {
    id,
    entity_name: none(entity),
    rule: none(rule),
    actor: none(actor),
    host: none(host),
    until: iso(until),
    reason,
    who,
    created_at: iso(createdAt),
    process: none(exception.process),
    command_line: none(exception.commandLine),
    hash: none(exception.hash),
    hits: exception.hits,
    last_hit_at: iso(exception.lastHitAt),
    revision: revisionOf(exception),
  };
}
