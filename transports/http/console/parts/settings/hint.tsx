/** @jsxImportSource hono/jsx */
/** The line below a setting: what it is for, or what is wrong with it, and what somebody else has saved meanwhile. */

interface HintProps {
  /** The setting; the id of the line is its name with `-hint`. */
  name: string;
  /** What it is for. */
  text: string | undefined;
  /** What is wrong with it, in the place of what it is for. */
  problem: string | undefined;
  /** What was saved since the form was shown, where that differs. */
  savedNow: string | undefined;
  /** The word for an empty one that was saved. */
  empty?: string;
}

export const Hint = ({ name, text, problem, savedNow, empty = "nothing" }: HintProps) => (
  <span class={problem === undefined ? "hint" : "hint bad"} id={`${name}-hint`} data-part>
    {problem ?? text}
    {savedNow === undefined ? null : (
      <span class="saved-now">
        Saved now: <code>{savedNow === "" ? empty : savedNow}</code>
      </span>
    )}
  </span>
);
