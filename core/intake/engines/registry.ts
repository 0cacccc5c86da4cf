/** Every format that intake knows, by the name that `?format=` and `--format` take (CONTRACT 2). */
import { chainsaw } from "./chainsaw.ts";
import { elastic } from "./elastic.ts";
import type { Engine, MappedAlarm, MappedDetection } from "./engine.ts";
import { hayabusa } from "./hayabusa.ts";
import { logrhythm } from "./logrhythm.ts";
import { wazuh } from "./wazuh.ts";
import { zircolite } from "./zircolite.ts";

/** `rhythmx` is our own format, `auto` tells each record's from its shape. */
export const detectionFormats = ["rhythmx", "hayabusa", "chainsaw", "zircolite", "elastic", "wazuh", "auto"] as const;
export const alarmFormats = ["rhythmx", "logrhythm", "auto"] as const;

type EngineOf<Format extends string> = Exclude<Format, "rhythmx" | "auto">;

export const detectionEngines = { hayabusa, chainsaw, zircolite, elastic, wazuh } satisfies Record<
  EngineOf<(typeof detectionFormats)[number]>,
  Engine<MappedDetection>
>;

export const alarmEngines = { logrhythm } satisfies Record<
  EngineOf<(typeof alarmFormats)[number]>,
  Engine<MappedAlarm>
>;
