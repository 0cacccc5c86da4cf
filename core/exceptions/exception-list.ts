/** All exceptions, arranged so that a detection that none of them concerns costs one look-up. */
import type { Actor } from "../correlation/actor.ts";
import type { Detection } from "../detection.ts";
import type { Exception } from "./exception.ts";
import { ExceptionMatcher, logReader, type Names, type NamingRules, namesOf } from "./exception-matcher.ts";

interface Listed {
  id: string;
  /** Epoch milliseconds. */
  until: number;
  matcher: ExceptionMatcher;
}

/** Exceptions by their most selective condition besides the rule. */
interface Arranged {
  byActor: Map<string, Listed[]>;
  byHost: Map<string, Listed[]>;
  others: Listed[];
}

/** The exceptions of one entity. */
interface EntityView {
  entity: string;
  /** Those that name a rule; by the rule's id, else its title, as detections spell it. */
  rules: Map<string, { title: string; exceptions: Arranged | null }>;
  anyRule: Arranged | null;
}

/** The most entities and rules that are remembered; beyond it, they are worked out anew. Detections may invent as many as they like. */
const mostRemembered = 10_000;

const none: readonly string[] = [];

export class ExceptionList {
  readonly #all: readonly Listed[];
  readonly #rules: NamingRules;
  readonly #views = new Map<string, EntityView>();
  #remembered = 0;
  /** Detections of one entity mostly come one after the other. */
  #last: EntityView | null = null;

  /** `rules`: as actors are named by. */
  constructor(exceptions: readonly Exception[], rules: NamingRules) {
    this.#rules = rules;
    this.#all = exceptions.map((exception) => ({
      id: exception.id,
      until: exception.until ?? Number.POSITIVE_INFINITY,
      matcher: new ExceptionMatcher(exception, rules),
    }));
  }

  /** The ids of those that hold for this detection at `now` (epoch ms). Its log is read only if one asks for it that fits otherwise. */
  covering(detection: Detection, actor: Actor, now: number): readonly string[] {
    if (this.#all.length === 0) return none;
    const view = this.#viewOf(detection.entity);
    const key = detection.ruleId ?? detection.ruleTitle;
    let known = view.rules.get(key);
    if (known === undefined || known.title !== detection.ruleTitle) known = this.#learn(view, key, detection);
    if (known.exceptions === null && view.anyRule === null) return none;
    const names = namesOf(detection, actor, this.#rules);
    const log = logReader(detection);
    const found: string[] = [];
    for (const arranged of [known.exceptions, view.anyRule])
      for (const { id, until, matcher } of candidates(arranged, names))
        if (until > now && matcher.fitsActorAndHost(names) && (!matcher.needsLog || matcher.fitsLog(log())))
          found.push(id);
    return found;
  }

  #viewOf(entity: string): EntityView {
    if (this.#last?.entity === entity) return this.#last;
    let view = this.#views.get(entity);
    if (view === undefined) {
      const anyRule = this.#all.filter(({ matcher }) => matcher.namesNoRule && matcher.fitsEntity(entity));
      view = { entity, rules: new Map(), anyRule: arrange(anyRule) };
      this.#remember();
      this.#views.set(entity, view);
    }
    this.#last = view;
    return view;
  }

  #learn(view: EntityView, key: string, { entity, ruleId, ruleTitle }: Detection) {
    const exceptions = this.#all.filter(
      ({ matcher }) => !matcher.namesNoRule && matcher.fitsEntity(entity) && matcher.fitsRule({ ruleId, ruleTitle }),
    );
    const known = { title: ruleTitle, exceptions: arrange(exceptions) };
    this.#remember();
    view.rules.set(key, known);
    return known;
  }

  #remember(): void {
    if (++this.#remembered <= mostRemembered) return;
    this.#remembered = 1;
    this.#views.clear();
    this.#last = null;
  }
}

function arrange(exceptions: readonly Listed[]): Arranged | null {
  if (exceptions.length === 0) return null;
  const arranged: Arranged = { byActor: new Map(), byHost: new Map(), others: [] };
  const add = (to: Map<string, Listed[]>, name: string, one: Listed) => to.set(name, [...(to.get(name) ?? []), one]);
  for (const one of exceptions) {
    const { exactActors, exactHost } = one.matcher;
    if (exactActors !== null) for (const name of exactActors) add(arranged.byActor, name, one);
    else if (exactHost !== null) add(arranged.byHost, exactHost, one);
    else arranged.others.push(one);
  }
  return arranged;
}

/** Those that may hold for a detection with these names, each once. */
function candidates(arranged: Arranged | null, { actor, host }: Names): Iterable<Listed> {
  if (arranged === null) return [];
  const { byActor, byHost, others } = arranged;
  if (byActor.size === 0 && byHost.size === 0) return others;
  const found = new Set(others);
  for (const name of actor) for (const one of byActor.get(name) ?? []) found.add(one);
  for (const name of host) for (const one of byHost.get(name) ?? []) found.add(one);
  return found;
}
