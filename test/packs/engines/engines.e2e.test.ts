/** The engines agree on what every pack is built of: one parameter of one element, whatever is in its value. */
import { expect, test } from "bun:test";
import { fieldsOfMessage } from "../../../core/feeds/fields.ts";
import { makeCorpus } from "../corpus.ts";
import { type EngineName, enginesHere, groupNames, matchAll } from "./engines.ts";

test("names of groups are counted as an engine does", () => {
  expect([...groupNames(String.raw`(a)(?<b>[)(](?:x)\()(?=y)(?P<c>z)(?<!q)(?<=q)`)]).toEqual([
    ["b", 2],
    ["c", 3],
  ]);
});

const names: EngineName[] = ["pcre", "onigmo", "java"];
if (enginesHere(...names)) {
  const corpus = await makeCorpus();
  test.each(names)("%s finds every parameter of every message", (engine) => {
    const messages = [...corpus.messages(), ...corpus.variants()];
    const fields = ["alert", "incident", "case"] as const;
    for (const kind of fields) {
      const listed = fieldsOfMessage(kind).filter(({ sd }) => sd !== null);
      const patterns = listed.map(({ sd }) => {
        const [element, parameter] = sd?.split(" ") ?? [];
        const value = String.raw`"(?:[^"\\\]]|\\.)*"`;
        return String.raw`\[${element}(?:@\d+)?(?: [^ ="\]]+=${value})*? ${parameter}="((?:[^"\\\]]|\\.)*)"`;
      });
      const own = messages.filter((message) => message.kind === kind);
      const found = matchAll(
        engine,
        patterns,
        own.map(({ line }) => line),
      );
      for (const [n, { line, expected }] of own.entries()) {
        const values = listed.flatMap(({ name }, m) => {
          const value = found[n]?.[m]?.[0]?.[1];
          return value === undefined ? [] : [[name, value.replace(/\\(["\\\]])/g, "$1")] as const];
        });
        expect({ line, ...Object.fromEntries(values) }).toEqual({ line, ...expected });
      }
    }
  });
}
