/** `npm run sense:outbreaks`: the same rule on 5, 50 and 500 machines in several orders and batches, and deployments that must make no outbreak. */
import { parseArgs } from "node:util";
import { measureWave, type Wave, type WaveOrder, wavesOf } from "./outbreaks.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    hosts: { type: "string", default: "5,50,500" },
    history: { type: "string", default: "8500" },
    quick: { type: "boolean", default: false },
  },
});
const history = Number(values.history);
const orders: WaveOrder[] = [
  { isShuffled: false, batch: 1000, history },
  { isShuffled: true, batch: 1000, history },
  { isShuffled: false, batch: 1, history },
  { isShuffled: true, batch: 1, history },
  // An appliance that knows nothing yet.
  { isShuffled: true, batch: 1, history: 0 },
];

let failed = 0;
for (const wave of wavesOf(values.hosts.split(",").map(Number)))
  for (const order of values.quick ? orders.slice(1, 2) : orders) {
    // Where nothing is known yet no account is the usual one.
    if (order.history === 0 && !wave.isAttack) continue;
    const problem = await problemOf(wave, order);
    if (problem !== null) failed++;
    const how = `${order.isShuffled ? "shuffled" : "in order"}, batches of ${order.batch}${order.history === 0 ? ", empty appliance" : ""}`;
    console.log(
      `${problem === null ? "ok  " : "FAIL"} ${wave.hosts} hosts, ${wave.name}, ${how}${problem === null ? "" : `: ${problem}`}`,
    );
  }
console.log(failed === 0 ? "all as they should be" : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function problemOf(wave: Wave, order: WaveOrder): Promise<string | null> {
  const { incidents, outbreaks: made } = await measureWave(Number(values.seed), wave, order);
  const seen = `${made.length} outbreaks of ${made.map(({ hosts }) => hosts.length).join(", ")} hosts; incidents: ${
    incidents
      .slice(0, 5)
      .map(({ actor, score, campaign }) => `${actor} ${score} ${campaign}`)
      .join(", ") || "none"
  } (${incidents.length})`;
  if (!wave.isAttack) return made.length === 0 ? null : seen;
  const [only] = made;
  const expected = wave.user ?? only?.hosts[0];
  const own = incidents.find(({ id }) => id === only?.incidentId);
  const campaigns = new Set(incidents.map(({ campaign }) => campaign));
  const isOne = incidents.length === 1 || (campaigns.size === 1 && !campaigns.has(null));
  const isRight =
    made.length === 1 && only?.hosts.length === wave.hosts && own?.actor === expected && (own?.score ?? 0) >= 85;
  return isRight && isOne ? null : `${seen}; that of ${own?.actor} ${own?.score}, ${campaigns.size} campaigns`;
}
