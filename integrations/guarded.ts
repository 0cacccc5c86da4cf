/**
 * Ticket systems answer what they like: a text where a list should stand, null for an object. What an adapter stumbles over there is an answer
 * of another shape, and no defect here: it is told and tried again like every other failure of the target.
 */
import { DeliveryError, messageOf } from "../core/errors.ts";
import { oneLine } from "../core/logs/event-text.ts";
import type { TicketSystem } from "../core/tickets/ticket-system.ts";

/** The same system, whose methods throw no error of the runtime, and none whose message is more than a line. */
export function guarded(system: TicketSystem): TicketSystem {
  return new Proxy(system, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...given: unknown[]) => {
        try {
          return checked(Reflect.apply(member, target, given));
        } catch (error) {
          throw known(error);
        }
      };
    },
  });
}

function checked(result: unknown): unknown {
  if (result instanceof Promise)
    return result.catch((error: unknown) => {
      throw known(error);
    });
  const isPaged = typeof result === "object" && result !== null && Symbol.asyncIterator in result;
  return isPaged ? pages(result as AsyncIterable<unknown>) : result;
}

async function* pages(all: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  try {
    yield* all;
  } catch (error) {
    throw known(error);
  }
}

/** Names that a target gives stand in messages: more than this is no name. */
const longestMessage = 1_000;

/** The error with a message that is one line, or what stands for one of the runtime's own. */
function known(error: unknown): unknown {
  if (error instanceof DeliveryError) return shown(error);
  if (!(error instanceof TypeError) && !(error instanceof RangeError)) return error;
  return new DeliveryError("unexpected", "its answer has another shape than its interface describes", {
    retryable: true,
    cause: error,
    data: { effectUnknown: true, permanent: false, words: messageOf(error).slice(0, 200) },
  });
}

function shown(error: DeliveryError): DeliveryError {
  const { code, message, retryable, retryAfter, data, cause } = error;
  const line = oneLine(message, longestMessage);
  if (line === message) return error;
  return new DeliveryError(code, line, { retryable, ...(retryAfter === null ? {} : { retryAfter }), data, cause });
}
