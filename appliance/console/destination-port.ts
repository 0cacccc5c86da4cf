/** What the console's pages do with one destination, each use in the audit log. */
import type { Caller } from "../../core/access/caller.ts";
import type { DestinationPort } from "../../transports/http/console/ports.ts";
import { type AuditLog, auditAuthor } from "../access/audit-log.ts";
import type { FeedDesk, Meant } from "../feeds/feed-desk.ts";

export function destinationPort(desk: FeedDesk, audit: AuditLog): DestinationPort {
  const note = (caller: Caller, action: string, subject: string, detail: Record<string, unknown>) =>
    audit.note(auditAuthor(caller), action, subject, detail);
  const called = (meant: Meant) => ("name" in meant ? meant.name : String(meant.options.name ?? "").slice(0, 64));
  const isSaved = (meant: Meant) => "name" in meant;
  return {
    resolved: (section, meant) => desk.resolved(section, meant),
    test: async (caller, section, meant) => {
      const tested = await desk.test(section, meant);
      await note(caller, "settings.test", section, {
        ok: tested.ok,
        destination: called(meant),
        saved: isSaved(meant),
      });
      return tested;
    },
    send: async (caller, section, meant) => {
      const sent = await desk.send(section, meant);
      await note(caller, "feed.test_message", section, {
        ok: sent.ok,
        destination: called(meant),
        saved: isSaved(meant),
      });
      return sent;
    },
    sample: (caller, section, meant) => desk.sample(caller, section, meant),
    place: (section, name) => desk.place(section, name),
    kept: (section) => desk.kept(section),
    forget: async (caller, section, name) => {
      const { queued } = await desk.forget(section, name);
      await note(caller, "feed.forget", `${section}/${name}`, { messages: queued });
      return queued;
    },
    tlsFacts: (kind, file) => desk.tlsFacts(kind, file),
    take: (kind, text) => desk.take(kind, text),
  };
}
