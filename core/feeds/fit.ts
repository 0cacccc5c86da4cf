/** A message of bounded size: what is too long is shortened by meaning, never cut (CONTRACT 3). */
import { fitBody, markLength, smallestBody } from "./fit-body.ts";
import { type MessageBody, type MessageBytes, ownBytes, textOf } from "./message-buffer.ts";
import { encodeHead, encodeMessage, escapedSize, hostName, type MsgId, type SdElement, utf8Length } from "./rfc5424.ts";
import type { MessageOptions } from "./syslog-options.ts";

export interface EncodedMessage {
  bytes: Uint8Array;
  /** Something was left out so that the message keeps to `maxBytes`. */
  shrunk: boolean;
}

/** The content of a message; its form is in the options. */
export interface MessageContent {
  severity: number;
  /** Epoch milliseconds. */
  timestamp: number;
  msgid: MsgId | null;
  sd: readonly SdElement[];
  /** JSON object, one line of ASCII, no white space outside strings; as a text, or as its bytes. */
  body: MessageBody;
}

/**
 * Encodes a message in at most `options.maxBytes` (at least 480, which every receiver takes: RFC 5424 6.1). Where it is longer,
 * the body is marked and shortened, and the values of elements with `shorten` only as far as needed to leave the body half of the message;
 * when even an empty body does not fit, those values shrink to nothing, then their elements go (never the first, which is
 * the message's own), and at last the host name is cut. `into`: gives the bytes of a message that fits.
 */
export function composeMessage(
  content: MessageContent,
  options: MessageOptions,
  into: MessageBytes = ownBytes,
): EncodedMessage {
  const message = {
    ...content,
    facility: options.facility,
    timestampPrecision: options.timestampPrecision,
    hostname: options.hostname,
    appName: options.appName,
    procid: options.procid,
  };
  const { maxBytes } = options;
  if (message.body.length < maxBytes) {
    const bytes = encodeMessage(message, into);
    if (bytes.length <= maxBytes) return { bytes, shrunk: false };
  }

  const room = () => maxBytes - utf8Length(encodeHead(message)) - 1;
  for (const { keep, wanted } of [
    { keep: 128, wanted: Math.min(message.body.length + markLength, maxBytes >> 1) },
    { keep: 0, wanted: smallestBody },
  ]) {
    const lacking = wanted - room();
    if (lacking > 0) message.sd = message.sd.map((element) => shortenValues(element, lacking, keep));
  }
  if (room() < smallestBody) message.sd = message.sd.filter((element, at) => at === 0 || element.shorten === undefined);
  const lacking = smallestBody - room();
  if (lacking > 0) message.hostname = hostName(message.hostname).slice(0, -lacking);
  message.body = fitBody(textOf(message.body), room());
  return { bytes: encodeMessage(message), shrunk: true };
}

const ellipsis = "…";
const ellipsisSize = 3;

/** Saves up to `lacking` bytes of the element's values in their order, leaving `keep` bytes of each. */
function shortenValues(element: SdElement, lacking: number, keep: number): SdElement {
  const values = new Map(element.params);
  let excess = lacking;
  for (const name of element.shorten ?? []) {
    const value = values.get(name) ?? "";
    const size = sizeOf(value);
    const target = Math.max(size - excess, keep, ellipsisSize);
    if (excess <= 0 || size <= target) continue;
    const shorter = beginning(value, target - ellipsisSize) + ellipsis;
    values.set(name, shorter);
    excess -= size - sizeOf(shorter);
  }
  return { ...element, params: [...values] };
}

function sizeOf(value: string): number {
  let size = 0;
  for (const character of value) size += escapedSize(character.codePointAt(0) ?? 0);
  return size;
}

/** As many code points as fit into `limit` bytes. */
function beginning(value: string, limit: number): string {
  let size = 0;
  let end = 0;
  for (const character of value) {
    size += escapedSize(character.codePointAt(0) ?? 0);
    if (size > limit) break;
    end += character.length;
  }
  return value.slice(0, end);
}
