/** Checks whether ticket systems can be reached. */
import { messageOf } from "../../core/errors.ts";
import { certificateFiles } from "../../core/settings/certificate-files.ts";
import type { ResolvedSettings } from "../../core/settings/resolve.ts";
import { readTicketSettings } from "../../core/settings/tickets.ts";
import { ticketSystems as allSystems } from "../../core/tickets/ticket.ts";
import type { TestStep } from "../../core/tickets/ticket-system.ts";
import { noThrottles, TicketSystems } from "../tickets/systems.ts";
import type { Finding } from "./finding.ts";

export type TestTickets = () => Promise<{ system: string; steps: TestStep[] }[]>;

/** `test`: of a running appliance, which knows saved settings; null = the systems come from files and environment. */
export async function checkTickets(resolved: ResolvedSettings, test: TestTickets | null): Promise<Finding[]> {
  const tested = await (test ?? (() => testGiven(resolved)))();
  const findings = tested.map(({ system, steps }): Finding => {
    const failed = steps.find(({ ok }) => !ok);
    const said =
      failed === undefined ? steps.map(({ detail }) => detail).join("; ") : `${failed.name}: ${failed.detail}`;
    return { level: failed === undefined ? "ok" : "problem", line: `${system}: ${said}` };
  });
  const { baseUrl } = readTicketSettings(resolved.ticketValues).settings;
  // With a certificate, its name is used, and said with it.
  const unlinked = tested.length > 0 && baseUrl === null && certificateFiles(resolved.settings) === null;
  if (unlinked)
    findings.push({
      level: "warning",
      line: "tickets link to the address that the API listens on: set RHYTHMX_BASE_URL to the one that people use",
    });
  return findings;
}

async function testGiven({ ticketValues }: ResolvedSettings): Promise<{ system: string; steps: TestStep[] }[]> {
  const { settings } = readTicketSettings(ticketValues);
  const systems = new TicketSystems(settings, { now: () => Date.now() }, noThrottles());
  const wanted = allSystems.filter((system) => systems.isConfigured(system) || settings.enabled[system]);
  return Promise.all(
    wanted.map(async (system) => {
      try {
        return { system, steps: await systems.of(system, "").test() };
      } catch (error) {
        return { system, steps: [{ name: "settings", ok: false, detail: messageOf(error) }] };
      }
    }),
  );
}
