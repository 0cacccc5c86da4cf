/** Faults of receivers and ticket systems, one of each at a time, in an order that the seed gives; in between everything is well. */
import { pause } from "../../appliance/cluster/pause.ts";
import type { Misbehaving, Receiver, Transport } from "../chaos/delivery-receivers.ts";
import type { Dice } from "../chaos/dice.ts";
import type { FaultPlan } from "../standins/faults.ts";
import type { StandIn } from "../standins/stand-in.ts";

/** What can be done to something, and how it is well again. */
export interface Turn {
  name: string;
  begin(): Promise<void> | void;
  end(): Promise<void> | void;
}

export function receiverTurns(transport: Transport, receiver: Misbehaving, dice: Dice): Turn[] {
  const behave = () => receiver.behave();
  const turn = (fault: string, begin: () => void): Turn => ({ name: `${transport} ${fault}`, begin, end: behave });
  return [
    downTurn(transport, receiver),
    turn("slow", () => receiver.slow(20_000)),
    turn("resets", () => receiver.resetAfter(dice.int(50, 500))),
    turn("hangs up", () => receiver.closeAfter(dice.int(50, 500))),
    {
      name: `${transport} takes nothing`,
      begin: () => {
        receiver.closeOnAccept();
        receiver.reset();
      },
      end: behave,
    },
  ];
}

export function downTurn(transport: Transport, receiver: Receiver): Turn {
  return { name: `${transport} down`, begin: () => receiver.stop(), end: () => receiver.start() };
}

/** How long a system is asked to be left alone, in seconds. */
const retryAfter = "2";

export function systemTurns(name: string, system: StandIn, dice: Dice): Turn[] {
  const turn = (fault: string, faults: FaultPlan): Turn => ({
    name: `${name} ${fault}`,
    begin: () => {
      system.faults = faults;
    },
    end: () => {
      system.faults = () => null;
    },
  });
  const sometimes =
    (faults: FaultPlan): FaultPlan =>
    (asked) =>
      dice.chance(0.5) ? faults(asked) : null;
  const when = () => (dice.chance(0.5) ? ("before" as const) : ("after" as const));
  return [
    { name: `${name} down`, begin: () => system.stop(), end: async () => void (await system.start()) },
    {
      name: `${name} slow`,
      begin: () => {
        system.delayMs = 3000;
      },
      end: () => {
        system.delayMs = 0;
      },
    },
    turn(
      "resets",
      sometimes(() => ({ when: when(), what: "reset" })),
    ),
    turn("401", () => ({ when: "before", what: { status: 401 } })),
    turn(
      "429",
      sometimes(() => ({ when: "before", what: { status: 429, retryAfter } })),
    ),
    turn(
      "500",
      sometimes(() => ({ when: when(), what: { status: 500 } })),
    ),
    turn(
      "lies",
      sometimes(({ method, path }) => {
        // Made, and the answer does not say which; or something else altogether.
        if (method === "POST" && /\/(issue|incident)$/.test(path) && dice.chance(0.3))
          return { when: "after", what: { body: { result: {} }, as: 201 } };
        return { when: when(), what: dice.pick(["html200", "garbage"] as const) };
      }),
    ),
  ];
}

/** Plays turns of `lengthMs` with a rest of half of that, until `signal`; then everything is well. */
export async function playTurns(
  turns: readonly Turn[],
  options: { lengthMs: number; dice: Dice; signal: AbortSignal; played: (name: string) => void },
): Promise<void> {
  const { lengthMs, dice, signal, played } = options;
  let waiting: Turn[] = [];
  while (!signal.aborted) {
    await pause(lengthMs / 2, signal);
    if (waiting.length === 0) waiting = dice.shuffled(turns);
    const turn = waiting.pop();
    if (turn === undefined || signal.aborted) return;
    played(turn.name);
    await turn.begin();
    try {
      await pause(lengthMs, signal);
    } finally {
      await turn.end();
    }
  }
}
