import { expect, test } from "bun:test";
import { optionsWith, textsOf } from "./destination-fields.ts";

const host = { name: "siem", host: "h.example" };

test("what is set goes into the form and out again as it was", () => {
  for (const options of [
    { ...host, protocol: "tcp", port: 601, framing: "octet", preset: "rsyslog" },
    { ...host, protocol: "udp", max_bytes: 1024 },
    { ...host, protocol: "relp" },
    { ...host, protocol: "relp", tls: {} },
    { ...host, protocol: "tls", tls: { ca_file: "/ca.pem", verify: false, server_name: "siem" } },
    { ...host, protocol: "tcp", facility: 0, timestamp_precision: 3, rule_info: false, sequence_id: true, min_risk: 0 },
  ])
    expect(optionsWith(options, {})).toEqual(options);
});

test("what the API takes in other forms means the same", () => {
  expect(optionsWith({ ...host }, {})).toEqual({ ...host, protocol: "tcp" });
  expect(optionsWith({ ...host, protocol: "TCP", tls: null, port: null }, {})).toEqual({ ...host, protocol: "tcp" });
  expect(optionsWith({ ...host, tls: {} }, {})).toEqual({ ...host, protocol: "tls", tls: {} });
  expect(textsOf({ protocol: "RELP", tls: { verify: false } })).toEqual({ protocol: "relp_tls", "tls.verify": false });
});

test("another protocol takes what belongs to the first one with it", () => {
  const tls = { ...host, protocol: "tls", framing: "lf", tls: { ca_file: "/ca.pem" } };
  expect(optionsWith(tls, { protocol: "tcp" })).toEqual({ ...host, protocol: "tcp", framing: "lf" });
  expect(optionsWith(tls, { protocol: "relp" })).toEqual({ ...host, protocol: "relp" });
  expect(optionsWith(tls, { protocol: "relp_tls" })).toEqual({
    ...host,
    protocol: "relp",
    tls: { ca_file: "/ca.pem" },
  });
});

test("null and defaults take an option away, numbers of a list are numbers", () => {
  const set = { ...host, protocol: "tcp", port: 601, rule_info: false, entities: ["North"] };
  expect(optionsWith(set, { port: null, rule_info: true, entities: [], facility: "17", "tls.verify": false })).toEqual({
    ...host,
    protocol: "tcp",
    facility: 17,
  });
});
