import { expect, test } from "bun:test";
import { Table } from "./table.ts";

const tools = { fetch, now: () => 0, throttle: { name: "test", until: 0 } };

test.each([
  ["acme", "https://acme.service-now.com"],
  [" acme ", "https://acme.service-now.com"],
  ["acme.service-now.com", "https://acme.service-now.com"],
  ["snow.acme.example/", "https://snow.acme.example"],
  // A host of the local network without a dot, on its own port.
  ["snow:8443", "https://snow:8443"],
  ["http://127.0.0.1:8080/snow/", "http://127.0.0.1:8080/snow"],
  ["HTTPS://acme.service-now.com", "HTTPS://acme.service-now.com"],
])("the instance %p has the origin %p", (instance, origin) => {
  expect(new Table({ instance, username: "u", password: "p", table: "incident" } as never, tools as never).origin).toBe(
    origin,
  );
});
