/** Faults told by a status: redirects that lead astray, refusals and servers that want to be left alone. */
import type { Behaviour, Exchange } from "./exchange.js";
import { honest, send, sendText } from "./exchange.js";

/** Paths below this one are answered honestly whatever fault the file has. */
export const HEALTHY = "/healthy";

function refusing(status: number, headers: Record<string, string> = {}): Behaviour {
  return (exchange) => sendText(exchange, status, `CANARY-RAW-BODY ${status}`, headers);
}

/** Refuses the first `times` requests for the file. */
function atFirst(times: number, behaviour: Behaviour): Behaviour {
  return (exchange) => (exchange.count <= times ? behaviour(exchange) : send(exchange, honest(exchange)));
}

function retryAfter(value: () => string): Behaviour {
  return (exchange) => sendText(exchange, 429, "slow down", { "retry-after": value() });
}

function redirecting(status: number, target: (exchange: Exchange) => string): Behaviour {
  return (exchange) => sendText(exchange, status, "elsewhere", { location: target(exchange) });
}

function healthyOn(origin: keyof Exchange["origins"]): (exchange: Exchange) => string {
  return ({ origins, resource }) => `${origins[origin]}${HEALTHY}${resource.path}`;
}

/** Redirects `hops` times to itself, then to the file. */
function hopping(hops: number): Behaviour {
  return (exchange) => {
    const { pathname, searchParams } = new URL(exchange.seen.path, exchange.seen.origin);
    const hop = Number(searchParams.get("hop") ?? 0) + 1;
    const location = hop < hops ? `${pathname}?hop=${hop}` : `${HEALTHY}${exchange.resource.path}`;
    return sendText(exchange, 302, "elsewhere", { location });
  };
}

export const statusFaults = {
  "redirects in a loop": redirecting(302, ({ resource }) => resource.path),
  "redirects ten times": hopping(10),
  "redirects eleven times": hopping(11),
  "redirects to another origin": redirecting(302, healthyOn("other")),
  "redirects with 301": redirecting(301, healthyOn("main")),
  "redirects with 303": redirecting(303, healthyOn("main")),
  "redirects with 307": redirecting(307, healthyOn("main")),
  "redirects with 308": redirecting(308, healthyOn("main")),
  "redirects https to http": redirecting(302, healthyOn("main")),
  "redirects http to https": redirecting(302, healthyOn("tls")),
  "redirects to file:": redirecting(302, () => "file:///etc/hostname"),
  "redirects to data:": redirecting(302, () => "data:application/octet-stream;base64,AAAA"),
  "redirects to ftp:": redirecting(302, () => "ftp://127.0.0.1/file"),
  "redirects to a port where nothing listens": redirecting(302, healthyOn("dead")),
  "redirects to a URL with a password": redirecting(302, ({ origins, resource }) =>
    `${origins.other}${HEALTHY}${resource.path}`.replace("//", "//user:CANARY-PASSWORD@"),
  ),
  "redirects to a signed URL that is refused": redirecting(
    302,
    ({ origins }) => `${origins.other}/gone?X-Amz-Signature=CANARY-SIGNATURE`,
  ),
  "redirects to no URL at all": redirecting(302, () => "http://["),
  "redirects with a relative location": redirecting(302, ({ resource }) => `.${HEALTHY}${resource.path}`),
  "redirects without Location": (exchange) => sendText(exchange, 302, "elsewhere"),
  "300 with a choice": refusing(300),
  "400": refusing(400),
  "401": refusing(401, { "www-authenticate": 'Basic realm="models"' }),
  "402": refusing(402),
  "403": refusing(403),
  "404": refusing(404),
  "408": refusing(408),
  "410": refusing(410),
  "425": refusing(425),
  "429": refusing(429),
  "429 with Retry-After seconds": retryAfter(() => "1"),
  "429 with Retry-After date": retryAfter(() => new Date(Date.now() + 1000).toUTCString()),
  "429 with a Retry-After date in the past": retryAfter(() => "Wed, 21 Oct 2015 07:28:00 GMT"),
  "429 Retry-After of a day": retryAfter(() => "86400"),
  "429 Retry-After that is neither": retryAfter(() => "soon"),
  "429 once, Retry-After 0": atFirst(
    1,
    retryAfter(() => "0"),
  ),
  "451": refusing(451),
  "500": refusing(500),
  "500 once": atFirst(1, refusing(500)),
  "501": refusing(501),
  "502": refusing(502),
  "503": refusing(503),
  "503 three times": atFirst(3, refusing(503)),
  "504": refusing(504),
  "599": refusing(599),
  "999": refusing(999),
} satisfies Record<string, Behaviour>;
