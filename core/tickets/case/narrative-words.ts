/** Keeps what a case tells in prose to a length that people read. */
import { wordCount } from "../../text/shorten.ts";
import type { Block } from "../draft.ts";
import { textOf } from "../opening.ts";
import type { Recommendations } from "./recommendations.ts";

/** Words of summary, analysis and recommended actions together. */
const mostWords = 580;
/** Of these, those of the analysis. */
const mostOfAnalysis = 200;
const leastActions = 2;

interface Told {
  opening: readonly Block[];
  summary: string;
  /** Paragraphs; the last says why the risk is what it is. */
  analysis: readonly string[];
  actions: Recommendations;
  mostActions: number;
}

/** The same with as many paragraphs and actions as there are words for; the most urgent actions of each kind stay. */
export function withinWords({ opening, summary, analysis, actions, mostActions }: Told): {
  summary: string;
  analysis: string[];
  actions: Recommendations;
} {
  const kept = shortAnalysis(analysis);
  const said = [...opening.map(textOf), summary, ...kept];
  const room = mostWords - said.reduce((sum, text) => sum + wordCount(text), 0);
  return { summary, analysis: kept, actions: shortActions(actions, room, mostActions) };
}

function shortAnalysis(paragraphs: readonly string[]): string[] {
  const last = paragraphs.at(-1) ?? "";
  const stages = paragraphs.slice(0, -1);
  let room = mostOfAnalysis - wordCount(last);
  const kept: string[] = [];
  for (const stage of stages) {
    room -= wordCount(stage);
    if (room < 0 && kept.length > 0) break;
    kept.push(stage);
  }
  const left = stages.length - kept.length;
  const more =
    left === 0 ? [] : [`${left === 1 ? "One more stage is" : `${left} more stages are`} in the sections below.`];
  return [...kept, ...more, last].filter((text) => text !== "");
}

/** Of each kind the first; then the second of each, and so on while there is room. */
function shortActions(actions: Recommendations, room: number, most: number): Recommendations {
  const kept: Recommendations = { containment: [], eradication: [], prevention: [], practices: [] };
  const kinds = ["containment", "eradication", "prevention", "practices"] as const;
  let left = room;
  for (let at = 0; at < most; at++)
    for (const kind of kinds) {
      const action = actions[kind][at];
      if (action === undefined || kept[kind].length < at) continue;
      left -= wordCount(action);
      if (left >= 0 || at < leastActions) kept[kind].push(action);
    }
  return kept;
}
