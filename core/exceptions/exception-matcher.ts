/** Whether one exception holds for a detection. */
import { type Actor, type ActorRules, canonicalIp, shortHost } from "../correlation/actor.ts";
import type { Detection } from "../detection.ts";
import { accountName } from "../identities/account-name.ts";
import { plainHost } from "../identities/host-name.ts";
import type { NameBook } from "../identities/name-book.ts";
import { normaliseName } from "../intake/identity.ts";
import { fileName } from "../logs/file-kinds.ts";
import { type EventFacts, eventFacts } from "../logs/log-facts.ts";
import { hasWildcard, wildcard } from "../text/wildcard.ts";
import { type ExceptionScope, hashPattern, needsLog } from "./exception.ts";

/** What of a detection tells whether an exception holds. */
export type Covered = Pick<Detection, "entity" | "ruleId" | "ruleTitle" | "host">;

/** Every name under which exceptions may have a detection's actor and host. */
export interface Names {
  actor: readonly string[];
  host: readonly string[];
}

/** A test of a text; null = any text fits. */
type Test = ((text: string) => boolean) | null;

/** How hosts are named, and by which other names an actor is known. */
export type NamingRules = Pick<ActorRules, "hostShortNames"> & {
  /** Not given where the names that were learnt are not at hand. */
  names?: Pick<NameBook, "hostOf" | "othersOf">;
};

/** The names of a detection's actor and host. `detection.host` as it was given. */
export function namesOf({ host, entity }: Pick<Covered, "host" | "entity">, actor: Actor, rules: NamingRules): Names {
  const full = canonicalIp(plainHost(host));
  const short = rules.hostShortNames ? shortHost(full) : full;
  const { names } = rules;
  const machine = names?.hostOf(entity, full) ?? full;
  const hosts = new Set([short, full, machine, ...(names?.othersOf(entity, { type: "host", name: machine }) ?? [])]);
  return { actor: actorNamesOf(entity, actor, full, rules), host: [...hosts] };
}

function actorNamesOf(entity: string, actor: Actor, host: string, { names }: NamingRules): string[] {
  const others = names?.othersOf(entity, actor) ?? [];
  // The account of a machine has its short name, whatever the machine's logs call it.
  if (actor.type === "host") {
    const all = new Set([actor.name, shortHost(actor.name), host, ...others]);
    return [...all, ...[...all].map(asHost)];
  }
  return actor.type === "user" && names === undefined ? [actor.name, anyDomain(actor.name)] : [actor.name, ...others];
}

/** The name of a host and of nobody else: what follows a domain's prefix may be either. */
function asHost(name: string): string {
  return `host ${name}`;
}

/** What stands for a user of whom no domain is known: an exception for an account of any domain is for this one. */
function anyDomain(user: string): string {
  return `${user}@`;
}

export class ExceptionMatcher {
  /** Lower case; empty = any. */
  readonly entity: string;
  /** The names of actor and host that it asks for, lower case, where they are no patterns: one of them has to be there. Null = a pattern, or any. */
  readonly exactActors: readonly string[] | null;
  readonly exactHost: string | null;
  /** Whether the log has to be read. */
  readonly needsLog: boolean;
  readonly #rule: Test;
  readonly #actor: Test;
  readonly #host: Test;
  readonly #process: Test;
  readonly #commandLine: Test;
  readonly #hash: Test;
  readonly #isPath: boolean;
  readonly #rules: NamingRules;

  /** `hostShortNames`: hosts go by their first label, as their actors do. */
  constructor(scope: ExceptionScope, rules: NamingRules) {
    this.entity = normaliseName(scope.entity);
    this.#rules = rules;
    const rule = normaliseName(scope.rule);
    const actors = actorNames(scope.actor, rules);
    const host = hostName(scope.host, rules);
    this.exactActors = actors.length === 0 || actors.some(hasWildcard) ? null : actors;
    this.exactHost = host === "" || hasWildcard(host) ? null : host;
    this.#rule = testOf([rule]);
    this.#actor = testOf(actors);
    this.#host = testOf([host]);
    this.#process = testOf([scope.process]);
    this.#commandLine = testOf([scope.commandLine]);
    this.#hash = testOf([hashPattern(scope.hash) ?? scope.hash]);
    this.#isPath = /[\\/]/.test(scope.process);
    this.needsLog = needsLog(scope);
  }

  get namesNoRule(): boolean {
    return this.#rule === null;
  }

  fitsEntity(entity: string): boolean {
    return this.entity === "" || this.entity === normaliseName(entity);
  }

  fitsRule({ ruleId, ruleTitle }: Pick<Covered, "ruleId" | "ruleTitle">): boolean {
    return (
      this.#rule === null || [ruleId, ruleTitle].some((name) => name !== null && this.#rule?.(normaliseName(name)))
    );
  }

  /** False if it holds for no detection of this actor. */
  mayConcern(entity: string, actor: Actor): boolean {
    // Hosts have further names, which their detections tell.
    return (
      this.fitsEntity(entity) &&
      (this.#actor === null || actor.type === "host" || actorNamesOf(entity, actor, "", this.#rules).some(this.#actor))
    );
  }

  /** Whether entity, rule, actor and host are as it says. */
  fitsNames(detection: Covered, names: Names): boolean {
    return this.fitsEntity(detection.entity) && this.fitsRule(detection) && this.fitsActorAndHost(names);
  }

  fitsActorAndHost({ actor, host }: Names): boolean {
    return (this.#actor === null || actor.some(this.#actor)) && (this.#host === null || host.some(this.#host));
  }

  /** Whether a log names the process, command line and hash that it asks for. */
  fitsLog({ image, commandLine, hashes }: Pick<EventFacts, "image" | "commandLine" | "hashes">): boolean {
    const isProcess = (test: (text: string) => boolean) =>
      image !== "" && (test(image) || (!this.#isPath && test(fileName(image))));
    return (
      (this.#process === null || isProcess(this.#process)) &&
      (this.#commandLine === null || (commandLine !== "" && this.#commandLine(commandLine))) &&
      (this.#hash === null || hashes.some(this.#hash))
    );
  }
}

/** Reads a detection's log once, and only if somebody asks. */
export function logReader(detection: Pick<Detection, "body">): () => EventFacts {
  let facts: EventFacts | null = null;
  return () => {
    facts ??= eventFacts(detection.body);
    return facts;
  };
}

/** Fits what equals, or has the pattern of, any of these names; null for names that are empty. */
function testOf(names: readonly string[]): Test {
  const given = names.filter((name) => name.trim() !== "");
  if (given.length === 0) return null;
  const tests = given.map(wildcard);
  return (text) => tests.some((test) => test(text));
}

/**
 * Users with their domain where one is given, addresses in their one spelling, hosts, and machine accounts as the machine that they are of. An account
 * of a domain is a user of whom no domain is known, too.
 */
function actorNames(actor: string, rules: NamingRules): string[] {
  if (actor.trim() === "") return [];
  const { bare, domain } = accountName(actor);
  const host = hostName(bare.endsWith("$") ? bare.slice(0, -1) : actor, rules);
  const names = domain === "" ? [bare, host] : [`${bare}@${domain}`, anyDomain(bare), asHost(host)];
  return [...new Set([...names, canonicalIp(actor)])];
}

/** A pattern with dots is of full names, also where hosts go by their first label. */
function hostName(host: string, { hostShortNames }: NamingRules): string {
  const name = canonicalIp(plainHost(host));
  return hostShortNames && !hasWildcard(name) ? shortHost(name) : name;
}
