/** Dedup: one write's detections as changes of alerts. Pure; the store fetches what is known before and applies the plan in one commit. */
import type { AlertSnapshot } from "../alert.ts";
import type { Detection } from "../detection.ts";

/** `ml_cluster` of a detection that has none. */
const noCluster = -1;

/** What dedup needs to know about an existing alert. Times are epoch milliseconds. */
export interface KnownAlert {
  firstSeen: number;
  lastSeen: number;
  risk: number;
}

/** The effect of one write on one alert. Times and risk are the values after the write, earlier ones included. */
export interface AlertChange {
  hash: string;
  /** Occurrences that this write adds, at least one. */
  added: number;
  firstSeen: number;
  lastSeen: number;
  risk: number;
  /** The detection whose log the alert gets: the newest by its own time; of equal times the later arrival. Null: the known log is newer. */
  newest: Detection | null;
  /**
   * The cluster of the newest detection that has one, null where none has: a detection without cluster (-1) does not change it.
   * `isCurrent`: that detection is not older than what was known.
   */
  cluster: { value: number; at: number; isCurrent: boolean } | null;
  /** Set for an alert that did not exist: the detection that came first, and what FIRST says. */
  first: { detection: Detection; snapshot: AlertSnapshot } | null;
}

export interface Plan {
  /** One per alert, in order of arrival. */
  changes: AlertChange[];
  /** The detections that count, in their order. */
  counted: Detection[];
  /** Ids to remember (`idKeyOf`), each once. */
  idKeys: string[];
  /** Detections left out because their id was remembered, or came before in this write. */
  duplicates: number;
}

/**
 * Folds detections into changes. Split over any number of writes the outcome is the same, and but for equal times and the log of
 * FIRST also in any order. `idKeys` are the detections' keys, `idKeyOf` each; `seen` those of them that are remembered; `known`
 * the alerts of their hashes.
 */
export function planAlerts(
  detections: readonly Detection[],
  idKeys: readonly (string | null)[],
  seen: ReadonlySet<string>,
  known: ReadonlyMap<string, KnownAlert>,
): Plan {
  const changes = new Map<string, AlertChange>();
  const remembered = new Set<string>();
  const counted: Detection[] = [];
  for (const [index, detection] of detections.entries()) {
    const idKey = idKeys[index] ?? null;
    if (idKey !== null) {
      if (seen.has(idKey) || remembered.has(idKey)) continue;
      remembered.add(idKey);
    }
    counted.push(detection);
    const change = changes.get(detection.hash) ?? startChange(detection, known.get(detection.hash));
    changes.set(detection.hash, change);
    fold(change, detection);
  }
  for (const change of changes.values()) completeFirst(change);
  const duplicates = detections.length - counted.length;
  return { changes: [...changes.values()], counted, idKeys: [...remembered], duplicates };
}

function startChange(detection: Detection, known: KnownAlert | undefined): AlertChange {
  return {
    hash: detection.hash,
    added: 0,
    firstSeen: known?.firstSeen ?? detection.timestamp,
    lastSeen: known?.lastSeen ?? detection.timestamp,
    risk: known?.risk ?? detection.risk,
    newest: null,
    cluster: null,
    first: known === undefined ? { detection, snapshot: snapshotOf(detection) } : null,
  };
}

function fold(change: AlertChange, detection: Detection): void {
  change.added++;
  change.firstSeen = Math.min(change.firstSeen, detection.timestamp);
  change.risk = Math.max(change.risk, detection.risk);
  if (detection.mlCluster !== noCluster && detection.timestamp >= (change.cluster?.at ?? 0)) {
    const isCurrent = (change.cluster?.isCurrent ?? false) || detection.timestamp >= change.lastSeen;
    change.cluster = { value: detection.mlCluster, at: detection.timestamp, isCurrent };
  }
  // last_seen is always the time of the detection whose log the alert has.
  if (detection.timestamp >= change.lastSeen) {
    change.lastSeen = detection.timestamp;
    change.newest = detection;
  }
}

/** The first detection's values; `completeFirst` adds the rest of the write. */
function snapshotOf(detection: Detection): AlertSnapshot {
  return {
    hash: detection.hash,
    count: 1,
    risk: detection.risk,
    mlCluster: detection.mlCluster,
    firstSeen: detection.timestamp,
    lastSeen: detection.timestamp,
    ruleId: detection.ruleId ?? "",
    ruleTitle: detection.ruleTitle,
    ruleAuthor: detection.ruleAuthor ?? "",
    level: detection.level,
    tags: detection.tags,
    entity: detection.entity,
    user: detection.user ?? "",
    host: detection.host ?? "",
    ip: detection.srcIp ?? "",
  };
}

function completeFirst({ first, added, firstSeen, lastSeen, risk }: AlertChange): void {
  if (first !== null)
    Object.assign(first.snapshot, { count: added, firstSeen, lastSeen, risk } satisfies Partial<AlertSnapshot>);
}
