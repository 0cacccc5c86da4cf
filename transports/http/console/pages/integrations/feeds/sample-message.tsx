/** @jsxImportSource hono/jsx */
/** What a destination would get, byte for byte: what frames the message, its text, and all of it in hexadecimal. */
import { Time } from "../../../parts/time.tsx";
import { Notice, Panel } from "../../../parts/words.tsx";
import type { SampleMessage } from "../../../ports.ts";

const kinds: Readonly<Record<string, string>> = {
  alert_first: "the newest alert",
  alert_hourly: "the newest alert",
  incident_created: "the newest change of an incident",
  incident_updated: "the newest change of an incident",
  case_created: "the newest change of a case",
  case_updated: "the newest change of a case",
};
/** Sixteen bytes a line. */
const mostLines = 64;

export const Sample = ({ sample }: { sample: SampleMessage }) => {
  const { kind, at, bytes, length, maxBytes, shrunk, passes } = sample;
  const start = indexOfMessage(bytes);
  const frame = bytes.length - length;
  return (
    <Panel title="The exact bytes" id="sample">
      <div class="body stack">
        <p class="small">
          {kind === "test" ? (
            "Nothing has come in yet, so this is the test message."
          ) : (
            <>
              Of {kinds[kind] ?? kind}, <Time at={at} seconds />.
            </>
          )}{" "}
          {length} of at most {maxBytes} bytes{shrunk ? ", shortened by meaning to fit" : ""};{" "}
          {frame === 0
            ? "one datagram, nothing around it"
            : `${frame === 1 ? "1 byte" : `${frame} bytes`} of framing around it`}
          .
        </p>
        {passes ? null : (
          <Notice kind="wait">
            <b>This destination would not get it:</b> its risk or its entity is kept out by the filters.
          </Notice>
        )}
        <pre class="log mono" tabindex={0}>
          <span class="k">{visible(bytes.subarray(0, start))}</span>
          {visible(bytes.subarray(start, start + length))}
          <span class="k">{visible(bytes.subarray(start + length))}</span>
        </pre>
        <details>
          <summary class="small run">In hexadecimal</summary>
          <pre class="log mono hex" tabindex={0}>
            {hexLines(bytes)}
          </pre>
        </details>
      </div>
    </Panel>
  );
};

/** Where the message begins behind what frames it: a syslog message begins with `<`, a frame with a number. */
function indexOfMessage(bytes: Uint8Array): number {
  return Math.max(0, bytes.indexOf(0x3c));
}

/** Bytes as text: what is no printable ASCII is escaped, so that nothing of it is hidden. */
function visible(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    if (byte === 0x0a) text += "\\n";
    else if (byte === 0x0d) text += "\\r";
    else text += byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return text;
}

function hexLines(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length && lines.length < mostLines; at += 16) {
    const part = bytes.subarray(at, at + 16);
    const hex = [...part].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = [...part].map((byte) => (byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${hex.padEnd(47)}  ${text}`);
  }
  const left = bytes.length - mostLines * 16;
  return [...lines, ...(left > 0 ? [`… ${left} more bytes`] : [])].join("\n");
}
