import type { SyslogSender } from "../../core/ports.ts";
import { type SyslogSenderOptions, senderContext } from "./options.ts";
import { RelpSender } from "./relp/relp-sender.ts";
import { StreamSender } from "./stream/stream-sender.ts";
import { UdpSender } from "./udp-sender.ts";

/** The sender for one destination: udp, tcp, tls, or relp (over TLS where it has TLS material). It connects when first used. */
export function createSyslogSender(options: SyslogSenderOptions): SyslogSender {
  const context = senderContext(options);
  switch (context.protocol) {
    case "udp":
      return new UdpSender(context);
    case "relp":
      return new RelpSender(context);
    case "tcp":
    case "tls":
      return new StreamSender(context);
  }
}
