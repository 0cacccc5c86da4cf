import { describe, expect, test } from "bun:test";
import { eventClause, eventDetail, isReplication } from "./event-text.ts";
import { eventFacts } from "./log-facts.ts";

const facts = (log: unknown) => eventFacts(typeof log === "string" ? log : JSON.stringify(log));
const expected = { image: "C:\\Temp\\a.exe", commandLine: "a.exe -x", parent: "C:\\Windows\\explorer.exe" };
const fields = { Image: "C:\\Temp\\a.exe", CommandLine: "a.exe -x", ParentImage: "C:\\Windows\\explorer.exe" };
const lowered = Object.fromEntries(
  Object.entries(fields).map(([name, value]) => [name[0]?.toLowerCase() + name.slice(1), value]),
);
const xml = `<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name='Microsoft-Windows-Sysmon'/><EventID>1</EventID></System><EventData>${Object.entries(
  fields,
)
  .map(([name, value]) => `<Data Name='${name}'>${value}</Data>`)
  .join("")}</EventData></Event>`;

describe("the same event in every shape", () => {
  const shapes: Record<string, unknown> = {
    flat: { EventID: 1, ...fields },
    evtx_dump: { Event: { System: { EventID: { "#text": 1, "#attributes": { Qualifiers: 0 } } }, EventData: fields } },
    winlogbeat: { winlog: { event_id: 1, event_data: fields } },
    "old winlogbeat": { event_id: 1, event_data: fields },
    "dotted names": {
      "winlog.event_id": "1",
      ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [`winlog.event_data.${name}`, value])),
    },
    wazuh: { data: { win: { system: { eventID: "1" }, eventdata: lowered } } },
    "named data": {
      System: { EventID: 1 },
      EventData: { Data: Object.entries(fields).map(([name, value]) => ({ "@Name": name, "#text": value })) },
    },
    "attributes beside data": {
      Event: {
        System: { EventID: 1 },
        EventData: {
          Data: Object.entries(fields).map(([name, value]) => ({ "#attributes": { Name: name }, "#text": value })),
        },
      },
    },
    xml2js: {
      Event: {
        System: [{ EventID: ["1"] }],
        EventData: [{ Data: Object.entries(fields).map(([name, value]) => ({ $: { Name: name }, _: value })) }],
      },
    },
    "text members": {
      EventID: { "#text": "1" },
      EventData: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { "#text": value }])),
    },
    "XML as text": xml,
    "XML in a field": { raw: `Mar 1 10:00:00 ws1 sysmon: ${xml}` },
    "a message for people": {
      raw: `EventID: 1\r\n${Object.entries(fields)
        .map(([name, value]) => `${name}: ${value}`)
        .join("\r\n")}`,
    },
    "JSON in a field": { "event.original": JSON.stringify({ EventID: 1, ...fields }) },
    ecs: {
      event: { code: "1" },
      process: {
        parent: { executable: fields.ParentImage },
        command_line: fields.CommandLine,
        executable: fields.Image,
      },
    },
  };
  for (const [name, shape] of Object.entries(shapes))
    test(name, () => {
      const { eventId, image, commandLine, parent } = facts(shape);
      expect({ eventId, image, commandLine, parent }).toEqual({ eventId: "1", ...expected });
    });
});

describe("what other sources say", () => {
  test("a service with what it runs", () => {
    const event = facts({
      EventID: 7045,
      Channel: "System",
      ServiceName: "upd",
      ImagePath: "%SystemRoot%\\Temp\\x.exe /s",
    });
    expect(eventClause(event)).toBe("the service upd was installed, which runs %SystemRoot%\\Temp\\x.exe /s");
  });

  test("a Kerberos ticket is no service of the machine", () => {
    const event = facts({
      EventID: 4769,
      ServiceName: "sqlsvc",
      TargetUserName: "j@CORP.EXAMPLE",
      TicketEncryptionType: "0x17",
      IpAddress: "::ffff:10.0.0.5",
    });
    expect([event.service, event.ticketService, event.peer]).toEqual(["", "sqlsvc", "10.0.0.5"]);
    expect(eventClause(event)).toBe(
      "j@CORP.EXAMPLE asked for a Kerberos ticket for sqlsvc (encryption 0x17, RC4) from 10.0.0.5",
    );
  });

  test("DNS, registry, file, pipe, process access, script blocks", () => {
    const image = "C:\\Users\\j\\a.exe";
    const clause = (one: object) => eventClause(facts({ Image: image, ...one }));
    expect(clause({ EventID: 22, QueryName: "bad.example." })).toBe("a.exe looked up bad.example");
    expect(clause({ EventID: 13, TargetObject: "HKLM\\Run\\x", Details: "y.exe" })).toBe(
      "a.exe set HKLM\\Run\\x to y.exe",
    );
    expect(clause({ EventID: 11, TargetFilename: "C:\\b.dll" })).toBe("a.exe wrote C:\\b.dll");
    expect(clause({ EventID: 17, PipeName: "\\msagent" })).toBe("a.exe created the pipe \\msagent");
    expect(
      clause({
        EventID: 10,
        SourceImage: image,
        TargetImage: "C:\\Windows\\System32\\lsass.exe",
        GrantedAccess: "0x1410",
      }),
    ).toBe("a.exe opened lsass.exe (access 0x1410)");
    expect(eventClause(facts({ EventID: 4104, ScriptBlockText: "Invoke-It\n-Now" }))).toBe(
      "PowerShell ran: Invoke-It -Now",
    );
  });

  test("records of the Linux audit system, with text in hexadecimal", () => {
    expect(
      facts({ message: 'type=EXECVE msg=audit(1604996384.965:93777): argc=3 a0="rm" a1="-rf" a2=2F746D702F612062' })
        .commandLine,
    ).toBe("rm -rf /tmp/a b");
    const title = facts("type=PROCTITLE msg=audit(1.1:2): proctitle=636174002F6574632F736861646F77");
    expect(title.commandLine).toBe("cat /etc/shadow");
    expect(
      facts(
        'type=SYSCALL msg=audit(1.1:2): arch=c000003e syscall=59 success=yes comm="id" exe="/usr/bin/id" auid=1000 uid=0',
      ).image,
    ).toBe("/usr/bin/id");
  });

  test("networks: Zeek, Suricata, ECS, CEF", () => {
    const zeek = facts({
      _path: "conn",
      "id.orig_h": "10.0.0.5",
      "id.resp_h": "45.77.1.2",
      "id.resp_p": 443,
      local_orig: true,
    });
    expect([zeek.peer, zeek.port]).toEqual(["45.77.1.2", "443"]);
    expect(
      facts({ src_ip: "45.77.1.2", dest_ip: "10.0.0.5", direction: "to_client", alert: { signature: "ET MALWARE X" } })
        .threat,
    ).toBe("ET MALWARE X");
    expect(
      facts({
        source: { ip: "10.1.1.1" },
        destination: { ip: "45.77.1.2", port: 80 },
        network: { direction: "egress" },
      }).peer,
    ).toBe("45.77.1.2");
    expect(facts("CEF:0|V|P|1|7|Bad thing|9|src=10.0.0.1 dst=45.77.1.2 request=http://bad.example/a b").ips).toEqual([
      "45.77.1.2",
      "10.0.0.1",
    ]);
    // Two machines, and nothing says which is ours.
    expect(facts({ src_ip: "45.77.1.2", dest_ip: "91.1.1.1" }).peer).toBe("");
  });

  test("sudo, sshd, web requests, clouds, Defender, twice written backslashes", () => {
    expect(facts("Mar  1 10:00:00 web1 sudo:   j : TTY=pts/0 ; USER=root ; COMMAND=/bin/bash -c id").commandLine).toBe(
      "/bin/bash -c id",
    );
    const ssh = facts("Mar  1 10:00:00 web1 sshd[99]: Failed password for invalid user bob from 45.77.1.2 port 5 ssh2");
    expect([ssh.account, ssh.peer]).toEqual(["bob", "45.77.1.2"]);
    expect(
      facts({
        _path: "http",
        "id.orig_h": "10.0.0.5",
        "id.resp_h": "45.77.1.2",
        method: "GET",
        host: "bad.top",
        uri: "/a",
      }).url,
    ).toBe("http://bad.top/a");
    const cloud = facts({
      eventSource: "s3.amazonaws.com",
      eventName: "PutBucketPolicy",
      sourceIPAddress: "45.77.1.2",
    });
    expect(eventClause(cloud)).toBe("PutBucketPolicy of s3.amazonaws.com was called from 45.77.1.2");
    expect(eventClause(facts({ EventID: 5001, Channel: "Microsoft-Windows-Windows Defender/Operational" }))).toBe(
      "real-time protection was switched off",
    );
    expect(eventClause(facts({ src_ip: "10.0.0.5", dest_ip: "45.77.1.2", alert: { signature: "ET X" } }))).toBe(
      "ET X was seen in traffic with 45.77.1.2",
    );
    const wazuh = facts({ data: { win: { eventdata: { image: "C:\\\\temp\\\\m.exe", targetUserName: "j" } } } });
    expect(wazuh.image).toBe("C:\\temp\\m.exe");
    const quoted = facts({ data: { win: { eventdata: { commandLine: '\\"C:\\\\temp\\\\m.exe\\" \\"a::b\\"' } } } });
    expect(quoted.commandLine).toBe('"C:\\temp\\m.exe" "a::b"');
    expect(facts({ CommandLine: 'C:\\temp\\m.exe -c \\"a\\"' }).commandLine).toBe('C:\\temp\\m.exe -c \\"a\\"');
    expect(
      facts({
        ActionType: "ProcessCreated",
        FileName: "x.exe",
        FolderPath: "C:\\Users\\j\\x.exe",
        InitiatingProcessFileName: "cmd.exe",
        ProcessCommandLine: "x",
      }),
    ).toMatchObject({ image: "C:\\Users\\j\\x.exe", file: "", parent: "cmd.exe" });
  });

  test("a hash belongs to a file", () => {
    const sha = "a".repeat(32) + "b".repeat(32);
    const of = (one: object) => facts(one).fileHashes.map(({ path, evidence }) => `${evidence} ${path}`);
    expect(of({ EventID: 1, Image: "C:\\a.exe", Hashes: `SHA256=${sha},IMPHASH=${"c".repeat(31)}d` })).toEqual([
      "executed C:\\a.exe",
    ]);
    expect(of({ EventID: 7, Image: "C:\\a.exe", ImageLoaded: "C:\\b.dll", Hashes: `SHA256=${sha}` })).toEqual([
      "loaded C:\\b.dll",
    ]);
    expect(
      of({ EventID: 15, Image: "C:\\a.exe", TargetFilename: "C:\\b.exe:Zone.Identifier", Hash: `SHA256=${sha}` }),
    ).toEqual(["written C:\\b.exe:Zone.Identifier"]);
    expect(of({ EventID: 23, Image: "C:\\a.exe", TargetFilename: "C:\\b.exe", Hashes: `SHA256=${sha}` })).toEqual([
      "none C:\\b.exe",
    ]);
    expect(
      of({
        EventID: 1,
        Image: "C:\\a.exe",
        Hashes: "SHA256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      }),
    ).toEqual([]);
    expect(of({ process: { executable: "C:\\a.exe", hash: { sha256: sha } } })).toEqual(["executed C:\\a.exe"]);
  });

  test("a group is no account, and a SID is the account that the log names for it", () => {
    const event = facts({
      EventID: 4728,
      TargetUserName: "Domain Admins",
      MemberName: "CN=Eve,DC=corp,DC=example",
      SubjectUserSid: "S-1-5-21-1-2-3-1104",
      SubjectUserName: "j",
      SubjectDomainName: "CORP",
    });
    expect([event.group, event.account, event.sids]).toEqual([
      "Domain Admins",
      "CN=Eve,DC=corp,DC=example",
      [["s-1-5-21-1-2-3-1104", "CORP\\j"]],
    ]);
  });

  test("replication of the directory", () => {
    expect(
      isReplication(
        facts({
          EventID: 4662,
          ObjectName: "%{19195a5b}",
          Properties: "%%7688 {1131f6aa-9c07-11d1-f79f-00c04fc2dcd2}",
        }),
      ),
    ).toBe(true);
    expect(isReplication(facts({ EventID: 4662, Properties: "{bf967aba-0de6-11d0-a285-00aa003049e2}" }))).toBe(false);
  });

  test("a field without a place of its own is told all the same, an empty log is not", () => {
    expect(eventDetail(facts({ EventID: 9999, Computer: "a", Colour: "green" }))).toBe("Colour green");
    expect(eventDetail(facts({ EventID: 9999, Computer: "a", SystemTime: "2026" }))).toBe("");
  });

  test("whatever comes in, nothing throws and no control character comes out", () => {
    for (const log of [
      "",
      "{",
      "[]",
      "null",
      "{}",
      '{"a":[[[[1]]]]}',
      "\u0000=\u0001",
      `{"Image":"a\\u202e\\nb"}`,
      "<Event><Data Name='x'>",
      "x".repeat(100_000),
    ])
      expect(eventDetail(facts(log))).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

test("a name of very many parts costs its length once, not for each field below it", () => {
  const costOf = (count: number) => {
    const fields = Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, "v"]));
    const log = JSON.stringify({ ["a.".repeat(200_000)]: { ...fields, CommandLine: "x -y" } });
    const before = process.cpuUsage();
    expect(eventFacts(log).commandLine).toBe("x -y");
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  costOf(1_900);
  expect(costOf(1_900)).toBeLessThan(50 * costOf(1));
});
