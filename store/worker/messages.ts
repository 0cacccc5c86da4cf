/** Calls as they are sent to a Worker of the store. */
import type { DetectionWrite } from "../../core/ports.ts";
import { type DetectionPacket, packDetections, unpackDetections } from "../intake/detection-packet.ts";
import type { StoreCall } from "./calls.ts";

/** Flat and of nothing but texts and numbers, which the runtime hands over without a copy. */
type PackedCall = Pick<StoreCall, "id"> & DetectionPacket;

export type CallMessage = StoreCall | PackedCall;

const packed = "intake.writeDetections";

export function encodeCall(call: StoreCall): CallMessage {
  if (call.method !== packed) return call;
  const { head, bodies } = packDetections(call.args[0] as DetectionWrite);
  return { id: call.id, head, bodies };
}

export function decodeCall(message: CallMessage): StoreCall {
  if (!("head" in message)) return message;
  return { id: message.id, method: packed, args: [unpackDetections(message)] };
}
