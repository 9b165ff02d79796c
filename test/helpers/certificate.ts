/** Throw-away certificates, made by openssl where it is installed. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** PEM texts; `cert` is also the authority that a client has to trust. */
export interface Certificate {
  key: string;
  cert: string;
}

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** A fresh certificate for 127.0.0.1, or undefined when openssl is missing or too old. */
export function makeCertificate(): Certificate | undefined {
  const folder = mkdtempSync(join(tmpdir(), "assets-cert-"));
  const key = join(folder, "key.pem");
  const cert = join(folder, "cert.pem");
  const args = ["req", "-x509", ...EC, "-days", "2"];
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

/** A certificate that a private authority has signed. */
export interface SignedCertificate extends Certificate {
  /** The authority in PEM: what a client has to trust. */
  ca: string;
}

/** A fresh authority with a certificate of its making, for 127.0.0.1, localhost and these names; undefined as above. */
export function makeChain(names: readonly string[] = []): SignedCertificate | undefined {
  const folder = mkdtempSync(join(tmpdir(), "assets-cert-"));
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "ignore" });
  const hosts = ["IP:127.0.0.1", "DNS:localhost", ...names.map((name) => `DNS:${name}`)].join(",");
  try {
    openssl("req", "-x509", ...EC, "-days", "2", "-subj", "/CN=assets test authority", ...out("ca"));
    openssl("req", ...EC, "-subj", "/CN=assets test leaf", ...out("leaf"));
    writeFileSync(file("ext"), `subjectAltName=${hosts}\nbasicConstraints=CA:FALSE\n`);
    const by = ["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial", "-extfile", file("ext")];
    openssl("x509", "-req", "-in", file("leaf.pem"), ...by, "-days", "2", "-out", file("signed.pem"));
    const [key, cert, ca] = ["leaf.key", "signed.pem", "ca.pem"].map((name) => readFileSync(file(name), "utf8"));
    return { key: key ?? "", cert: cert ?? "", ca: ca ?? "" };
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }

  function out(name: string): string[] {
    return ["-keyout", file(`${name}.key`), "-out", file(`${name}.pem`)];
  }
}
