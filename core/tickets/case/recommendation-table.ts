/**
 * What to do about a technique or a tactic: one row each, easy to read and to add to. A sentence is used only where all its `{slots}` can be
 * filled from the incident, and every sentence has one, so that none is filler. Slots: `{hosts}` `{user}` `{process}` `{hash}` `{ip}` `{domain}` `{file}`
 * `{key}` (registry) `{service}` `{task}` `{share}` `{rule}` `{technique}` `{entity}`; they stand for what was seen with this technique.
 */

export interface Actions {
  /** Stops it now. */
  contain?: readonly string[];
  /** Removes what it left. */
  eradicate?: readonly string[];
  /** Keeps it from coming back. */
  prevent?: readonly string[];
}

/** By id; a sub-technique without a row has that of its technique. */
export const techniqueActions: Readonly<Record<string, Actions>> = {
  // Execution
  T1059: {
    contain: ["Stop {process} on {hosts} through EDR and block it for {user} until {rule} is explained."],
    eradicate: ["Collect and then delete the scripts that {process} ran on {hosts} ({technique})."],
    prevent: [
      "Allow script interpreters on {hosts} by AppLocker or WDAC rules only where they are needed ({technique}).",
    ],
  },
  "T1059.001": {
    contain: [
      "Kill the PowerShell sessions of {user} on {hosts} and block outbound connections of powershell.exe there ({technique}).",
    ],
    eradicate: [
      "Export the PowerShell script block log (event 4104) of {hosts}, then remove the scripts and profiles behind {rule}.",
    ],
    prevent: ["Enforce Constrained Language Mode by WDAC and script block logging on {hosts} against {technique}."],
  },
  "T1059.003": {
    eradicate: [
      "Terminate the cmd.exe trees on {hosts} that {rule} names and remove the batch files they started ({technique}).",
    ],
  },
  "T1059.005": {
    contain: ["Block wscript.exe and cscript.exe on {hosts} by EDR policy until {rule} is cleared."],
    eradicate: ["Delete the VBScript files behind {rule} on {hosts} after keeping a copy as evidence ({technique})."],
    prevent: ["Turn off Windows Script Host on {hosts} by group policy ({technique})."],
  },
  "T1059.007": {
    contain: ["Block mshta.exe on {hosts} by EDR policy until {rule} is cleared ({technique})."],
    prevent: ["Open .js and .jse files with a text editor by group policy on {hosts} ({technique})."],
  },
  T1047: {
    contain: ["Block remote WMI (TCP 135 and dynamic RPC) to {hosts} except from management servers ({technique})."],
    eradicate: [
      "List WMI event filters, consumers and bindings on {hosts} and remove those that no administrator owns ({technique}).",
    ],
    prevent: ["Restrict the WMI namespaces of {hosts} to administrators with their own accounts ({technique})."],
  },
  "T1053.005": {
    contain: [
      "Disable the scheduled task {task} on {hosts}, unless an administrator knows it ({technique}).",
      "Disable scheduled tasks made on {hosts} since {rule} first fired.",
    ],
    eradicate: [
      "Delete the scheduled task {task} on {hosts} with the program that it starts.",
      "Compare the scheduled tasks of {hosts} with a clean baseline and delete those behind {rule}.",
    ],
    prevent: ["Let only administrators create scheduled tasks on {hosts}, and audit event 4698 for {technique}."],
  },
  "T1569.002": {
    contain: [
      "Stop the service {service} on {hosts} ({technique}).",
      "Block remote service control (SMB, RPC svcctl) to {hosts} except from management servers ({technique}).",
    ],
    eradicate: [
      "Delete the service {service} on {hosts} with its binary.",
      "Delete the services that {rule} names on {hosts} with their binaries.",
    ],
    prevent: [
      "Enable the attack surface reduction rule against PsExec and WMI process creation on {hosts} ({technique}).",
    ],
  },
  T1203: {
    contain: ["Close the exploited application on {hosts} and block its child processes by EDR ({technique})."],
    prevent: ["Patch the application that {rule} names on {hosts} and in the rest of {entity} ({technique})."],
  },
  "T1204.002": {
    contain: [
      "Quarantine {file} on {hosts} ({technique}).",
      "Quarantine the file that {user} opened on {hosts} ({technique}).",
    ],
    prevent: [
      "Show {user} how the file behind {rule} reached the desktop, and block its type at the mail gateway of {entity}.",
    ],
  },
  // Persistence and privilege escalation
  "T1547.001": {
    eradicate: [
      "Remove the Run key {key} on {hosts} and the program that it starts ({technique}).",
      "Remove the Run keys and startup entries behind {rule} on {hosts}.",
    ],
    prevent: ["Alert on new Run keys on {hosts} and allow signed programs only ({technique})."],
  },
  "T1543.003": {
    contain: ["Stop and disable the service {service} on {hosts} ({technique})."],
    eradicate: [
      "Delete the service {service} on {hosts} with its binary.",
      "Delete the services made on {hosts} since {rule} first fired, with their binaries.",
    ],
    prevent: ["Alert on event 7045 (new service) on {hosts}, and allow service binaries by WDAC only ({technique})."],
  },
  "T1546.003": {
    eradicate: [
      "Remove the WMI event subscription (filter, consumer, binding) behind {rule} on {hosts} ({technique}).",
    ],
    prevent: ["Alert on Sysmon events 19 to 21 on {hosts} against {technique}."],
  },
  "T1136.001": {
    contain: ["Disable the local accounts made on {hosts} since {rule} first fired ({technique})."],
    eradicate: ["Delete the local accounts behind {rule} on {hosts} and check the Administrators group there."],
    prevent: ["Deploy LAPS to {hosts} and let no one else create local accounts ({technique})."],
  },
  T1098: {
    contain: ["Undo the change to the account that {rule} names and force a new password for {user} ({technique})."],
    prevent: ["Review group memberships changed in {entity} since {rule} first fired ({technique})."],
  },
  T1574: {
    eradicate: [
      "Remove the planted library {file} on {hosts} and reinstall the program that loads it ({technique}).",
      "Verify the signatures of the libraries that {rule} names on {hosts} and remove unsigned ones ({technique}).",
    ],
    prevent: ["Take the right to write into program folders on {hosts} away from ordinary users ({technique})."],
  },
  "T1574.011": {
    eradicate: [
      "Restore the service's registry key {key} on {hosts} ({technique}).",
      "Restore the registry permissions of the service behind {rule} on {hosts} ({technique}).",
    ],
  },
  T1548: {
    contain: ["Log {user} off {hosts} and take the elevated session away ({technique})."],
    prevent: [
      "Set UAC on {hosts} to always notify and take {user} out of the local Administrators group ({technique}).",
    ],
  },
  "T1548.002": {
    contain: ["Log {user} off {hosts}: {rule} shows a UAC bypass."],
    prevent: [
      "Set UAC on {hosts} to always notify and take {user} out of the local Administrators group ({technique}).",
    ],
  },
  T1134: {
    contain: ["Reboot {hosts} after imaging memory, so that stolen tokens end ({technique})."],
    prevent: ["Limit SeDebugPrivilege and SeImpersonatePrivilege on {hosts} by group policy ({technique})."],
  },
  T1055: {
    contain: ["Suspend {process} on {hosts} and take a memory image before it is ended ({technique})."],
    eradicate: [
      "Terminate {process} and the process it was injected into on {hosts}; re-image where {rule} fires again ({technique}).",
    ],
    prevent: ["Enable the EDR's injection and code integrity protection on {hosts} against {technique}."],
  },
  T1197: {
    eradicate: ["List BITS jobs of all users on {hosts} and cancel those that {rule} names ({technique})."],
    prevent: ["Limit BITS on {hosts} by policy to the update servers of {entity} ({technique})."],
  },
  T1078: {
    contain: ["Disable {user} and revoke all sessions until the owner confirms each logon of {rule} ({technique})."],
    prevent: ["Require MFA for {user} wherever {entity} can be reached ({technique})."],
  },
  T1133: {
    contain: ["Block remote access of {user} through VPN and gateways of {entity} ({technique})."],
    prevent: ["Require MFA on every remote access of {entity} ({technique})."],
  },
  T1190: {
    contain: [
      "Take the service on {hosts} that {rule} names off the internet, or put it behind the WAF ({technique}).",
    ],
    eradicate: ["Search {hosts} for web shells written since {rule} first fired ({technique})."],
    prevent: ["Patch the exposed service on {hosts} before it is opened again ({technique})."],
  },
  // Defense evasion
  T1112: {
    eradicate: [
      "Restore the registry value {key} on {hosts} to the baseline of {entity} ({technique}).",
      "Restore the registry values behind {rule} on {hosts} to the baseline of {entity}.",
    ],
    prevent: ["Audit writes to the keys that {rule} names on {hosts} by SACL ({technique})."],
  },
  T1685: {
    contain: ["Turn security tools on {hosts} back on and check that they report ({technique})."],
    eradicate: [
      "Undo the tampering that {rule} names on {hosts} and compare the security policy there with that of {entity}.",
    ],
    prevent: ["Enable tamper protection for EDR and antivirus on {hosts} ({technique})."],
  },
  "T1685.001": {
    contain: [
      "Check that {hosts} still sends its event logs, and start the event log service again where it does not ({technique}).",
    ],
    prevent: ["Forward the event logs of {hosts} as they are written, so that {technique} takes nothing away."],
  },
  "T1685.005": {
    contain: ["Save what is left of the event logs of {hosts}: {rule} shows that they were cleared."],
    prevent: ["Forward the event logs of {hosts} as they are written, so that {technique} takes nothing away."],
  },
  T1562: {
    contain: ["Turn security tools on {hosts} back on and check that they report ({technique})."],
    prevent: ["Enable tamper protection for EDR and antivirus on {hosts} ({technique})."],
  },
  "T1686.003": {
    eradicate: ["Remove the firewall rules made on {hosts} since {rule} first fired ({technique})."],
    prevent: ["Manage the Windows firewall of {hosts} by group policy without local rule merging ({technique})."],
  },
  T1070: {
    contain: ["Save the logs and a disk image of {hosts} before more traces go ({technique})."],
    prevent: ["Forward the logs of {hosts} as they are written, so that {technique} takes nothing away."],
  },
  "T1070.006": {
    eradicate: [
      "Compare the $STANDARD_INFORMATION and $FILE_NAME times of {file} on {hosts} to date it truly ({technique}).",
      "Compare $MFT times on {hosts} for the files that {rule} names ({technique}).",
    ],
  },
  T1202: {
    contain: ["Block the program that {process} was started through on {hosts} for {user} ({technique})."],
    prevent: ["Block forfiles.exe, pcalua.exe and similar helpers for {user} on {hosts} by WDAC ({technique})."],
  },
  T1027: {
    eradicate: [
      "Decode what {process} ran on {hosts}, add its addresses and hashes to the block list of {entity}, then delete it ({technique}).",
    ],
    prevent: ["Enable AMSI for all script engines on {hosts} ({technique})."],
  },
  "T1564.003": {
    eradicate: ["Terminate the hidden windows that {rule} names on {hosts} ({technique})."],
  },
  T1218: {
    contain: ["Block {process} from the network on {hosts} by firewall rule ({technique})."],
    eradicate: ["Delete what {process} loaded on {hosts} according to {rule}."],
    prevent: ["Deny {process} to {user} on {hosts} by WDAC where nobody needs it ({technique})."],
  },
  "T1218.005": {
    contain: ["Block mshta.exe on {hosts} by EDR policy: {rule} fired."],
    prevent: ["Deny mshta.exe to all users of {hosts} by WDAC ({technique})."],
  },
  "T1218.010": {
    contain: ["Block regsvr32.exe from the network on {hosts}: {rule} fired."],
    prevent: ["Enable the exploit protection rule that keeps regsvr32.exe from the network on {hosts} ({technique})."],
  },
  "T1218.011": {
    eradicate: ["Delete the library that rundll32.exe loaded on {hosts} according to {rule} ({technique})."],
    prevent: ["Allow rundll32.exe on {hosts} to load signed libraries only ({technique})."],
  },
  T1036: {
    eradicate: [
      "Quarantine {file} on {hosts}, which passes itself off as something else ({technique}).",
      "Verify path, name and signature of {process} on {hosts} and quarantine it where they do not match ({technique}).",
    ],
    prevent: ["Block programs outside of their usual folders on {hosts} by WDAC ({technique})."],
  },
  T1140: {
    eradicate: [
      "Collect what was decoded on {hosts} according to {rule}, block its hash in {entity}, then delete it ({technique}).",
    ],
  },
  T1550: {
    contain: ["Reset the password of {user} twice and purge its Kerberos tickets on {hosts} ({technique})."],
    prevent: ["Put {user} into Protected Users and disable NTLM where {entity} can do without ({technique})."],
  },
  "T1550.001": {
    contain: ["Revoke the access tokens and application grants of {user} ({technique})."],
    prevent: ["Shorten token lifetimes and require conditional access for {user} ({technique})."],
  },
  "T1550.003": {
    contain: ["Purge the Kerberos tickets on {hosts} (klist purge) and reset {user} ({technique})."],
  },
  // Credential access
  T1003: {
    contain: [
      "Treat every account that logged on to {hosts} as stolen and reset it, {user} first ({technique}).",
      "Reset the passwords of all accounts that logged on to {hosts} since {rule} first fired.",
    ],
    eradicate: ["Delete dump files on {hosts} that {rule} names, after their hashes were noted ({technique})."],
    prevent: ["Enable Credential Guard and LSA Protection on {hosts} against {technique}."],
  },
  "T1003.001": {
    contain: ["Reset the passwords of all accounts that logged on to {hosts}, {user} first ({technique})."],
    eradicate: ["Terminate {process} on {hosts}, which read LSASS, and delete the dumps that it wrote ({technique})."],
    prevent: ["Enable LSA Protection (RunAsPPL) and Credential Guard on {hosts} ({technique})."],
  },
  "T1003.002": {
    contain: ["Reset the local administrator passwords of {hosts}: {rule} shows access to the SAM."],
    prevent: ["Deploy LAPS to {hosts}, so that a local password opens one host only ({technique})."],
  },
  "T1003.003": {
    contain: ["Treat every password of the domain as stolen: {rule} shows access to NTDS on {hosts}."],
    prevent: ["Restrict volume shadow copies and backups on {hosts} to named operators ({technique})."],
  },
  "T1003.004": {
    contain: ["Change the passwords of service accounts whose secrets {hosts} stores ({technique})."],
    prevent: ["Move services of {hosts} to group managed service accounts ({technique})."],
  },
  "T1003.005": {
    contain: ["Reset the domain accounts whose logons {hosts} has cached, {user} first ({technique})."],
    prevent: ["Lower the number of cached logons on {hosts} to one or none ({technique})."],
  },
  "T1003.006": {
    contain: ["Disable {user} and remove its replication rights: {rule} shows DCSync."],
    eradicate: ["Reset krbtgt twice and all privileged accounts of {entity} after DCSync from {hosts} ({technique})."],
    prevent: [
      "Alert on directory replication (event 4662) from anything but domain controllers in {entity} ({technique}).",
    ],
  },
  T1110: {
    contain: [
      "Block {ip} and lock {user} until the failed logons of {rule} are explained.",
      "Lock {user} until the failed logons of {rule} are explained ({technique}).",
    ],
    prevent: ["Set an account lockout threshold of ten in {entity} and require MFA for {user} ({technique})."],
  },
  T1552: {
    eradicate: ["Rotate the keys and passwords in the files that {rule} names on {hosts} ({technique})."],
    prevent: ["Move secrets on {hosts} from files to a vault ({technique})."],
  },
  T1558: {
    contain: [
      "Reset the service accounts whose tickets {rule} shows were asked for, and disable RC4 for them ({technique}).",
    ],
    prevent: [
      "Give service accounts of {entity} random passwords of 25 characters, or make them managed ({technique}).",
    ],
  },
  "T1558.003": {
    contain: ["Reset the service accounts whose tickets {user} asked for according to {rule} ({technique})."],
    prevent: [
      "Give service accounts of {entity} random passwords of 25 characters, or make them managed ({technique}).",
    ],
  },
  // Discovery
  T1087: {
    contain: ["Ask {user} whether the account listing on {hosts} was theirs; lock the account if not ({technique})."],
    prevent: ["Restrict anonymous and remote SAM queries to administrators on {hosts} ({technique})."],
  },
  T1069: {
    contain: ["Ask {user} whether the group listing on {hosts} was theirs; lock the account if not ({technique})."],
    prevent: ["Alert when {user} lists privileged groups of {entity} again ({technique})."],
  },
  T1482: {
    contain: ["Watch domain controllers of {entity} for logons from {hosts}: trusts were listed ({technique})."],
    prevent: ["Enable SID filtering and selective authentication on the trusts of {entity} ({technique})."],
  },
  T1201: {
    prevent: [
      "Check that the password policy of {entity} still stands after {user} read it from {hosts} ({technique}).",
    ],
  },
  T1033: {
    contain: ["Compare who was logged on to {hosts} when {rule} fired with who should have been ({technique})."],
  },
  T1135: {
    contain: ["Watch file servers of {entity} for access by {user} to shares that {rule} listed ({technique})."],
    prevent: ["Take Everyone off the shares of {hosts} and hide administrative ones ({technique})."],
  },
  T1007: { contain: ["Compare the services of {hosts} with their baseline: {rule} shows that they were listed."] },
  T1049: { contain: ["List open connections of {hosts} and close those that {user} does not explain ({technique})."] },
  T1018: {
    contain: ["Segment {hosts} from servers of {entity} until the host listing of {rule} is explained ({technique})."],
    prevent: ["Alert on sweeps from workstations such as {hosts} in {entity} ({technique})."],
  },
  T1016: { contain: ["Check routes and DNS settings of {hosts} for changes after {rule} ({technique})."] },
  T1012: {
    contain: ["Check which keys {process} read on {hosts} and change the secrets that they hold ({technique})."],
  },
  T1057: { contain: ["Check that security tools on {hosts} still run after processes were listed ({technique})."] },
  T1082: {
    contain: ["Note the patch level of {hosts}, which {user} read, and close known gaps there first ({technique})."],
  },
  // Lateral movement
  T1021: {
    contain: ["Block remote administration from and to {hosts} except from jump hosts ({technique})."],
    prevent: ["Restrict which accounts may log on to {hosts} over the network, without {user} ({technique})."],
  },
  "T1021.001": {
    contain: ["Close RDP to {hosts} and end the sessions of {user} there ({technique})."],
    prevent: ["Require a gateway with MFA and NLA for RDP to {hosts} ({technique})."],
  },
  "T1021.002": {
    contain: [
      "Block SMB (TCP 445) between workstations and {hosts}, and end the sessions of {user} there ({technique}).",
      "Block SMB (TCP 445) between workstations and {hosts} ({technique}).",
    ],
    eradicate: ["Remove what was copied to the administrative shares of {hosts} according to {rule} ({technique})."],
    prevent: ["Disable administrative shares on workstations such as {hosts} and require SMB signing ({technique})."],
  },
  "T1021.003": {
    contain: ["Block DCOM (TCP 135 and dynamic RPC) to {hosts} except from management servers ({technique})."],
    prevent: ["Restrict DCOM launch permissions on {hosts} to administrators ({technique})."],
  },
  "T1021.006": {
    contain: ["Stop WinRM on {hosts} or limit it to management servers, and end the sessions of {user} ({technique})."],
    prevent: ["Allow WinRM to {hosts} from jump hosts only, with Kerberos ({technique})."],
  },
  // Command and control, exfiltration, collection
  T1105: {
    contain: [
      "Block {ip} and {domain} at the perimeter of {entity}: {rule} shows a download.",
      "Block {ip} at the perimeter of {entity}: {rule} shows a download.",
      "Block the address that {process} on {hosts} loaded from ({technique}).",
    ],
    eradicate: [
      "Delete {file} on {hosts} and block its hash in {entity} ({technique}).",
      "Find and delete what {process} loaded to {hosts} ({technique}).",
    ],
    prevent: ["Let only browsers and updaters of {hosts} through the proxy of {entity} ({technique})."],
  },
  T1071: {
    contain: [
      "Block {ip} at the perimeter of {entity} and search its proxy logs for other clients ({technique}).",
      "Block {domain} in the DNS of {entity} and search its logs for other clients ({technique}).",
    ],
    prevent: ["Inspect TLS of {hosts} at the proxy and block new domains ({technique})."],
  },
  T1123: {
    contain: [
      "Disable microphones of {hosts} by policy and tell {user} that sound may have been recorded ({technique}).",
    ],
  },
  // Impact
  T1489: {
    contain: [
      "Start the services on {hosts} that {rule} shows were stopped, and isolate it before they are stopped again ({technique}).",
    ],
    prevent: ["Let only named operators stop services of {hosts} ({technique})."],
  },
  T1490: {
    contain: ["Isolate {hosts} and disconnect its backups: {rule} shows that recovery was being disabled."],
    eradicate: ["Restore shadow copies and recovery settings of {hosts} from the last good backup ({technique})."],
    prevent: ["Keep backups of {hosts} offline or immutable ({technique})."],
  },
  T1531: {
    contain: ["Check with {user} that logoffs and lockouts on {hosts} were theirs ({technique})."],
    prevent: ["Keep a break-glass account for {entity} that no other administrator can remove ({technique})."],
  },
  // Resource development and initial access
  T1588: {
    contain: ["Quarantine the tool {process} on {hosts} ({technique})."],
    eradicate: ["Remove {process} from {hosts} and block its hash in {entity} ({technique})."],
    prevent: ["Block known tools by hash and publisher on {hosts} with AppLocker or WDAC ({technique})."],
  },
  T1587: {
    eradicate: [
      "Remove {process} from {hosts}, keep a sample for analysis and block its hash in {entity} ({technique}).",
    ],
  },
  T1566: {
    contain: [
      "Remove the message from all mailboxes of {entity} and quarantine what {user} opened on {hosts} ({technique}).",
    ],
    prevent: ["Block the attachment type behind {rule} at the mail gateway of {entity} ({technique})."],
  },
};

/** By ATT&CK's short name, for techniques without a row and detections without a technique. */
export const tacticActions: Readonly<Record<string, Actions>> = {
  reconnaissance: {
    contain: [
      "Block {ip} at the perimeter of {entity} while {rule} is looked into.",
      "Review what {rule} shows was probed in {entity} and close what need not be open.",
    ],
    prevent: ["Take services of {entity} off the internet that {rule} found."],
  },
  "resource-development": {
    contain: ["Quarantine what {rule} names on {hosts}."],
    eradicate: ["Remove the tools that {rule} names from {hosts}, and block their hashes in {entity}."],
    prevent: ["Allow programs on {hosts} by publisher with WDAC, so that tools such as those of {rule} do not start."],
  },
  "initial-access": {
    contain: [
      "Isolate {hosts} by EDR policy and revoke the sessions of {user}.",
      "Isolate {hosts} by EDR policy: {rule} shows the way in.",
    ],
    eradicate: ["Find how {rule} got in on {hosts} and remove what was placed there."],
    prevent: ["Require MFA at every entrance of {entity}."],
  },
  execution: {
    contain: [
      "Isolate {hosts} by EDR policy and stop {process} there.",
      "Isolate {hosts} by EDR policy: {rule} shows code that ran.",
    ],
    eradicate: ["Terminate the process trees on {hosts} that match {rule}, and re-image {hosts} where they come back."],
    prevent: ["Allow programs and scripts on {hosts} by AppLocker or WDAC policies, with {rule} as the test."],
  },
  persistence: {
    contain: ["Disable what {rule} names on {hosts} before the next restart."],
    eradicate: [
      "Remove scheduled tasks, registry Run keys, WMI subscriptions and services on {hosts} that are newer than {rule}'s first detection.",
    ],
    prevent: ["Compare autostart entries of {hosts} with a baseline every day and alert on new ones."],
  },
  "privilege-escalation": {
    contain: [
      "Log {user} off {hosts} and take away rights gained since {rule} fired.",
      "End elevated sessions on {hosts} that {rule} names.",
    ],
    eradicate: ["Reset memberships of local and domain administrators changed since {rule} on {hosts}."],
    prevent: [
      "Deploy LAPS for local administrators of {hosts} and take {user} out of that group.",
      "Deploy LAPS for local administrators of {hosts}.",
    ],
  },
  "defense-evasion": {
    contain: ["Check that EDR, antivirus and logging on {hosts} still work after {rule}."],
    eradicate: ["Undo the settings that {rule} shows were changed on {hosts}."],
    prevent: ["Enable tamper protection and forward logs of {hosts} as they are written."],
  },
  "credential-access": {
    contain: [
      "Reset {user} and every account that logged on to {hosts}, and revoke their Kerberos TGTs.",
      "Reset every account that logged on to {hosts}: {rule} shows stolen credentials.",
    ],
    eradicate: ["Purge cached credentials and tickets on {hosts} that {rule} reached."],
    prevent: [
      "Enable LSA Protection and Credential Guard on {hosts}, and MFA for accounts such as {user}.",
      "Enable LSA Protection and Credential Guard on {hosts}.",
    ],
  },
  discovery: {
    contain: [
      "Ask {user} whether the queries of {rule} on {hosts} were theirs; lock the account if not.",
      "Watch {hosts} for lateral movement: {rule} shows that the surroundings were listed.",
    ],
    prevent: ["Alert when workstations such as {hosts} list directory and network of {entity}."],
  },
  "lateral-movement": {
    contain: [
      "Apply egress rules to {hosts}: no SMB, RDP, WinRM or RPC to other hosts but those of administration.",
      "Revoke the sessions of {user} on every host that {hosts} reached.",
    ],
    eradicate: ["Search the hosts that {hosts} connected to for what {rule} names."],
    prevent: ["Segment workstations of {entity}, so that nobody gets from {hosts} to servers but where work needs it."],
  },
  collection: {
    contain: ["Isolate {hosts} before what {rule} shows was collected leaves {entity}."],
    eradicate: ["Delete archives and staging folders on {hosts} that {rule} names, after their contents were noted."],
    prevent: ["Deploy DLP to {hosts} for the data that {user} can reach.", "Deploy DLP to {hosts}."],
  },
  "command-and-control": {
    contain: [
      "Block {ip} at the perimeter of {entity} and search its logs for other clients.",
      "Block {domain} in the DNS of {entity}.",
      "Cut {hosts} off the internet until the channel of {rule} is found.",
    ],
    eradicate: [
      "Terminate {process} on {hosts}, which holds the channel, and delete its binary.",
      "Remove the program behind {rule} on {hosts}.",
    ],
    prevent: ["Force traffic of {hosts} through the proxy of {entity}, with new domains blocked."],
  },
  exfiltration: {
    contain: ["Block uploads of {hosts} at the perimeter of {entity}: {rule} fired."],
    eradicate: ["Determine from proxy logs of {entity} what {hosts} sent, and have it deleted where it went."],
    prevent: ["Deploy DLP to {hosts} and limit cloud storage in {entity} to approved services."],
  },
  impact: {
    contain: ["Isolate {hosts} and disconnect its backups before {rule} reaches more of {entity}."],
    eradicate: ["Restore {hosts} from a backup older than {rule}'s first detection."],
    prevent: ["Test the restore of {hosts} and keep backups offline or immutable."],
  },
};

/** For every incident, by what it is about. */
export const generalActions: Readonly<Record<"contain" | "eradicate" | "prevent" | "practice", readonly string[]>> = {
  contain: [
    "Isolate {hosts} by EDR policy until {rule} is explained.",
    "Disable or reset the account {user}, and revoke its active sessions and Kerberos TGTs.",
    "Block {ip} at the perimeter of {entity} and search its logs for other clients of it.",
    "Apply egress rules to {hosts}, so that what {rule} saw spreads no further.",
    "Preserve memory and disk of {hosts} before anything of {rule} is cleaned up.",
  ],
  eradicate: [
    "Terminate the process tree of {process} on {hosts} that {rule} detected, once memory was collected.",
    "Block the hash {hash} in the EDR of {entity} and search for it on other hosts.",
    "Remove what {rule} shows was left on {hosts}, and keep a copy as evidence.",
    "Invalidate cached credentials and tickets of all who logged on to {hosts} since {rule} first fired.",
    "Re-image {hosts} as a last resort, if {rule} fires again after these steps.",
  ],
  prevent: [
    "Set an account lockout threshold and require MFA for {user}.",
    "Allow programs and scripts on {hosts} by AppLocker or WDAC, with {rule} as the test.",
    "Deploy LAPS to {hosts}, so that a local password opens one host only.",
    "Keep {rule} as a test: repeat it on a copy of {hosts} when the measures are in force.",
  ],
  practice: [
    "Document incident {incident} with its indicators: {indicators}.",
    "Verify in identity governance that {user} needs each group and role that it has.",
    "Confirm that the EDR agents of {hosts}, and of all other hosts of {entity}, are healthy and up to date.",
    "Map {techniques} to the detection coverage matrix of {entity} and close the gaps.",
    "Run a tabletop exercise for {pattern} with those who look after {entity}.",
  ],
};
