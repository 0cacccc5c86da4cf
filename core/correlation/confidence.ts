/** Confidence that an actor's evidence is an attack and not a coincidence: the number of independent signs that agree. */
import { levels } from "../detection.ts";
import { familyCount, type WindowFacts } from "./facts.ts";

export interface Confidence {
  /** 0-100. */
  percent: number;
  word: "high" | "medium" | "low";
  /** The signs that were counted. */
  why: string;
}

const high = levels.indexOf("high");

/** Each sign and its share; one detection alone has the base. */
const base = 20;
const signs: readonly {
  share: number;
  holds(facts: WindowFacts, outbreakHosts: number): boolean;
  text(facts: WindowFacts, outbreakHosts: number): string;
}[] = [
  { share: 20, holds: ({ rules }) => rules >= 2, text: ({ rules }) => `${rules} rules agree` },
  { share: 10, holds: ({ rules }) => rules >= 4, text: () => "four or more of them" },
  { share: 15, holds: (facts) => familyCount(facts) >= 2, text: (facts) => `${familyCount(facts)} tactics` },
  {
    share: 15,
    holds: ({ alarms }) => alarms > 0,
    text: ({ alarms }) => `${alarms === 1 ? "a SIEM alarm" : `${alarms} SIEM alarms`} beside them`,
  },
  { share: 10, holds: ({ hosts }) => hosts >= 2, text: ({ hosts }) => `${hosts} hosts` },
  {
    share: 25,
    holds: (_, outbreakHosts) => outbreakHosts > 0,
    text: (_, outbreakHosts) => `the same rule on ${outbreakHosts} hosts`,
  },
  { share: 10, holds: ({ level }) => level >= high, text: ({ level }) => `level ${levels[level]}` },
];

/** `outbreakHosts`: of the actor's largest outbreak, which other actors' evidence shows; 0 = none. */
export function confidenceOf(facts: WindowFacts, outbreakHosts: number): Confidence {
  const holding = signs.filter(({ holds }) => holds(facts, outbreakHosts));
  const percent = Math.min(100, base + holding.reduce((sum, { share }) => sum + share, 0));
  const word = percent >= 70 ? "high" : percent >= 45 ? "medium" : "low";
  const texts = holding.map(({ text }) => text(facts, outbreakHosts));
  return { percent, word, why: texts.length === 0 ? "One sign only." : `${texts.join(", ")}.` };
}
