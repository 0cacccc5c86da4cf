/** What each fault means and how it is mended, for people (docs/troubleshooting.md has the long form). */

export interface FaultGuide {
  means: string;
  mend: string;
}

/** By the fault's name, or what stands before its colon: `positions:alerts/siem`. */
export const faultGuide: Readonly<Record<string, FaultGuide>> = {
  store_open: {
    means: "the database cannot be opened, so that the start waits",
    mend: "make room, give the data folder to the service's user, or end the program that locks it; it goes on by itself",
  },
  store_write: {
    means: "the database cannot be written: intake answers 503, what is accepted is kept and sent",
    mend: "make room on the disk of the data folder, or end the program that locks the file; it goes on by itself",
  },
  store_read: {
    means: "the database cannot be read: destinations wait",
    mend: "look at the disk (`dmesg`, `journalctl -k`); if the file is damaged, restore a backup",
  },
  disk_space: {
    means: "the disk of the data folder is nearly full: intake answers 503, nothing accepted is dropped",
    mend: "make room, or enlarge the disk; RHYTHMX_RETENTION_DAYS says how long things are kept",
  },
  correlation: {
    means: "the evidence of actors cannot be read, so that intake waits",
    mend: "as for store_read; it is tried again by itself",
  },
  positions: {
    means: "the place of a destination in the log cannot be recorded: a crash would repeat messages",
    mend: "as for store_write",
  },
  destinations: {
    means: "destinations cannot be set up while the database is not available",
    mend: "as for store_write; it is tried again by itself",
  },
  api: {
    means: "nobody reaches API and console: the port is taken, the address is not there, or the certificate is no use",
    mend: "`rhythmx check` says which; it is tried again every ten seconds",
  },
  certificate: {
    means: "a new certificate is no use, or the present one has ended",
    mend: "put certificate and key in order and `rhythmx reload`, or upload them in the console",
  },
  configuration: {
    means: "a setting is wrong: what it configures keeps its last good settings",
    mend: "`rhythmx check` names each with its accepted form; then `rhythmx reload`",
  },
  master_key: {
    means: "the master key cannot be read: stored secrets and second factors are of no use",
    mend: "put the right key in its place (RHYTHMX_MASTER_KEY_FILE, the credential, or master.key) and restart",
  },
  backup: {
    means: "the last backup failed; the earlier ones are there",
    mend: "make room, or give RHYTHMX_BACKUP_DIR a folder that the service may write; it is tried again an hour later",
  },
  clock: {
    means: "the clock has jumped: retention removes nothing for 24 hours",
    mend: "set the clock and keep it right (chrony, systemd-timesyncd)",
  },
  health_port: {
    means: "another program has the health port of the alert feed",
    mend: "stop it, or give RHYTHMX_ALERT_HEALTH another port and `rhythmx reload`",
  },
  incidents_health_port: {
    means: "another program has the health port of the incident feed",
    mend: "stop it, or give RHYTHMX_INCIDENT_HEALTH another port and `rhythmx reload`",
  },
  descriptors: {
    means: "file descriptors are nearly used up: idle clients are disconnected",
    mend: "raise LimitNOFILE in a drop-in of the unit, or look which client opens so many connections",
  },
  cluster_quorum: {
    means: "too few machines of the cluster's etcd answer: nothing is written, intake answers 503, reads go on",
    mend: "start etcd on most of its machines and look at the network between them (`rhythmx check`); it goes on by itself",
  },
  cluster_nodes: {
    means: "nodes of the cluster are not heard of: fewer are left to take over",
    mend: "start them; `rhythmx cluster remove` takes one out that is gone for good",
  },
  second_tickets: {
    means:
      "incidents have a second ticket: a node that was stopped in the middle of a request sent it after another had taken over",
    mend: "close or merge the tickets that it names in the ticket system; it is looked at again every half hour",
  },
  cluster_log: {
    means: "what the leader writes cannot be applied here at the moment: reads show an older state",
    mend: "as for cluster_quorum, or for store_write if it says so; it goes on by itself",
  },
  cluster_halt: {
    means:
      "the database of this node is not what the cluster's log made of it: it applies nothing more and never leads",
    mend: "`rhythmx cluster reseed NODE` copies another node's database; keep the old one, which lies beside it, for the support",
  },
  cluster_version: {
    means: "this node's version is older than the database that the leader has made: it follows, and cannot lead",
    mend: "install the leader's version here and start it",
  },
  cluster_schema: {
    means:
      "the database is of an older version than this node, or lacks what the leader writes when it starts: the node follows and can lead, and serves no reads yet",
    mend: "in an upgrade `rhythmx cluster promote NODE` has a node of the new version lead, which upgrades the database; else it goes on by itself",
  },
  cluster_member: {
    means: "this node does not belong to the cluster, or its database does not",
    mend: "`rhythmx cluster add NODE`, or `rhythmx cluster reseed NODE`, whichever the fault says",
  },
  cluster_copy: {
    means: "this node takes a copy of another node's database, or waits for one that gives it",
    mend: "start another node; it goes on by itself",
  },
  cluster_start: {
    means: "this node of a cluster cannot start",
    mend: "do what the fault says; it is tried again by itself",
  },
};

/** Null for a fault that has no entry. */
export function guideOf(name: string): FaultGuide | null {
  const key = name.split(":")[0] ?? "";
  return Object.hasOwn(faultGuide, key) ? (faultGuide[key] ?? null) : null;
}
