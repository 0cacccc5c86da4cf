/** @jsxImportSource hono/jsx */
/** What each preset sets, so that nobody has to guess what choosing one does. */
import { presetNames, presets, standard } from "../../../../../../core/settings/presets.ts";

const why: Readonly<Record<(typeof presetNames)[number], string>> = {
  splunk: "a raw TCP input breaks events at newlines and cuts them at 10,000 bytes",
  sc4s: "its listeners on 514 and 6514 read lines; the one on 601 reads counted frames",
  qradar: "reads lines, takes 4,096 bytes, and times only with milliseconds",
  elastic: "Logstash and Elastic Agent read lines",
  rsyslog: "reads both; counted frames keep their borders",
  "syslog-ng": "the syslog() driver reads counted frames only",
  graylog: "reads both; counted frames keep their borders",
  sentinel: "its agent is fed by a Linux forwarder, which reads lines",
};

export const PresetTable = () => (
  <details class="body sampleline">
    <summary class="small run">What each receiver's preset sets</summary>
    <div class="scroll">
      <table class="grid">
        <thead>
          <tr>
            <th scope="col">Preset</th>
            <th scope="col">Sets</th>
            <th scope="col">Because it</th>
          </tr>
        </thead>
        <tbody>
          {presetNames.map((name) => (
            <tr>
              <th scope="row">{name}</th>
              <td>{settingsOf(name)}</td>
              <td>{why[name]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </details>
);

function settingsOf(name: (typeof presetNames)[number]): string {
  const { framing, port, maxBytes, timestampPrecision } = presets[name];
  return [
    framing.tcp === "lf" ? "framing lf" : "framing octet",
    ...(port.tcp === standard.port.tcp ? [] : [`port ${port.tcp} for TCP`]),
    ...(maxBytes === standard.maxBytes ? [] : [`at most ${maxBytes} bytes`]),
    ...(timestampPrecision === standard.timestampPrecision ? [] : ["milliseconds"]),
  ].join(", ");
}
