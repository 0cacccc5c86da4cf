/** Regular expressions that people type, run by an engine whose time grows with the text alone (RE2): none of them can take for ever. */
import { RE2JS } from "re2js";

const flags = RE2JS.CASE_INSENSITIVE | RE2JS.LOOKBEHINDS;

/** What the engine has not, because it would have to try every way: what to say in the place of its own words. */
const withoutEngine: readonly (readonly [RegExp, string])[] = [
  [/\(\?[=!]/, "cannot look ahead ((?=…), (?!…)): what follows has to be matched itself"],
  [/\\[1-9k]/, "cannot refer back (\\1): what is repeated has to be written out"],
];

/** Steps of a pattern once its counts are written out. Time grows with them as well: so many take about a second for the longest ticket. */
const mostSteps = 400;

export class LinearPattern {
  readonly #engine: RE2JS;

  private constructor(engine: RE2JS) {
    this.#engine = engine;
  }

  /** In any case of letters, as JavaScript writes patterns. What is none, or has what this engine has not, is a sentence. */
  static of(source: string): LinearPattern | string {
    try {
      const engine = RE2JS.compile(RE2JS.translateRegExp(source), flags);
      if (engine.programSize() > mostSteps)
        return `counts too much ({n,m}): written out it has ${engine.programSize()} steps, at most ${mostSteps} are taken`;
      return new LinearPattern(engine);
    } catch (error) {
      const known = withoutEngine.find(([form]) => form.test(source));
      if (known !== undefined) return known[1];
      return error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : String(error);
    }
  }

  /** Whether it matches somewhere. */
  matches(text: string): boolean {
    return this.#engine.matcher(text).find();
  }

  /** The text with each match replaced. */
  replaced(text: string, by: string): string {
    return this.#engine.matcher(text).replaceAll(() => by);
  }
}
