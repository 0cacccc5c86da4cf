/**
 * What a detection means in plain words, by the words of its rule: `happened.json`, the most important first. A row says no more than a rule
 * of such a name says itself; a rule that is unsure of itself ("Potential …") gets the row's `suspected`. What no row knows keeps the rule's
 * own title.
 */
import { oneLine, shortened } from "../../text/shorten.ts";
import table from "./happened.json" with { type: "json" };

export interface Happened {
  /** `LSASS memory dumped`. */
  what: string;
  /** Place in the table; Infinity for a rule that no row knows. */
  rank: number;
  /** Whether it is an emergency by itself. */
  emergency: boolean;
  /** What it has to do with: of one topic one is enough in a heading. */
  topic: string;
  /** Whether its first word is a name, which keeps its capital. */
  startsWithName: boolean;
}

interface Row {
  says: string;
  suspected: string;
  /** Of the rule's title, without case. */
  words: RegExp;
  not: RegExp | null;
  /** Where given, the rule has one of these, or one below it. */
  techniques: readonly string[];
  emergency: boolean;
  topic: string;
  name: boolean;
}

const rows: readonly Row[] = (
  table as {
    says: string;
    suspected: string;
    words: string;
    not?: string;
    techniques?: string[];
    emergency?: boolean;
    name?: boolean;
    topic?: string;
  }[]
).map(({ says, suspected, words, not, techniques, emergency, name, topic }) => ({
  says,
  suspected,
  words: new RegExp(words, "i"),
  not: not === undefined ? null : new RegExp(not, "i"),
  techniques: techniques ?? [],
  emergency: emergency === true,
  topic: topic ?? says,
  name: name === true,
}));

/** Of what was stopped nobody knows whether it would have succeeded. */
const unsure =
  /\b(potential(ly)?|possibl[ey]|attempt(s|ed)?|probabl[ey]|suspected|indicators?|usage of|invocation of|or|blocked|prevented|prevention|quarantined|remediated|cleaned|denied)\b/i;
/** What rule writers put before a title. */
const prefix = /^\s*(hacktool|pua|rat|malware|apt|antivirus|suspicious activity)\s*[-:–]\s*/i;
const longestTitle = 110;

/** What a rule of this title and with these techniques says. */
export function happened({ title, techniques }: { title: string; techniques: readonly string[] }): Happened {
  // Titles are short; one that is not must cost nothing.
  const text = oneLine(title.slice(0, 400));
  const rank = rows.findIndex(
    (row) =>
      row.words.test(text) &&
      row.not?.test(text) !== true &&
      (row.techniques.length === 0 || techniques.some((id) => row.techniques.includes(id.split(".")[0] ?? ""))),
  );
  const row = rows[rank];
  if (row === undefined) {
    const own = shortened(text.replace(prefix, "") || text || "unnamed rule", longestTitle);
    return { what: own, rank: Number.POSITIVE_INFINITY, emergency: false, topic: own, startsWithName: true };
  }
  const isUnsure = unsure.test(text) && !/^successful\b/i.test(text);
  return {
    what: isUnsure ? row.suspected : row.says,
    rank: isUnsure ? rank + rows.length : rank,
    emergency: row.emergency && !isUnsure,
    topic: row.topic,
    startsWithName: row.name && !isUnsure,
  };
}
