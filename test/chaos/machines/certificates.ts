/** Certificates for one run: an authority, and one certificate for all machines, by which servers and clients show themselves. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export interface CertificateFiles {
  ca: string;
  cert: string;
  key: string;
}

export function makeCertificates(folder: string, addresses: readonly string[]): CertificateFiles {
  const path = (name: string) => join(folder, name);
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...curve,
    "-days",
    "30",
    "-subj",
    "/CN=chaos",
    "-keyout",
    path("ca.key"),
    "-out",
    path("ca.pem"),
  );
  openssl("req", ...curve, "-subj", "/CN=machine", "-keyout", path("machine.key"), "-out", path("machine.csr"));
  const names = ["127.0.0.1", ...addresses].map((address) => `IP:${address}`).join(",");
  writeFileSync(path("machine.ext"), `subjectAltName=${names}\n`);
  const signing = ["-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial", "-days", "30"];
  openssl(
    "x509",
    "-req",
    "-in",
    path("machine.csr"),
    ...signing,
    "-extfile",
    path("machine.ext"),
    "-out",
    path("machine.pem"),
  );
  return { ca: path("ca.pem"), cert: path("machine.pem"), key: path("machine.key") };
}

function openssl(...args: string[]): void {
  const { status, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`openssl ${args.join(" ")}: ${stderr}`);
}
