/** A throw-away certificate for 127.0.0.1, made by openssl where it is installed. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** PEM texts; `cert` is also the authority that a client has to trust. */
export interface Certificate {
  key: string;
  cert: string;
}

/** A fresh certificate, or undefined when openssl is missing or too old. */
export function makeCertificate(): Certificate | undefined {
  const folder = mkdtempSync(join(tmpdir(), "assets-cert-"));
  const key = join(folder, "key.pem");
  const cert = join(folder, "cert.pem");
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  args.push("-subj", "/CN=assets test only", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost");
  try {
    execFileSync("openssl", [...args, "-keyout", key, "-out", cert], { stdio: "ignore" });
    return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
