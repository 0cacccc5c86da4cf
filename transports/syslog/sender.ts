import type { SyslogSender } from "../../core/ports.ts";
import { type SyslogSenderOptions, senderContext } from "./options.ts";
import { RelpSender } from "./relp-sender.ts";
import { StreamSender } from "./stream-sender.ts";
import { UdpSender } from "./udp-sender.ts";

/** A sender that can say how much of what it took is still its own worry. */
export interface SettlingSender extends SyslogSender {
  /**
   * How many of the newest messages given to `send`, counted back from the last one that it resolved, would be lost if this
   * process died now while the receiver is away: tcp and tls keep them to write them again. A durable position that stays
   * this far behind loses nothing. 0 for udp and relp.
   */
  unsettled(): number;
}

/** The sender for one destination: udp, tcp, tls, or relp (over TLS where it has TLS material). It connects when first used. */
export function createSyslogSender(options: SyslogSenderOptions): SettlingSender {
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
