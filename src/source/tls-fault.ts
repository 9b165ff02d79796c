/** Names a fault of TLS in a user's words, told by the code that Node or OpenSSL gave it. Pure. */
import type { AssetsErrorOptions } from "../errors.js";

/** What went wrong with a connection. */
export interface Fault {
  says: string;
  /** Whether the same request may succeed in a moment, and how. */
  passing: boolean | NonNullable<AssetsErrorOptions["retry"]>;
  /** No connection came about. */
  unreachable?: boolean;
  hint?: string;
}

/** What leads to an authority that the system does not know. */
export const TLS_HINT =
  "If a company or a private authority signs this host, name its certificate: --ca-file /path/ca.pem, or ASSETS_CA_FILE, SSL_CERT_FILE or NODE_EXTRA_CA_CERTS";

/** Of servers that are restarted behind a load balancer, the same may work a moment later. */
const OF_LATE = { ifServed: true } as const;

/** By what the codes of OpenSSL have in them; alerts are those of RFC 8446 section 6.2. */
const FAULTS: readonly (readonly [RegExp, Fault])[] = [
  [
    /ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_|UNKNOWN_CA|ACCESS_DENIED)/,
    {
      says: "the server wants a client certificate, or does not accept this one",
      passing: false,
      hint: "For `npm:` sources, `cert` and `key` of the npm configuration name one; in the library, `network.cert` and `network.key`.",
    },
  ],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL|HTTP_REQUEST/,
    {
      says: "what answers there does not speak TLS",
      passing: OF_LATE,
      hint: "Check the port, and whether it is http.",
    },
  ],
  [
    /HANDSHAKE_FAILURE|PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|INSUFFICIENT_SECURITY|UNRECOGNIZED_NAME|NO_CIPHER|NO_APPLICATION_PROTOCOL|MISSING_EXTENSION|ILLEGAL_PARAMETER/,
    {
      says: "the server offers no TLS that both sides know, or none for this name",
      passing: OF_LATE,
      hint: "Some servers say so as well to who shows no client certificate.",
    },
  ],
  [/BAD_RECORD_MAC|DECRYPTION_FAILED/, { says: "encrypted bytes were damaged on the way", passing: true }],
  [/^ERR_SSL_/, { says: "the TLS connection failed", passing: true }],
  [
    /CERT|SIGNED|SIGNATURE|ISSUER|TLS|SSL|^INVALID_(?:CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$|^HOSTNAME_MISMATCH$|^UNSPECIFIED$/,
    { says: "the server's certificate is not accepted", passing: false, hint: TLS_HINT },
  ],
];

/** The fault of a code of TLS; undefined for any other. */
export function tlsFault(code: string): Fault | undefined {
  return FAULTS.find(([pattern]) => pattern.test(code))?.[1];
}
