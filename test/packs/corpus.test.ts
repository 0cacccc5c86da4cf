/** The corpus against the strict parser: its expectations are right, and it has what it promises. */
import { expect, test } from "bun:test";
import { fieldsOfMessage } from "../../core/feeds/fields.ts";
import { parseRfc5424 } from "../harness/rfc5424-strict.ts";
import { type CorpusMessage, makeCorpus } from "./corpus.ts";

const corpus = await makeCorpus();

function values({ line, kind }: CorpusMessage): Record<string, string> {
  const { sd } = parseRfc5424(line);
  const given = new Map(
    sd.flatMap(({ id, params }) => params.map(([name, value]) => [`${id.split("@")[0]} ${name}`, value])),
  );
  const named = fieldsOfMessage(kind).flatMap(({ name, sd }) => {
    const value = sd === null ? undefined : given.get(sd);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(named);
}

test("every message says what it was made of", () => {
  const messages = corpus.messages();
  expect(messages.length).toBeGreaterThan(1000);
  for (const message of messages) {
    expect({ line: message.line, ...values(message) }).toEqual({ line: message.line, ...message.expected });
    expect(parseRfc5424(message.line).msg).toBe(message.body);
  }
  expect(messages.filter(({ line }) => line.includes("\\\\")).length).toBeGreaterThan(500);
  for (const kind of ["alert", "incident", "case", "status", "test"])
    expect(messages.filter((message) => message.kind === kind).length).toBeGreaterThan(0);
});

test("in every form", () => {
  const messages = corpus.variants();
  for (const message of messages) {
    const { line, body, expected } = message;
    expect({ line, ...values(message) }).toEqual({ line, ...expected });
    expect(parseRfc5424(line).msg).toBe(body);
  }
  const having = (text: string) => messages.filter(({ line }) => line.includes(text)).length;
  for (const text of [
    "@99999",
    "sequenceId=",
    "[later@32473",
    "[empty@8072][",
    " - [",
    '"truncated":true',
    "edge-1.corp.example",
  ])
    expect(having(text)).toBeGreaterThan(5);
});
