/** What an actor's evidence keeps of how usual its rules were. */

/** What was known of a rule in the entity when an actor's evidence got it. */
export interface Sighting {
  /** Index of the first of the evidence's rules with its key. */
  rule: number;
  /** Epoch days of the detections' own time. */
  day: number;
  /** Actors that it had fired on in the 14 days before, of all actors of the entity. */
  actors: number;
  of: number;
  /** The entity was known for three days and twenty actors. */
  isEstablished: boolean;
}

/** The epoch day of an hour of the epoch. */
export function dayOf(hour: number): number {
  return Math.floor(hour / 24);
}

/** The key of a sighting. `rule`: the index of the first rule of its key. */
export function sightingKey(rule: number, day: number): number {
  return day * 1_024 + rule;
}

/** For each rule the index of the first with its key: rules at several levels are one. */
export function ruleNumbers(rules: readonly { key: string }[]): number[] {
  const first = new Map<string, number>();
  return rules.map(({ key }, at) => {
    const known = first.get(key);
    if (known === undefined) first.set(key, at);
    return known ?? at;
  });
}
