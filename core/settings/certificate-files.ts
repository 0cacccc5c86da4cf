/** Which certificate the API's listener uses. */
import type { Settings } from "../settings.ts";
import { isLoopback } from "./forms.ts";

export interface CertificateFiles {
  certFile: string;
  keyFile: string;
  /** The appliance's own place in the data folder, where it makes a self-signed certificate and stores an uploaded one. */
  own: boolean;
}

type CertificateSettings = Pick<Settings, "dataDir" | "listen" | "tlsCertFile" | "tlsKeyFile">;

/** Null: plain HTTP, which only this machine can reach. */
export function certificateFiles({
  dataDir,
  listen,
  tlsCertFile,
  tlsKeyFile,
}: CertificateSettings): CertificateFiles | null {
  if (tlsCertFile !== null && tlsKeyFile !== null) return { certFile: tlsCertFile, keyFile: tlsKeyFile, own: false };
  return isLoopback(listen.host) ? null : ownCertificateFiles(dataDir);
}

/** The place in the data folder. */
export function ownCertificateFiles(dataDir: string): CertificateFiles {
  return { certFile: `${dataDir}/tls/server.crt`, keyFile: `${dataDir}/tls/server.key`, own: true };
}
