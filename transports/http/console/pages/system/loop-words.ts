/** What each loop does, and where its pace is set, or why it is not. */

export interface LoopWords {
  does: string;
  /** Where its pace is set; absent = it is not. */
  set?: { href: string; name: string };
  /** Why it has no setting, or what the setting does not change. */
  why?: string;
}

const settings = "/settings";
const integrations = "/settings/integrations";
const woken = "It is woken by what it waits for; the pace is for what comes without a sign.";
const safety = "It guards what was accepted, so it is not to be slowed down.";

const loops: Readonly<Record<string, LoopWords>> = {
  "alert-feed": {
    does: "HOURLY messages of alerts that go on",
    set: { href: `${integrations}/alert-syslog#f-poll_interval_seconds`, name: "its feed" },
  },
  "incident-feed": {
    does: "shows that the incident feed is alive; events go out as they come",
    set: { href: `${integrations}/incident-syslog#f-poll_interval_seconds`, name: "its feed" },
  },
  heartbeat: {
    does: "heartbeats of destinations",
    set: { href: integrations, name: "each destination" },
  },
  tickets: {
    does: "sends, tries again and looks for changes in ticket systems, each at its own time below",
    set: { href: `${integrations}/retries#f-schedule`, name: "retries" },
  },
  retention: {
    does: "removes what is older than it is to be kept",
    set: { href: `${settings}/retention#f-schedule`, name: "retention" },
  },
  forgetting: {
    does: "forgets Idempotency-Keys after a day and ids of detections after seven",
    why: "Senders count on these times.",
  },
  backup: {
    does: "backups that are made by themselves",
    set: { href: `${settings}/backups#f-schedule`, name: "backups" },
  },
  correlation: {
    does: "scores that fall with time, and what an interruption has left",
    why: "Scores fall by the hour; a slower pace would only show them too high.",
  },
  outbreaks: { does: "the same rule on many hosts", why: woken },
  campaigns: { does: "incidents that belong together", why: woken },
  "search-index": { does: "what was written lately, for the search", why: woken },
  storage: { does: "watches disk, clock and open files", why: safety },
  memory: { does: "gives memory back when there is little to do", why: "It does nothing while there is work." },
  alive: { does: "tells the service's watchdog that all is well", why: "The unit says how long that may take." },
  "stuck-deliveries": { does: "counts what stands still, for health", why: "It only counts." },
  "key-usage": { does: "writes down when API keys were last used", why: "It only saves what was counted in memory." },
  access: { does: "removes sign-ins that have ended", why: "When they end is fixed; this only tidies up." },
  certificate: { does: "renews the appliance's own certificate", why: "It is due a month before the end." },
  "health-port": { does: "opens ports again that were taken at the start", why: "It does nothing once they are open." },
};

/** A loop that has no words yet is shown by its name alone. */
export function loopWords(name: string): LoopWords | null {
  return Object.hasOwn(loops, name) ? (loops[name] ?? null) : null;
}
