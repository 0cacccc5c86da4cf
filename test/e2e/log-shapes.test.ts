/** The sample's Windows events in the shapes in which shippers write them: what is read from each is the same. */
import { expect, test } from "bun:test";
import { eventFacts } from "../../core/logs/log-facts.ts";
import { ownSampleText } from "../harness/engine-samples.ts";

interface SampleLine {
  os: string;
  event_id: number | null;
  channel: string;
  raw: Record<string, unknown>;
}

type Fields = [name: string, value: string][];

const inXml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const shapes: Record<string, (id: string, channel: string, fields: Fields) => unknown> = {
  winlogbeat: (id, channel, fields) => ({ winlog: { event_id: id, channel, event_data: Object.fromEntries(fields) } }),
  wazuh: (id, channel, fields) => ({
    data: {
      win: {
        system: { eventID: id, channel },
        eventdata: Object.fromEntries(
          fields.map(([name, value]) => [`${name.charAt(0).toLowerCase()}${name.slice(1)}`, value]),
        ),
      },
    },
  }),
  "data by name": (id, channel, fields) => ({
    Event: {
      System: { EventID: { "#text": id }, Channel: channel },
      EventData: { Data: fields.map(([name, value]) => ({ "@Name": name, "#text": value })) },
    },
  }),
  "text members": (id, channel, fields) => ({
    Event: {
      System: { EventID: id, Channel: channel },
      EventData: Object.fromEntries(fields.map(([name, value]) => [name, { "#text": value }])),
    },
  }),
  XML: (id, channel, fields) => ({
    raw: `<Event><System><EventID>${id}</EventID><Channel>${channel}</Channel></System><EventData>${fields
      .map(([name, value]) => `<Data Name='${name}'>${inXml(value)}</Data>`)
      .join("")}</EventData></Event>`,
  }),
  "snake case": (id, channel, fields) => ({
    EventID: id,
    Channel: channel,
    ...Object.fromEntries(
      fields.map(([name, value]) => [name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase(), value]),
    ),
  }),
};

test("every shape of an event says the same", () => {
  const lines = ownSampleText().trim().split("\n");
  let compared = 0;
  const different: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (index % 8 !== 0) continue;
    const { os, event_id: id, channel, raw } = JSON.parse(line) as SampleLine;
    if (os !== "windows" || id === null) continue;
    const data = (raw.event_data ?? raw) as Record<string, unknown>;
    const fields = Object.entries(data)
      .filter(
        ([name, value]) =>
          typeof value === "string" && /^[A-Z]\w*$/.test(name) && !["Message", "Channel"].includes(name),
      )
      .map(([name, value]): [string, string] => [name, String(value)]);
    const {
      entries: _,
      message: __,
      ...plain
    } = eventFacts(JSON.stringify({ EventID: id, Channel: channel, ...Object.fromEntries(fields) }));
    for (const [name, shape] of Object.entries(shapes)) {
      const { entries: _, message: __, ...shaped } = eventFacts(JSON.stringify(shape(String(id), channel, fields)));
      if (JSON.stringify(shaped) !== JSON.stringify(plain))
        different.push(`${name} of ${channel} ${id}, line ${index + 1}`);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(2_000);
  expect(different).toEqual([]);
});
