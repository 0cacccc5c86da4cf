/** Forms that make something each time they are sent: the same form, sent twice by a double press or a reload, makes one thing. */
import { createHash, randomBytes } from "node:crypto";
import type { ActionRequest, Done, Shown } from "./page.ts";

/** The name of the field with the form's own word. */
export const onceField = "once";

/** A word for one form. */
export const newOnce = (): string => randomBytes(12).toString("base64url");

/** The newest forms, of all people. */
const mostRemembered = 1_000;
const answers = new Map<string, Promise<Done | Shown>>();

/**
 * Makes it, or gives the answer of the form that made it. One that was refused, in part or as a whole, may be sent again, and so may one
 * in which something else was chosen. A form without a word is taken as it is.
 */
export function madeOnce(request: ActionRequest, make: () => Promise<Done | Shown>): Promise<Done | Shown> {
  const { caller, form, c } = request;
  const once = form.text(onceField, 40);
  if (once === "") return make();
  const sent = JSON.stringify([caller.id, c.req.path, form.names().map((name) => [name, form.all(name)])]);
  const key = createHash("sha256").update(sent).digest("base64url");
  const known = answers.get(key);
  if (known !== undefined) return known;
  const answer = make();
  answers.set(key, answer);
  for (const oldest of answers.keys()) if (answers.size > mostRemembered) answers.delete(oldest);
  answer.then(
    (done) => {
      if ("view" in done) answers.delete(key);
    },
    () => answers.delete(key),
  );
  return answer;
}
