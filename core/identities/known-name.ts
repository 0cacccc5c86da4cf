/** A name that turned up, and whom it stands for. */

export type NameKind = "host" | "account" | "domain";

/** `found`: the name itself; `usual domain`: the first of its entity; the others say why it stands for another. */
export type NameReason =
  | ("found" | "short name" | "full name" | "second full name")
  | ("usual domain" | "first domain" | "second domain" | "fits" | "log");

export interface KnownName {
  kind: NameKind;
  /**
   * Lower case. Hosts without UNC and domain prefix; accounts as `name@domain`, or a SID; domains by their name, or the part of SIDs that is
   * theirs.
   */
  readonly name: string;
  /** The name of its actor, or the name by which its domain is known; its own where it stands for itself. */
  knownAs: string;
  why: NameReason;
  /** The last day on which it was seen, epoch milliseconds / 86,400,000 of the appliance's clock. */
  day: number;
  /** Its number in the file, larger for what has changed later; null = not stored yet. */
  row: number | null;
}

/** What a change of names has to be told to: a name is new or stands for another than before, or has only been seen again. */
export interface NameChanges {
  /** Whether it may be remembered: there is room, and nobody needs names of this length. */
  mayKeep(name: string): boolean;
  changed(name: KnownName): void;
  seen(name: KnownName): void;
}

/** Longer ones are not remembered. */
export const longestName = 255;
