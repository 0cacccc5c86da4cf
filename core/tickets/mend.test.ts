import { expect, test } from "bun:test";
import { mendPayload } from "./mend.ts";

test("fields are replaced, added and taken away, in Jira's form and in ServiceNow's", () => {
  const jira = JSON.stringify({ fields: { summary: "s", priority: { id: "1" } }, properties: [1] });
  expect(JSON.parse(mendPayload(jira, { priority: null, customfield_1: { value: "SOC" } }, []))).toEqual({
    fields: { summary: "s", customfield_1: { value: "SOC" } },
    properties: [1],
  });
  expect(JSON.parse(mendPayload('{"impact":"1","u_x":"a"}', { impact: "2", u_x: null }, []))).toEqual({ impact: "2" });
});

test("what a ticket is found by stays", () => {
  for (const name of ["labels", "Labels", " labels "])
    expect(() => mendPayload('{"fields":{}}', { [name]: "x" }, ["labels"])).toThrow(`fields.${name}`);
  expect(() => mendPayload('{"fields":{}}', { correlation_id: "x" }, ["correlationId"])).not.toThrow();
  expect(() => mendPayload("{}", { serviceidentifier: "x" }, ["correlationId", "serviceIdentifier"])).toThrow("stays");
  expect(() => mendPayload("{}", {}, [])).toThrow("at least one");
});
